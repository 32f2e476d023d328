// A router with TLS and users, as `omsg passwd` writes them: Python and we log in with PLAIN, each as client and as server.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setUserPassword } from '../../src/router/index.ts'
import { selfSigned } from '../support/certificates.ts'
import { omsg, startOmsg, startServer } from '../support/omsg.ts'
import type { Program } from '../support/program.ts'
import { noPythonPeers, runPeer, startPeer } from '../support/python-peers.ts'

describe('through TLS, with a user name and a password', { skip: noPythonPeers }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'secured-'))
  const file = (name: string): string => join(folder, name)
  const programs: Program[] = []
  let port = ''
  const urlOf = (password: string): string => `amqp://alice:${password}@localhost:${port}/`
  const query = (): string => `?ssl=true&ssl_ca_file=${file('router.pem')}&sasl_mechanisms=PLAIN`

  before(async () => {
    const { cert, key } = await selfSigned('localhost')
    writeFileSync(file('router.pem'), cert)
    writeFileSync(file('router.key'), key)
    await setUserPassword(file('users.json'), 'alice', 'correct-horse')
    const tls = ['--tls-cert', file('router.pem'), '--tls-key', file('router.key')]
    const router = startOmsg(['router', '--host', 'localhost', '--port', '0', ...tls, '--users', file('users.json')])
    programs.push(router)
    port = (await router.line('stdout', /^listening on amqps:\/\/\S+:(\d+)$/))[1] as string
  })

  after(async () => {
    for (const program of programs.reverse()) await program.stop()
    rmSync(folder, { recursive: true })
  })

  it('a Python client reaches our server', async () => {
    programs.push(await startServer(['--url', urlOf('correct-horse') + query(), '--topic', 'ours', '--server', 's']))
    const url = urlOf('correct-horse') + query()
    const { ok, result } = await runPeer('rpc_client', [
      ...['--url', url, '--topic', 'ours', '--timeout', '20', 'echo', '{"value": "žluť"}'],
    ])
    assert.deepEqual([ok, result], [true, 'žluť'])
  })

  it('our client reaches a Python server', async () => {
    const url = urlOf('correct-horse') + query()
    const server = await startPeer('rpc_server', ['--url', url, '--topic', 'theirs', '--server', 's'])
    programs.push(server)
    const amqps = url.replace('amqp://', 'amqps://').replace('ssl=true&', '').replace('&sasl_mechanisms=PLAIN', '')
    for (const [via, mechanism] of [
      [url, 'PLAIN'],
      [amqps, 'the strongest'],
    ] as const) {
      const args = ['--topic', 'theirs', '--timeout-ms', '20000', 'echo', '{"value": 7}']
      const { code, stdout, stderr } = await omsg(['call', '--url', via, ...args])
      assert.deepEqual([code, stdout], [0, ['7']], `${mechanism}: ${stderr.join('\n')}`)
    }
  })

  it('a wrong password lets neither in, and we say at once why', async () => {
    const wrong = urlOf('battery-staple') + query()
    const { code, stderr } = await omsg(['call', '--url', wrong, '--topic', 'ours', 'echo', '{"value": 1}'])
    assert.equal(code, 1)
    assert.match(stderr.join('\n'), /SASL|PLAIN|credentials/i)
    assert.doesNotMatch(stderr.join('\n'), /battery/)
    const { ok } = await runPeer('rpc_client', ['--url', wrong, '--topic', 'ours', '--timeout', '3', 'who'])
    assert.equal(ok, false)
  })
})
