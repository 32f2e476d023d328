// Calls: to whom they go, what comes back, and what happens when nothing does.

import assert from 'node:assert/strict'
import { setTimeout as later } from 'node:timers/promises'
import { RemoteError } from '../../src/index.ts'
import type { Scenario } from './scenario.ts'
import { Sightings } from './sightings.ts'

const SERVERS = ['one', 'two', 'three'] as const
const CALLERS = 64
const CALLS_OF_EACH = 10
const CONNECTIONS = 8
const LARGE = 1_000_000

const echo = (_: object, { value }: { value?: unknown }): unknown => value

export const CALLS: readonly Scenario[] = [
  {
    title: 'call to a group',
    async play(stage) {
      for (const server of SERVERS) await stage.serve(server, { who: () => server })
      const client = stage.client()
      const answered = new Set<unknown>()
      for (let n = 0; n < 30; n += 1) answered.add(await client.call({}, 'who'))
      assert.ok(answered.size > 1, `30 calls were all answered by server ${[...answered]}, with two more idle`)
    },
  },
  {
    title: 'call to one server',
    async play(stage) {
      for (const server of SERVERS) await stage.serve(server, { who: () => server })
      const client = stage.client()
      for (const server of [...SERVERS, ...SERVERS])
        assert.equal(await client.prepare({ server }).call({}, 'who'), server)
    },
  },
  {
    title: 'remote error',
    async play(stage) {
      const fail = (): never => {
        throw new RangeError('žluťoučký kůň')
      }
      await stage.serve('one', { fail })
      await assert.rejects(stage.client().call({}, 'fail'), (error) => {
        assert.ok(error instanceof RemoteError, `expected a RemoteError, not ${String(error)}`)
        assert.match(error.message, /žluťoučký kůň/)
        return true
      })
    },
  },
  {
    title: 'time-out',
    async play(stage) {
      const sleep = async (): Promise<void> => later(3_000, undefined, { ref: false })
      await stage.serve('one', { sleep, echo })
      const client = stage.client()
      await assert.rejects(client.call({}, 'sleep', {}, { timeoutMs: 500 }), { code: 'MESSAGING_TIMEOUT' })
      assert.equal(await client.call({}, 'echo', { value: 'after it' }), 'after it')
    },
  },
  {
    title: 'no server',
    async play(stage) {
      const client = stage.client({ timeoutMs: 1_500 })
      await assert.rejects(client.call({}, 'echo'), (error: { code?: string }) => {
        assert.match(String(error.code), /^(MESSAGING_TIMEOUT|MESSAGE_DELIVERY_FAILURE)$/)
        return true
      })
    },
  },
  {
    title: 'monitored long call',
    async play(stage) {
      const long = async (): Promise<string> => later(6_000, 'done', { ref: false })
      await stage.serve('one', { long })
      assert.equal(await stage.client().call({}, 'long', {}, { callMonitorTimeoutMs: 2_000 }), 'done')
    },
  },
  {
    title: '1 MB call',
    async play(stage) {
      await stage.serve('one', { echo })
      const value = 'x'.repeat(LARGE)
      assert.equal(await stage.client().call({}, 'echo', { value }), value)
    },
  },
  {
    title: `${CALLERS} concurrent callers`,
    async play(stage) {
      for (const server of SERVERS) await stage.serve(server, { echo })
      const connections = Array.from({ length: CONNECTIONS }, () => stage.open())
      const caller = async (n: number): Promise<void> => {
        const client = stage.client({}, connections[n % CONNECTIONS])
        for (let m = 0; m < CALLS_OF_EACH; m += 1)
          assert.equal(await client.call({}, 'echo', { value: `${n}.${m}` }), `${n}.${m}`)
      }
      await Promise.all(Array.from({ length: CALLERS }, (_, n) => caller(n)))
    },
  },
  {
    title: 'ttl expiry',
    async play(stage) {
      const ran = new Sightings()
      const note = (_: object, { value }: { value?: unknown }): void => ran.add(String(value))
      // Whoever keeps messages has a place for them now.
      await (await stage.serve('one', { note })).stop()
      const client = stage.client()
      await assert.rejects(client.call({}, 'note', { value: 'late' }, { timeoutMs: 1_000 }))
      await later(1_000) // its time is over wherever it lies
      await stage.serve('two', { note })
      await client.call({}, 'note', { value: 'in time' })
      assert.deepEqual(ran.seen, ['in time'], 'a request whose time was over was run')
    },
  },
]
