// Pools of notification listeners from notifier to endpoint, over the embedded router.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  createTransport,
  listenForNotifications,
  MessagingTimeoutError,
  type NotificationEndpoint,
  Notifier,
  NotSupportedError,
  REQUEUE,
  type Transport,
} from '../../../src/index.ts'
import { type Router, type RouterOptions, startRouter } from '../../../src/router/index.ts'
import { until } from '../router/bus.ts'

interface Running {
  readonly router: Router
  transport(): Transport
}

async function start(t: TestContext, mode: string, options: RouterOptions = {}): Promise<Running> {
  const router = await startRouter(options)
  const transports: Transport[] = []
  t.after(async () => {
    for (const transport of transports) await transport.close()
    await router.close()
  })
  const transport = (): Transport => {
    const made = createTransport(router.url, { options: { addressing_mode: mode, link_retry_delay: 1 } })
    transports.push(made)
    return made
  }
  return { router, transport }
}

const target = { topic: 'notifications' }
const notifierOf = (transport: Transport): Notifier => new Notifier(transport, { publisherId: 'test' })
const noting = (heard: unknown[]): NotificationEndpoint => ({ info: (_, { payload }) => void heard.push(payload) })
const sorted = (numbers: readonly unknown[]): number[] => (numbers as number[]).toSorted((a, b) => a - b)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

const BUSES = [
  { mode: 'legacy', options: {}, title: 'legacy' },
  { mode: 'routable', options: {}, title: 'routable' },
  { mode: 'dynamic', options: { as: 'rabbitmq4' }, title: 'RabbitMQ 4' },
] as const

for (const { mode, options: bus, title } of BUSES) {
  describe(`pools of listeners, ${title} addresses`, () => {
    it('get every notification each, whoever of them is there', async (t) => {
      const { transport } = await start(t, mode, bus)
      const heard: [unknown[], unknown[], unknown[]] = [[], [], []]
      const listen = (index: 0 | 1 | 2, pool: string) =>
        listenForNotifications(transport(), target, [noting(heard[index])], { pool })
      await listen(0, 'pool1')
      const second = await listen(1, 'pool2')
      const third = await listen(2, 'pool2')
      const notifier = notifierOf(transport())
      let sent = 0
      const publish = async (): Promise<void> => {
        for (let count = 0; count < 25; count += 1) await notifier.info({}, 'an_event.start', sent++)
        await until(() => heard[0].length === sent && heard[1].length + heard[2].length === sent)
      }
      await publish()
      await second.stop()
      await publish()
      await third.stop()
      for (let count = 0; count < 25; count += 1) await notifier.info({}, 'an_event.start', sent++)
      await listen(1, 'pool2')
      await publish()
      assert.deepEqual(sorted(heard[0]), upTo(100))
      assert.deepEqual(sorted([...heard[1], ...heard[2]]), upTo(100))
    })

    it('see again what one of their listeners requeues, and nobody else does', async (t) => {
      const { transport } = await start(t, mode, bus)
      const heard: unknown[] = []
      const seen: unknown[] = []
      const endpoint: NotificationEndpoint = {
        info(_, { payload }) {
          seen.push(payload)
          return seen.length === 1 ? REQUEUE : undefined
        },
      }
      await listenForNotifications(transport(), target, [endpoint], { pool: 'picky', requeueDelayMs: 0 })
      await listenForNotifications(transport(), target, [noting(heard)], { pool: 'other' })
      const notifier = notifierOf(transport())
      await notifier.info({}, 'event', 1)
      await until(() => seen.length === 2)
      await notifier.info({}, 'event', 2)
      await until(() => seen.length === 3 && heard.length === 2)
      assert.deepEqual(
        [seen, heard],
        [
          [1, 1, 2],
          [1, 2],
        ],
      )
    })
  })
}

for (const mode of ['legacy', 'routable']) {
  describe(`pools of listeners, ${mode} addresses`, () => {
    it('are refused with the reason where the rule makes no queue of notifications', async (t) => {
      const rules: RouterOptions['rules'] = [
        { prefix: 'openstack.org/om/notify/anycast', distribution: 'balanced' },
        { pattern: 'unicast.#.info', distribution: 'balanced' },
      ]
      const { transport } = await start(t, mode, { rules })
      const options = { pool: 'billing', readyTimeoutMs: 300 }
      await assert.rejects(listenForNotifications(transport(), target, [noting([])], options), (error) => {
        assert.ok(error instanceof MessagingTimeoutError)
        assert.match(error.message, /not-allowed.*is no queue here \(distribution: balanced\)/)
        return true
      })
    })
  })
}

describe('pools of listeners with a bus that has none', () => {
  for (const as of ['qpid-cpp', 'qpid-dispatch-router'] as const) {
    it(`are refused at once, as with ${as}`, async (t) => {
      const { transport } = await start(t, 'dynamic', { as })
      const listening = listenForNotifications(transport(), target, [noting([])], { pool: 'billing' })
      await assert.rejects(listening, (error) => {
        assert.ok(error instanceof NotSupportedError)
        assert.match(error.message, /topics: \['notifications', 'billing'\]/)
        return true
      })
    })
  }
})
