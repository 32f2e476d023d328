// Python's oslo.messaging calls: `omsg serve` answers, through `omsg router`.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { ADDRESSING_MODES, useBus } from '../support/bus.ts'
import type { Program } from '../support/program.ts'
import { noPythonPeers, runPeer } from '../support/python-peers.ts'

interface Invocation {
  readonly method: string
  readonly args: Record<string, unknown>
  readonly ctxt: Record<string, unknown>
  readonly server: string
}

for (const mode of ADDRESSING_MODES) {
  describe(`A Python client (${mode} addresses)`, { skip: noPythonPeers }, () => {
    const bus = useBus(mode)
    let one: Program
    let two: Program
    before(async () => {
      ;[one, two] = await Promise.all([
        bus.serve('--topic', 'demo', '--server', 'one', '--print'),
        bus.serve('--topic', 'demo', '--server', 'two', '--print'),
      ])
      await bus.serve('--topic', 'spaced', '--server', 'one', '--namespace', 'ns', '--version', '1.5')
    })

    const call = (...args: readonly string[]) =>
      runPeer('rpc_client', bus.peer('--topic', 'demo', '--timeout', '15', ...args))

    it('gets back what it sent, whatever the script and the nesting', async () => {
      const value = { text: 'žluťoučký kůň 🐎 \u0000\n"', list: [1, -2.5, null, true, { deep: [[]] }], '': 'empty key' }
      const { ok, result } = await call('echo', JSON.stringify({ value }))
      assert.deepEqual([ok, result], [true, value])
    })

    it('gets back integers that no JavaScript number holds, digit by digit', async () => {
      const { ended } = await call('echo', '{"value": [9007199254740993, -170141183460469231731687303715884105728]}')
      assert.match(ended.stdout.join('\n'), /"result": \[9007199254740993, -170141183460469231731687303715884105728\]/)
    })

    it('gets back NaN and the infinities as Python writes them', async () => {
      const { ended } = await call('echo', '{"value": [NaN, Infinity, -Infinity]}')
      assert.match(ended.stdout.join('\n'), /"result": \[NaN, Infinity, -Infinity\]/)
    })

    it('gets a large answer, cut into many frames', async () => {
      const value = 'Å'.repeat(60_000)
      const { ok, result } = await call('echo', JSON.stringify({ value }))
      assert.equal(ok, true)
      assert.equal(result, value)
    })

    it('reaches the server that it names', async () => {
      for (const server of ['one', 'two']) {
        const { result } = await call('--server', server, 'who')
        assert.equal(result, server)
      }
    })

    it('sends its context with the call', async () => {
      await call('--server', 'one', '--context', '{"user": "jiří", "roles": ["admin"]}', 'add', '{"a": 2, "b": 3}')
      const [seen] = await one.objects<Invocation>(1, ({ method }) => method === 'add')
      assert.deepEqual(seen, {
        method: 'add',
        args: { a: 2, b: 3 },
        ctxt: { user: 'jiří', roles: ['admin'] },
        server: 'one',
      })
    })

    it('reaches a namespace and a version that the server serves, and is refused otherwise', async () => {
      const spaced = (version: string) =>
        runPeer(
          'rpc_client',
          bus.peer('--topic', 'spaced', '--timeout', '15', '--namespace', 'ns', '--version', version, 'who'),
        )
      assert.equal((await spaced('1.2')).result, 'one')
      const refused = await spaced('1.9')
      assert.deepEqual([refused.error, refused.exc_type], ['RemoteError', 'UnsupportedVersion'])
    })

    it('learns that an endpoint failed, with the message', async () => {
      const { ok, error, str, ended } = await call('fail', '{"message": "disk is full – plný"}')
      assert.deepEqual(
        [ok, error, ended.code],
        [false, 'Exception', 3],
        'an Error is an Exception in Python, which every client allows',
      )
      assert.match(str ?? '', /disk is full – plný/)
    })

    it('is refused a method that the server does not have', async () => {
      const { error, exc_type } = await call('explode')
      assert.deepEqual([error, exc_type], ['RemoteError', 'NoSuchMethod'])
    })

    it('runs into its time-out when the answer takes too long', async () => {
      const { ok, error } = await call('--timeout', '1', 'sleep', '{"ms": 4000}')
      assert.deepEqual([ok, error], [false, 'MessagingTimeout'])
    })

    it('runs into its time-out when nobody serves the topic', async () => {
      const { ok, error } = await runPeer(
        'rpc_client',
        bus.peer('--topic', 'nobody', '--timeout', '2', 'echo', '{"value": 1}'),
      )
      assert.deepEqual([ok, error], [false, 'MessagingTimeout'])
    })

    it('is kept waiting by heartbeats while a monitored call goes on', async () => {
      const { ok, result } = await call('--timeout', '30', '--call-monitor-timeout', '2', 'sleep', '{"ms": 5000}')
      assert.deepEqual([ok, result], [true, 5000])
    })

    it('casts to one of the servers, and to all with fan-out', async () => {
      await runPeer(
        'rpc_client',
        bus.peer('--topic', 'demo', '--cast', '--linger', '0.5', 'note', '{"value": "for one"}'),
      )
      const isFor = (text: string) => (seen: Invocation) => seen.method === 'note' && seen.args.value === text
      await Promise.any([one, two].map((server) => server.objects(1, isFor('for one'))))
      await runPeer(
        'rpc_client',
        bus.peer('--topic', 'demo', '--cast', '--fanout', '--linger', '0.5', 'note', '{"value": "for all"}'),
      )
      const seen = await Promise.all([one, two].map((server) => server.objects(1, isFor('for all'))))
      assert.deepEqual(seen.map(([invocation]) => (invocation as Invocation).server).sort(), ['one', 'two'])
    })

    it('makes many calls from several threads, and each gets its own answer', async () => {
      const { ended, ok } = await call('--repeat', '200', '--threads', '4', 'echo', '{"value": "again"}')
      assert.equal(ok, true, ended.stdout.join('\n'))
      assert.match(ended.stdout.join('\n'), /"count": 200, "errors": \[\]/)
    })
  })
}
