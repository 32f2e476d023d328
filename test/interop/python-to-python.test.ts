// Python's oslo.messaging on both sides: the router serves clients that know nothing of this library.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { ADDRESSING_MODES, useBus } from '../support/bus.ts'
import type { Program } from '../support/program.ts'
import { noPythonPeers, runPeer } from '../support/python-peers.ts'

for (const mode of ADDRESSING_MODES) {
  describe(`Between Python programs (${mode} addresses)`, { skip: noPythonPeers }, () => {
    const bus = useBus(mode)
    let servers: readonly Program[]
    before(async () => {
      const start = (server: string) => bus.startPeer('rpc_server', '--topic', 'demo', '--server', server, '--print')
      servers = await Promise.all([start('one'), start('two')])
      // READY says that the links are asked for; a cast by fan-out reaches those that are there. So: until both have seen one.
      const warm = () => servers.every((server) => server.stdout.some((line) => line.includes('"warm-up"')))
      for (let tries = 0; tries < 20 && !warm(); tries++) await fanout('warm-up')
      await Promise.all(servers.map((server) => server.line('stdout', /"warm-up"/)))
    })

    const call = (...args: readonly string[]) =>
      runPeer('rpc_client', bus.peer('--topic', 'demo', '--timeout', '15', ...args))
    const fanout = (value: string) =>
      runPeer(
        'rpc_client',
        bus.peer('--topic', 'demo', '--cast', '--fanout', '--linger', '0.5', 'note', JSON.stringify({ value })),
      )

    it('calls are answered, by any server and by the one that is named', async () => {
      const value = { text: 'žluťoučký 🐎', list: [1, 2.5, null] }
      assert.deepEqual((await call('echo', JSON.stringify({ value }))).result, value)
      assert.equal((await call('--server', 'two', 'who')).result, 'two')
    })

    it('exceptions come back', async () => {
      const { error, str } = await call(
        '--allow-exmod',
        'peer_exceptions',
        'fail',
        '{"kind": "kwargs", "message": "bob"}',
      )
      assert.equal(error, 'KwargsError_Remote')
      assert.match(str ?? '', /something happened to bob/)
    })

    it('a slow monitored call is kept alive', async () => {
      const { ok, ended } = await call('--timeout', '30', '--call-monitor-timeout', '2', 'slow', '{"seconds": 4}')
      assert.equal(ok, true, ended.stdout.join('\n'))
    })

    it('a cast by fan-out reaches every server', async () => {
      await fanout('for all')
      await Promise.all(servers.map((server) => server.line('stdout', /"for all"/)))
    })

    it('many calls from several threads are all answered', async () => {
      const { ended, ok } = await call('--repeat', '200', '--threads', '4', 'echo', '{"value": "again"}')
      assert.equal(ok, true, ended.stdout.join('\n'))
    })

    it('a notification is received and acknowledged', async () => {
      const listener = await bus.startPeer('notification_listener', '--topic', 'events', '--count', '2')
      for (const driver of ['messaging', 'messagingv2']) {
        const { ok, ended } = await runPeer(
          'notifier',
          bus.peer('--topic', 'events', '--driver', driver, '--payload', '{"a": 1}'),
        )
        assert.equal(ok, true, ended.stdout.join('\n'))
      }
      const lines = await listener.objects<{ readonly payload: unknown; readonly result: string }>(2)
      for (const { payload, result } of lines) assert.deepEqual([payload, result], [{ a: 1 }, 'handled'])
    })
  })
}
