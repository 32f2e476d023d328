// `omsg router` as those who operate it see it: metrics, health, the log.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/index.ts'
import { readExposition } from '../../support/exposition.ts'
import { omsg, type RouterProgram, startRouterProgram } from '../../support/omsg.ts'

const folder = mkdtempSync(join(tmpdir(), 'omsg-operation-'))
after(() => rmSync(folder, { recursive: true }))

async function start(t: TestContext, ...flags: readonly string[]): Promise<RouterProgram> {
  const router = await startRouterProgram(...flags)
  t.after(() => router.program.stop())
  return router
}

const portOf = (url: string): number => Number(new URL(url).port)

describe('omsg router, operated', { concurrency: 4 }, () => {
  it('serves metrics and health, says where on stderr, and keeps stdout as it is', async (t) => {
    const { program, url } = await start(t, '--metrics-port', '0')
    const [, metrics] = await program.line('stderr', /^metrics on (http:\/\/127\.0\.0\.1:\d+)$/)
    const connection = await connect({ port: portOf(url) })
    const { samples } = readExposition(await (await fetch(`${metrics}/metrics`)).text())
    assert.equal(samples.find(({ series }) => series === 'oslo_router_connections')?.value, 1)
    assert.equal((await fetch(`${metrics}/readyz`)).status, 200)
    await connection.close()
    assert.deepEqual(program.stdout, [`listening on ${url}`])
  })

  it('logs JSON, an object a line, on stderr', async (t) => {
    const { program, url } = await start(t, '--log', 'json')
    const connection = await connect({ port: portOf(url), containerId: 'me' })
    const [line] = await program.line('stderr', /^\{.*connection\.opened.*\}$/)
    const { time, level, event, container } = JSON.parse(line)
    assert.deepEqual([level, event, container], ['info', 'connection.opened', 'me'])
    assert.ok(!Number.isNaN(Date.parse(time)))
    await connection.close()
    await program.stop()
    for (const each of program.stderr) assert.doesNotThrow(() => JSON.parse(each), each)
    assert.match(program.stderr.at(-1) ?? '', /"event":"router\.stopped"/)
    assert.deepEqual(program.stdout, [`listening on ${url}`])
  })

  it('logs text for people, down to the level that is asked for', async (t) => {
    const { program, url } = await start(t, '--log', 'text', '--log-level', 'debug')
    const connection = await connect({ port: portOf(url) })
    const session = await connection.openSession()
    await session.attachReceiver({ address: 'jobs', onDelivery: () => {} })
    await program.line('stderr', /^\S+Z debug link\.attached: attached: 127\.0\.0\.1:\d+, which receives from "jobs"$/)
    await connection.close()
  })

  it('tells by itself what somebody should look at, and no more', async (t) => {
    const { program, url } = await start(t, '--max-connections', '1')
    const connection = await connect({ port: portOf(url) })
    await assert.rejects(connect({ port: portOf(url) }))
    await program.line('stderr', /^\S+Z warning connection\.refused: 127\.0\.0\.1:\d+: there are as many connections/)
    await connection.close()
    await program.stop()
    for (const line of program.stderr) assert.match(line, / warning connection\.refused: /)
  })

  it('says nothing when it is told to', async (t) => {
    const { program, url } = await start(t, '--max-connections', '1', '--log', 'none')
    const connection = await connect({ port: portOf(url) })
    await assert.rejects(connect({ port: portOf(url) }))
    await connection.close()
    await program.stop()
    assert.deepEqual(program.stderr, [])
  })

  it('takes both from its file, and flags before them', async (t) => {
    const config = join(folder, 'router.json')
    writeFileSync(config, '{ "metrics": { "host": "127.0.0.1" }, "logLevel": "info" }')
    const { program } = await start(t, '--config', config, '--log-level', 'error')
    await program.line('stderr', /^metrics on http:/)
    await program.stop()
    assert.equal(program.stderr.length, 1)
  })

  it('names what is wrong with what it was told', async () => {
    const config = join(folder, 'wrong.json')
    writeFileSync(config, '{\n  "metrics": { "prot": 1 }\n}')
    for (const [args, expected] of [
      [['--metrics-port', 'x'], /metrics-port/],
      [['--metrics-host', '127.0.0.1'], /--metrics-host needs --metrics-port/],
      [['--log', 'xml'], /Allowed choices are text, json, none/],
      [['--log-level', 'loud'], /Allowed choices are debug, info, warning, error/],
      [['--config', config], /wrong\.json.*metrics: unknown .*"prot"/],
    ] as const) {
      const { code, stdout, stderr } = await omsg(['router', ...args])
      assert.match(stderr.join('\n'), expected)
      assert.deepEqual([code, stdout], [2, []])
    }
  })

  it('fails when the port for metrics is in use', async (t) => {
    const { url } = await start(t)
    const { code, stdout, stderr } = await omsg(['router', '--port', '0', '--metrics-port', String(portOf(url))])
    assert.deepEqual([code, stdout], [1, []])
    assert.match(stderr.join('\n'), /"code": "ROUTER_LISTEN".*for metrics/)
  })
})
