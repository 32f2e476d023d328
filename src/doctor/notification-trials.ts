// Notifications as a program would use them, between two connections, each pattern with a short deadline.

import {
  HANDLED,
  listenForNotifications,
  type NotificationListenerOptions,
  type NotificationResult,
  Notifier,
  REQUEUE,
} from '../index.ts'
import { attempt, reasonOf, type Said } from './attempt.ts'
import type { Finding } from './diagnosis.ts'
import { topicOf } from './run.ts'
import { Sightings } from './sightings.ts'
import { failureOf, type TrialScope } from './trial-scope.ts'

/** Of two runs at a time one may get what the other published, and gives it back for so long. */
const GIVEN_BACK_AFTER_MS = 50

export async function tryNotifications({ near, far, timeoutMs, run }: TrialScope): Promise<Finding[]> {
  const publish = (topic: string): Promise<void> =>
    new Notifier(near, { publisherId: 'omsg.doctor', topics: [topic] }).info(
      {},
      'omsg.doctor',
      run.mark(4 * timeoutMs),
      {
        timeoutMs,
      },
    )
  /** What `see` says goes for this run's own; nothing that nobody waits for is left in a queue. */
  const hearing = async (
    topic: string,
    see: () => NotificationResult,
    options: NotificationListenerOptions,
    use: () => Promise<Said>,
  ): Promise<Said> => {
    const info = (_: object, { payload }: { readonly payload: unknown }): NotificationResult => {
      const owner = run.ownerOf(payload)
      if (owner === 'this run') return see()
      return owner === 'another run' ? REQUEUE : HANDLED
    }
    const listener = await listenForNotifications(far, [{ topic }], [{ info }], {
      readyTimeoutMs: timeoutMs,
      requeueDelayMs: GIVEN_BACK_AFTER_MS,
      ...options,
    })
    try {
      return await use()
    } finally {
      await listener.stop()
    }
  }
  const trial = (check: string, work: () => Promise<Said>): Promise<Finding> =>
    attempt('notifications', check, 4 * timeoutMs, work)
  return [
    await trial('notification to a listener', async () => {
      const heard = new Sightings()
      const topic = topicOf('listen')
      return await hearing(
        topic,
        () => heard.add('it'),
        {},
        async () => {
          await publish(topic)
          await heard.count(1, timeoutMs)
          return undefined
        },
      )
    }),
    await trial('requeue', async () => {
      const heard = new Sightings()
      const topic = topicOf('requeue')
      const see = () => {
        heard.add('try')
        return heard.seen.length === 1 ? REQUEUE : HANDLED
      }
      return await hearing(topic, see, {}, async () => {
        await publish(topic)
        await heard.count(2, timeoutMs)
        return undefined
      })
    }),
    await trial('kept until somebody listens', async () => {
      const heard = new Sightings()
      const topic = topicOf('kept')
      const refusal = await failureOf(publish(topic))
      if (refusal && !tellsThatNobodyListens(refusal)) throw refusal
      if (refusal) return { note: `nothing is kept here, and who publishes is told: ${reasonOf(refusal)}` }
      return await hearing(
        topic,
        () => heard.add('it'),
        {},
        async () => {
          const missing = await failureOf(heard.count(1, timeoutMs))
          if (missing) throw new Error('it was accepted, and did not come to who listened later: it is lost here')
          return undefined
        },
      )
    }),
    await trial('pools of listeners', async () => {
      const inPool = new Sightings()
      const without = new Sightings()
      const topic = topicOf('pools')
      // Who listens without a pool has a queue of his own, in which it would stay.
      const both = (): Promise<Said> =>
        hearing(
          topic,
          () => without.add('it'),
          {},
          async () => {
            await publish(topic)
            await inPool.count(1, timeoutMs)
            await without.count(1, timeoutMs)
            return undefined
          },
        )
      try {
        return await hearing(topic, () => inPool.add('it'), { pool: 'omsg-doctor' }, both)
      } catch (error) {
        if ((error as { code?: unknown }).code === 'NOT_SUPPORTED') return { note: 'there are none' }
        throw error
      }
    }),
  ]
}

const NOBODY = /no consumer|no credit|nobody|released|given back|has not settled it/
const REFUSED = /rejected by the peer|cannot deliver it/

/**
 * Whether that failure to publish is how a peer that keeps nothing says that nobody listens: no credit, given back, or not settled in
 * time. A peer that refuses fails with the same code.
 */
export function tellsThatNobodyListens(failure: unknown): boolean {
  const { code, message = '' } = failure as { code?: unknown; message?: string }
  if (code === 'MESSAGING_TIMEOUT') return true
  return code === 'MESSAGE_DELIVERY_FAILURE' && NOBODY.test(message) && !REFUSED.test(message)
}
