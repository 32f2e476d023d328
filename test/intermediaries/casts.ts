// Casts: to one, to all, and more of them than a server takes at a time.

import assert from 'node:assert/strict'
import { setTimeout as later } from 'node:timers/promises'
import type { Scenario } from './scenario.ts'
import { Sightings } from './sightings.ts'
import type { Stage } from './stage.ts'

const SERVERS = ['one', 'two', 'three'] as const
const BURST = 1_000

/** Three servers that note what they are told. */
async function noting(stage: Stage): Promise<Sightings> {
  const told = new Sightings()
  for (const server of SERVERS) {
    const note = (_: object, { value }: { value?: unknown }): void => told.add(`${server} ${value}`)
    await stage.serve(server, { note, ping: () => server })
  }
  return told
}

/** What was on its way before is there when each has answered. */
async function settled(stage: Stage): Promise<void> {
  const client = stage.client()
  for (const server of SERVERS) await client.prepare({ server }).call({}, 'ping')
  for (let n = 0; n < 12; n += 1) await client.call({}, 'ping')
}

/** So many casts at once to one slow server: how many of them did not arrive. */
async function lostOfBurst(stage: Stage, preSettled: readonly string[]): Promise<number> {
  const server = preSettled.length > 0 ? 'settled' : 'unsettled'
  const seen = new Set<number>()
  const note = async (_: object, { value }: { value?: unknown }): Promise<void> => {
    seen.add(value as number)
    await later(2)
  }
  await stage.serve(server, { note, ping: () => 'pong' }, { concurrency: 1 })
  const transport = stage.open(stage.url, { pre_settled: preSettled })
  const client = stage.client({ timeoutMs: 40_000 }, transport).prepare({ server })
  await Promise.all(
    Array.from({ length: BURST }, (_, value) => client.cast({}, 'note', { value }, { timeoutMs: 40_000 })),
  )
  // The same link brings it behind them all.
  await client.call({}, 'ping')
  return BURST - seen.size
}

export const CASTS: readonly Scenario[] = [
  {
    title: 'cast',
    async play(stage) {
      const told = await noting(stage)
      const client = stage.client()
      for (let n = 0; n < 10; n += 1) await client.cast({}, 'note', { value: n })
      await told.until((seen) => seen.length >= 10)
      await settled(stage)
      const values = told.seen.map((line) => Number(line.split(' ')[1])).sort((a, b) => a - b)
      assert.deepEqual(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'each cast comes to one server, once')
    },
  },
  {
    title: 'fan-out to three servers, each exactly once',
    async play(stage) {
      const told = await noting(stage)
      await stage.client().prepare({ fanout: true }).cast({}, 'note', { value: 'all' })
      await told.until((seen) => seen.length >= SERVERS.length)
      await settled(stage)
      assert.deepEqual([...told.seen].sort(), ['one all', 'three all', 'two all'])
    },
  },
  {
    title: 'burst to a slow server',
    deadlineMs: 120_000,
    async play(stage) {
      const lostSettled = await lostOfBurst(stage, ['rpc-cast', 'rpc-reply'])
      const lostUnsettled = await lostOfBurst(stage, [])
      assert.equal(lostUnsettled, 0, `${lostUnsettled} of ${BURST} casts that were not pre-settled were lost`)
      return `lost ${lostSettled} of ${BURST} pre-settled, none of ${BURST} others`
    },
  },
]
