// RPC and notifications as a program would use them, between two connections, each pattern with a short deadline.

import { randomUUID } from 'node:crypto'
import {
  listenForNotifications,
  type NotificationListenerOptions,
  type NotificationMethod,
  Notifier,
  RpcClient,
  serveRpc,
  type Transport,
} from '../index.ts'
import { monotonicMs } from '../support/deadline.ts'
import { attempt, reasonOf, type Said } from './attempt.ts'
import type { Finding } from './diagnosis.ts'
import { Sightings } from './sightings.ts'

export interface TrialScope {
  /** Two, so that what one sends the other has to get over the bus. */
  readonly near: Transport
  readonly far: Transport
  readonly timeoutMs: number
}

/** A topic that nobody else has. What a broker made for it may stay behind. */
const newTopic = (): string => `omsg-doctor-${randomUUID().slice(0, 8)}`

const SERVERS = ['one', 'two'] as const

export async function tryRpc({ near, far, timeoutMs }: TrialScope): Promise<Finding[]> {
  const topic = newTopic()
  const told = new Sightings()
  const servers: { stop(): Promise<unknown> }[] = []
  const client = new RpcClient(near, { topic }, { timeoutMs })
  const trial = (check: string, work: () => Promise<Said>): Promise<Finding> =>
    attempt('rpc', check, 4 * timeoutMs, work)
  const findings: Finding[] = []
  findings.push(
    await trial('two servers listen', async () => {
      for (const server of SERVERS) {
        const note = (): void => told.add(server)
        servers.push(
          await serveRpc(far, { topic, server }, [{ who: () => server, note }], { readyTimeoutMs: timeoutMs }),
        )
      }
      return undefined
    }),
  )
  if (findings.every(({ state }) => state === 'ok')) {
    findings.push(await trial('call to any of a group', async () => void (await client.call({}, 'who'))))
    findings.push(
      await trial('call to one server', async () => {
        for (const server of SERVERS) {
          const answered = await client.prepare({ server }).call({}, 'who')
          if (answered !== server) throw new Error(`"${server}" was called, and "${answered}" has answered`)
        }
        return undefined
      }),
    )
    findings.push(
      await trial('cast', async () => {
        await client.cast({}, 'note', {}, { timeoutMs })
        await told.count(1, timeoutMs)
        return undefined
      }),
    )
    findings.push(
      await trial('fan-out to all servers', async () => {
        await client.prepare({ fanout: true }).cast({}, 'note', {}, { timeoutMs })
        const seen = (await told.count(3, timeoutMs)).slice(1).sort()
        if (seen.join() !== SERVERS.join()) throw new Error(`two servers were told, and it came to: ${seen.join(', ')}`)
        return undefined
      }),
    )
    findings.push(
      await trial('call that nobody serves', async () => {
        const began = monotonicMs()
        const failure = await failureOf(new RpcClient(near, { topic: newTopic() }, { timeoutMs }).call({}, 'who'))
        if (failure === undefined) throw new Error('somebody has answered it')
        return `told after ${Math.round(monotonicMs() - began)} ms: ${reasonOf(failure)}`
      }),
    )
  }
  await Promise.all(servers.map((server) => server.stop()))
  return findings
}

export async function tryNotifications({ near, far, timeoutMs }: TrialScope): Promise<Finding[]> {
  const notifier = (topic: string): Notifier => new Notifier(near, { publisherId: 'omsg.doctor', topics: [topic] })
  const publish = (topic: string, payload: number): Promise<void> =>
    notifier(topic).info({}, 'omsg.doctor', payload, { timeoutMs })
  const hearing = async (
    topic: string,
    info: NotificationMethod,
    options: NotificationListenerOptions,
    use: () => Promise<Said>,
  ): Promise<Said> => {
    const listener = await listenForNotifications(far, [{ topic }], [{ info }], {
      readyTimeoutMs: timeoutMs,
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
      const topic = newTopic()
      return await hearing(
        topic,
        (_, { payload }) => heard.add(String(payload)),
        {},
        async () => {
          await publish(topic, 1)
          await heard.count(1, timeoutMs)
          return undefined
        },
      )
    }),
    await trial('requeue', async () => {
      const heard = new Sightings()
      const topic = newTopic()
      const info = () => {
        heard.add('try')
        return heard.seen.length === 1 ? ('requeue' as const) : undefined
      }
      return await hearing(topic, info, { requeueDelayMs: 10 }, async () => {
        await publish(topic, 1)
        await heard.count(2, timeoutMs)
        return undefined
      })
    }),
    await trial('kept until somebody listens', async () => {
      const heard = new Sightings()
      const topic = newTopic()
      const refusal = await failureOf(publish(topic, 1))
      if (refusal) return { note: `nothing is kept here, and who publishes is told: ${reasonOf(refusal)}` }
      const hear: NotificationMethod = (_, { payload }) => heard.add(String(payload))
      return await hearing(topic, hear, {}, async () => {
        const missing = await failureOf(heard.count(1, timeoutMs))
        if (!missing) return undefined
        return { note: 'it was accepted, and did not come to who listened later: it is lost here' }
      })
    }),
    await trial('pools of listeners', async () => {
      const heard = new Sightings()
      const topic = newTopic()
      const listening = hearing(
        topic,
        () => heard.add('pool'),
        { pool: topic },
        async () => {
          await publish(topic, 1)
          await heard.count(1, timeoutMs)
          return undefined
        },
      )
      const refusal = await failureOf(listening)
      if ((refusal as { code?: unknown } | undefined)?.code === 'NOT_SUPPORTED') return { note: 'there are none' }
      return await listening
    }),
  ]
}

/** What it rejects with; undefined: it resolves. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )
