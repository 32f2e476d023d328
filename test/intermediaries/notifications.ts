// Notifications: kept until somebody listens, shared, given back, and in pools.

import assert from 'node:assert/strict'
import type { NotificationListenerOptions } from '../../src/index.ts'
import { type Scenario, Untested } from './scenario.ts'
import { Sightings } from './sightings.ts'
import type { Stage } from './stage.ts'

const EVENTS = 40
const KEPT = 5

/** A listener that notes what it hears, as `NAME PAYLOAD`. */
function noting(stage: Stage, heard: Sightings, name: string, options: NotificationListenerOptions = {}) {
  return stage.listen({ info: (_, { payload }) => heard.add(`${name} ${payload}`) }, options)
}

/** The payloads that those of this name heard, in order. */
const of = (heard: readonly string[], name: string): number[] =>
  heard
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => Number(line.split(' ')[1]))
    .sort((a, b) => a - b)

const all = Array.from({ length: EVENTS }, (_, n) => n)

async function publish(stage: Stage): Promise<void> {
  const notifier = stage.notifier()
  for (const n of all) await notifier.info({}, 'event', n)
}

export const NOTIFICATIONS: readonly Scenario[] = [
  {
    title: 'notification, a listener exists',
    async play(stage) {
      const heard = new Sightings()
      await noting(stage, heard, 'listener')
      await publish(stage)
      assert.deepEqual(of(await heard.until((seen) => seen.length >= EVENTS), 'listener'), all)
    },
  },
  {
    title: 'notification before a listener exists',
    async play(stage) {
      const notifier = stage.notifier()
      await notifier.info({}, 'event', 7, { timeoutMs: 3_000 })
      const heard = new Sightings()
      await noting(stage, heard, 'listener')
      assert.deepEqual(await heard.until((seen) => seen.length >= 1), ['listener 7'])
    },
  },
  {
    title: 'notification kept over a restart',
    deadlineMs: 180_000,
    async play(stage) {
      const { intermediary } = stage
      if (!intermediary.restart) throw new Untested('it is not ours to restart')
      const notifier = stage.notifier()
      for (let n = 0; n < KEPT; n += 1) await notifier.info({}, 'event', n)
      await intermediary.restart()
      const heard = new Sightings()
      await noting(stage, heard, 'listener', { readyTimeoutMs: 60_000 })
      // What was kept is before this one in the queue. The notifier may be waiting before it tries again, half a minute at the longest.
      await notifier.info({}, 'event', KEPT, { timeoutMs: 60_000 })
      const seen = of(await heard.until((lines) => lines.includes(`listener ${KEPT}`)), 'listener')
      assert.deepEqual(
        seen,
        all.slice(0, KEPT + 1),
        `of ${KEPT} accepted notifications ${seen.length - 1} were there after it`,
      )
    },
  },
  {
    title: 'requeue',
    async play(stage) {
      const tries = new Sightings()
      const info = () => {
        tries.add('try')
        return tries.seen.length === 1 ? ('requeue' as const) : undefined
      }
      await stage.listen({ info }, { requeueDelayMs: 100 })
      await stage.notifier().info({}, 'event', 1)
      await tries.until((seen) => seen.length >= 2)
    },
  },
  {
    title: 'two competing listeners',
    async play(stage) {
      const heard = new Sightings()
      await noting(stage, heard, 'one')
      await noting(stage, heard, 'two')
      await publish(stage)
      const seen = await heard.until((lines) => lines.length >= EVENTS)
      const [one, two] = [of(seen, 'one'), of(seen, 'two')]
      assert.deepEqual(
        [...one, ...two].sort((a, b) => a - b),
        all,
        'each comes to one of them, once',
      )
      assert.ok(one.length > 0 && two.length > 0, `one heard ${one.length} of ${EVENTS}, the other ${two.length}`)
    },
  },
  {
    title: 'pool',
    async play(stage) {
      const heard = new Sightings()
      for (const pool of ['blue', 'blue', 'green']) await noting(stage, heard, pool, { pool })
      await publish(stage)
      const seen = await heard.until((lines) => lines.length >= 2 * EVENTS)
      assert.deepEqual([of(seen, 'blue'), of(seen, 'green')], [all, all], 'each pool hears each once')
    },
  },
]
