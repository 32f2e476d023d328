// A process that is told to stop: what runs is finished, what has not begun goes to others, and the process ends by itself.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createTransport, drainOnSignal, RpcClient, serveRpc } from '../../../src/index.ts'
import { startRouter } from '../../../src/router/index.ts'
import { defectsOf } from '../../support/defects.ts'
import { Program } from '../../support/program.ts'

const LIBRARY = pathToFileURL(join(import.meta.dirname, '../../../src/index.js')).href

/** Its handlers end when they are told to, or never. */
const SERVER = `
import { createTransport, drainOnSignal, serveRpc } from '${LIBRARY}'
const transport = createTransport(process.argv[2])
let finish
const endpoint = {
  work: (_context, { n }) => { console.log('working ' + n); return new Promise((resolve) => { finish = () => resolve(n) }) },
  hang: () => { console.log('hanging'); return new Promise(() => {}) },
}
const server = await serveRpc(transport, { topic: 't', server: 's' }, [endpoint], { concurrency: 1 })
const drained = drainOnSignal([server], [transport], {
  drainTimeoutMs: Number(process.argv[3]),
  onDraining: (signal) => { console.log('draining ' + signal); setImmediate(() => finish?.()) },
})
console.log('ready')
console.log(JSON.stringify(await drained))
`

function startServer(t: TestContext, url: string, drainTimeoutMs: number): Program {
  const folder = mkdtempSync(join(tmpdir(), 'drain-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'server.mjs')
  writeFileSync(path, SERVER)
  return new Program(process.execPath, [path, url, String(drainTimeoutMs)])
}

describe('drainOnSignal', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`on ${signal} lets what runs finish, gives back what waits, and the process ends by itself`, async (t) => {
      await using router = await startRouter()
      const program = startServer(t, router.url, 30_000)
      await program.line('stdout', /^ready$/)
      await using transport = createTransport(router.url)
      const client = new RpcClient(transport, { topic: 't' })
      const running = client.call({}, 'work', { n: 1 })
      await program.line('stdout', /^working 1$/)
      const waiting = client.call({}, 'work', { n: 2 })
      while (router.counters.forwarded < 2) await new Promise((resolve) => setImmediate(resolve))
      program.kill(signal)
      await program.line('stdout', new RegExp(`^draining ${signal}$`))
      assert.equal(await running, 1)
      // Another server of the topic gets what the first one gave back.
      await using other = await serveRpc(transport, { topic: 't', server: 'other' }, [{ work: () => 'other' }])
      assert.equal(await waiting, 'other')
      assert.equal(other.target.server, 'other')
      const { code, stdout } = await program.ended
      assert.equal(code, 0)
      assert.deepEqual(JSON.parse(stdout.at(-1) ?? ''), { signal, done: 1, released: 1, lost: 0 })
    })
  }

  it('counts what did not end in time as lost', async (t) => {
    await using router = await startRouter()
    const program = startServer(t, router.url, 10)
    await program.line('stdout', /^ready$/)
    await using transport = createTransport(router.url)
    const client = new RpcClient(transport, { topic: 't' })
    const hanging = assert.rejects(client.call({}, 'hang', {}, { timeoutMs: 60_000, signal: t.signal }))
    await program.line('stdout', /^hanging$/)
    program.kill('SIGTERM')
    const { code, stdout } = await program.ended
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout.at(-1) ?? ''), { signal: 'SIGTERM', done: 0, released: 0, lost: 1 })
    await transport.close()
    await hanging
  })

  it('begins with an aborted AbortSignal as well, and says so', async () => {
    const stopped: unknown[] = []
    const server = (done: number) => ({
      stop: async (options?: object) => {
        stopped.push(options)
        return { done, released: 1, lost: 0 }
      },
    })
    const order: string[] = []
    const part = (name: string) => ({ close: async () => void order.push(name) })
    const controller = new AbortController()
    const drained = drainOnSignal([server(1), server(2)], [part('one'), part('two')], {
      signal: controller.signal,
      drainTimeoutMs: 5,
    })
    controller.abort()
    assert.deepEqual(await drained, { signal: undefined, done: 3, released: 2, lost: 0 })
    assert.deepEqual(stopped, [{ drainTimeoutMs: 5 }, { drainTimeoutMs: 5 }])
    assert.deepEqual(order, ['one', 'two'])
  })

  it('drains although onDraining throws, which is reported', async (t) => {
    const defects = defectsOf(t)
    let stopped = 0
    const server = {
      stop: async () => {
        stopped += 1
        return { done: 1, released: 0, lost: 0 }
      },
    }
    const onDraining = (): void => {
      throw new Error('load balancer')
    }
    assert.equal((await drainOnSignal([server], [], { signal: AbortSignal.abort(), onDraining })).done, 1)
    assert.equal(stopped, 1)
    assert.equal(defects.length, 1)
  })

  it('closes all the rest although one of them fails, and tells the first error', async () => {
    const closed: string[] = []
    const failing = { close: () => Promise.reject(new Error('first')) }
    const last = { close: async () => void closed.push('last') }
    await assert.rejects(drainOnSignal([], [failing, last], { signal: AbortSignal.abort() }), /first/)
    assert.deepEqual(closed, ['last'])
  })

  it('refuses what is no server and no option at once', async () => {
    const signal = AbortSignal.abort()
    const code = { code: 'INVALID_ARGUMENT' }
    await assert.rejects(drainOnSignal({} as never, [], { signal }), code)
    await assert.rejects(drainOnSignal([{}] as never, [], { signal }), code)
    await assert.rejects(drainOnSignal([], [null] as never, { signal }), code)
    await assert.rejects(drainOnSignal([], [], { signal, drainTimeout: 5 } as never), code)
    for (const signals of ['SIGTERM', ['SIGNOPE'], ['SIGKILL']])
      await assert.rejects(drainOnSignal([], [], { signal, signals: signals as never }), code)
    await assert.rejects(drainOnSignal([], [], { signals: [] }), code)
  })
})
