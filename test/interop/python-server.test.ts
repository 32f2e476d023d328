// `omsg call` and `omsg cast` reach servers of Python's oslo.messaging, through `omsg router`.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { createTransport, RpcClient } from '../../src/index.ts'
import { ADDRESSING_MODES, useBus } from '../support/bus.ts'
import { inFlight } from '../support/flat-memory.ts'
import { failureOf, omsg } from '../support/omsg.ts'
import type { Ended, Program } from '../support/program.ts'
import { noPythonPeers } from '../support/python-peers.ts'

interface Invocation {
  readonly method: string
  readonly args: Record<string, unknown>
  readonly server: string
}

for (const mode of ADDRESSING_MODES) {
  describe(`A Python server (${mode} addresses)`, { skip: noPythonPeers }, () => {
    const bus = useBus(mode)
    let one: Program
    let two: Program
    before(async () => {
      const start = (server: string) => bus.startPeer('rpc_server', '--topic', 'demo', '--server', server, '--print')
      ;[one, two] = await Promise.all([start('one'), start('two')])
      // READY says that the links are asked for; a cast by fan-out reaches those that are there. So: until both have seen one.
      const warm = (server: Program) => server.stdout.some((line) => line.includes('"warm-up"'))
      for (let tries = 0; tries < 50 && !(warm(one) && warm(two)); tries++) await fanout('note', '{"value": "warm-up"}')
      await Promise.all([one, two].map((server) => server.line('stdout', /"warm-up"/)))
    })

    const call = (...args: readonly string[]): Promise<Ended> =>
      omsg(['call', ...bus.omsg('--topic', 'demo', '--timeout-ms', '15000', ...args)])
    const fanout = (...args: readonly string[]): Promise<Ended> =>
      omsg(['cast', ...bus.omsg('--topic', 'demo', '--timeout-ms', '15000', '--fanout', ...args)])

    async function result(...args: readonly string[]): Promise<string> {
      const ended = await call(...args)
      assert.equal(ended.code, 0, ended.stderr.join('\n'))
      assert.equal(ended.stdout.length, 1, 'the result is one line')
      return ended.stdout[0] as string
    }

    async function failure(...args: readonly string[]) {
      const ended = await call(...args)
      assert.equal(ended.code, 1, ended.stdout.join('\n'))
      assert.deepEqual(ended.stdout, [], 'a failure prints no result')
      return failureOf(ended)
    }

    it('answers a call', async () => {
      assert.equal(await result('add', '{"a": 2, "b": 3}'), '5')
      assert.equal(
        await result('--context', '{"user": "jiří"}', 'ctx'),
        await result('echo', '{"value": {"user": "jiří"}}'),
      )
    })

    it('answers 64 callers at a time, each with its own answer', async () => {
      await using transport = createTransport(bus.url, { options: { addressing_mode: mode } })
      const client = new RpcClient(transport, { topic: 'demo' }, { timeoutMs: 30_000 })
      await inFlight(640, 64, async (value) => assert.equal(await client.call({}, 'echo', { value }), value))
    })

    it('gives back every value as it was', async () => {
      const value = { text: 'žluťoučký kůň 🐎 \u0000\n"', list: [1, -2.5, null, true, { deep: [[]] }], '': 'empty key' }
      assert.deepEqual(JSON.parse(await result('echo', JSON.stringify({ value }))), value)
    })

    it('gives back integers digit by digit, and NaN and the infinities as Python writes them', async () => {
      assert.equal((await result('echo', '{"value": 9007199254740993}')).trim(), '9007199254740993')
      assert.equal(
        (await result('echo', '{"value": -170141183460469231731687303715884105728}')).trim(),
        '-170141183460469231731687303715884105728',
      )
      for (const token of ['NaN', 'Infinity', '-Infinity'])
        assert.equal((await result('echo', `{"value": ${token}}`)).trim(), token)
    })

    it('gives a large answer', async () => {
      assert.equal(JSON.parse(await result('big', '{"size": 200000}')), 'x'.repeat(200_000))
    })

    it('is reached by its name', async () => {
      for (const server of ['one', 'two']) assert.equal(await result('--server', server, 'who'), JSON.stringify(server))
    })

    it('is reached in its namespaces and versions', async () => {
      assert.equal(await result('--namespace', 'ns', '--version', '1.5', 'which'), '"ns-1.5"')
      assert.equal(await result('--namespace', 'ns', '--version', '2.0', 'which'), '"ns-2.3"')
      assert.equal(await result('--namespace', 'oldns', '--version', '2.0', 'only2'), '"only2"')
      assert.equal(await result('--version', '2.0', 'which'), '"null-2.1"')
    })

    it('refuses a version and a method that it does not have', async () => {
      const version = await failure('--namespace', 'ns', '--version', '3.0', 'which')
      assert.equal(version.class, 'UnsupportedVersion')
      const method = await failure('explode')
      assert.deepEqual([method.class, method.module], ['NoSuchMethod', 'oslo_messaging.rpc.dispatcher'])
    })

    it('raises an exception of its own: class, module and message arrive', async () => {
      const custom = await failure('fail', '{"kind": "custom", "message": "plný disk – 🐎"}')
      assert.deepEqual([custom.class, custom.module], ['CustomError', 'peer_exceptions'])
      assert.match(custom.remoteMessage ?? '', /plný disk – 🐎/)
      const builtin = await failure('fail', '{"kind": "value", "message": "no such value"}')
      assert.deepEqual(
        [builtin.class, builtin.module, builtin.remoteMessage],
        ['ValueError', 'builtins', 'no such value'],
      )
    })

    it('raises an exception that is made of keyword arguments: its text arrives', async () => {
      const kwargs = await failure('fail', '{"kind": "kwargs", "message": "bob"}')
      assert.deepEqual(
        [kwargs.class, kwargs.module, kwargs.remoteMessage],
        ['KwargsError', 'peer_exceptions', 'something happened to bob'],
      )
    })

    it('takes too long: the caller gives up at its time-out', async () => {
      const { code, message } = await failure('--timeout-ms', '800', 'slow', '{"seconds": 3}')
      assert.equal(code, 'MESSAGING_TIMEOUT')
      assert.match(message, /800 ms/)
    })

    it('is not there: the caller gives up at its time-out, and says so', async () => {
      const ended = await omsg([
        'call',
        ...bus.omsg('--topic', 'nobody', '--timeout-ms', '800', 'echo', '{"value": 1}'),
      ])
      assert.equal(ended.code, 1)
      assert.match(failureOf(ended).code, /^(MESSAGING_TIMEOUT|MESSAGE_DELIVERY_FAILURE)$/)
    })

    it('keeps a monitored call alive with its heartbeats', async () => {
      assert.match(
        await result('--timeout-ms', '30000', '--call-monitor-timeout-ms', '2000', 'slow', '{"seconds": 5}'),
        /"(one|two)"/,
      )
    })

    it('receives a cast, once', async () => {
      const ended = await omsg([
        'cast',
        ...bus.omsg('--topic', 'demo', '--server', 'two', 'note', '{"value": "for two"}'),
      ])
      assert.deepEqual([ended.code, ended.stdout], [0, []])
      await two.objects<Invocation>(1, ({ args }) => args.value === 'for two')
      // A later call to the same server has passed the cast: had it come twice, it would stand here.
      assert.equal(await result('--server', 'two', 'who'), '"two"')
      const seen = [...one.stdout, ...two.stdout].filter((line) => line.includes('"for two"'))
      assert.equal(seen.length, 1)
    })

    it('receives a cast by fan-out as all others do', async () => {
      assert.equal((await fanout('note', '{"value": "for all"}')).code, 0)
      const seen = await Promise.all(
        [one, two].map((server) => server.objects<Invocation>(1, ({ args }) => args.value === 'for all')),
      )
      assert.deepEqual(seen.map(([invocation]) => invocation?.server).sort(), ['one', 'two'])
    })
  })
}
