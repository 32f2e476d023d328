// Iteration over notifications, on the memory driver.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { InvalidArgumentError, MessageDeliveryFailureError } from '../../../src/messaging/errors.ts'
import { NotificationFilter } from '../../../src/notify/filter.ts'
import {
  type NotificationStream,
  type NotificationStreamOptions,
  openNotificationStream,
} from '../../../src/notify/notification-stream.ts'
import { Notifier } from '../../../src/notify/notifier.ts'
import type { ReceivedNotification } from '../../../src/notify/received-notification.ts'
import type { FailedNotification } from '../../../src/notify/settling.ts'
import { createMemoryTransport } from '../../../src/testing/memory-transport.ts'

const target = { topic: 'notifications' }

async function start(t: TestContext, options: NotificationStreamOptions = {}) {
  const transport = createMemoryTransport()
  t.after(() => transport.close())
  const listener = await openNotificationStream(transport, target, { requeueDelayMs: 0, ...options })
  return { transport, listener, notifier: new Notifier(transport, { publisherId: 'test', timeoutMs: 20_000 }) }
}

async function next(listener: NotificationStream): Promise<ReceivedNotification> {
  const { value } = await listener[Symbol.asyncIterator]().next()
  return value ?? assert.fail('it has ended')
}

describe('an iteration over notifications', () => {
  it('brings each with its context, and the notifier hears when it is acknowledged', async (t) => {
    const { listener, notifier } = await start(t)
    const order: string[] = []
    const sent = notifier.error({ user_id: 'u' }, 'disk.full', { disk: 1 }, { messageId: 'm-1' })
    void sent.then(() => order.push('published'))
    for await (const event of listener) {
      const { context, priority, publisherId, eventType, payload, messageId } = event
      assert.deepEqual(
        [context, priority, publisherId, eventType, payload, messageId],
        [{ user_id: 'u' }, 'error', 'test', 'disk.full', { disk: 1 }, 'm-1'],
      )
      await new Promise(setImmediate)
      order.push('acknowledged')
      event.acknowledge()
      break
    }
    await sent
    assert.deepEqual(order, ['acknowledged', 'published'])
  })

  it('lets several be in hand at a time, settled in any order', async (t) => {
    const { listener, notifier } = await start(t)
    const ended: number[] = []
    for (const n of [1, 2, 3]) void notifier.info({}, 'e', n).then(() => ended.push(n))
    const held = [await next(listener), await next(listener), await next(listener)]
    for (const event of held.reverse()) {
      event.acknowledge()
      await new Promise(setImmediate)
    }
    assert.deepEqual(ended, [3, 2, 1])
  })

  it('brings what is requeued again, until it is poison', async (t) => {
    const reports: [unknown, FailedNotification][] = []
    const { listener, notifier } = await start(t, {
      maxDeliveries: 2,
      onError: (...report) => void reports.push(report),
    })
    const sent = assert.rejects(notifier.info({}, 'e', 1), MessageDeliveryFailureError)
    const error = new Error('why')
    ;(await next(listener)).requeue(error)
    ;(await next(listener)).requeue()
    await sent
    assert.deepEqual(
      reports.map(([, { outcome }]) => outcome),
      ['requeued', 'rejected'],
    )
    assert.equal(reports[0]?.[0], error)
  })

  it('refuses for good what is rejected', async (t) => {
    const { listener, notifier } = await start(t)
    const sent = assert.rejects(notifier.info({}, 'e', 1), /nobody wants this/)
    const event = await next(listener)
    event.reject('nobody wants this')
    event.acknowledge()
    await sent
  })

  it('acknowledges what its filter does not choose', async (t) => {
    const { listener, notifier } = await start(t, { filter: new NotificationFilter({ eventType: 'compute' }) })
    await notifier.info({}, 'network.created', 1)
    const sent = notifier.info({}, 'compute.created', 2)
    const event = await next(listener)
    assert.equal(event.payload, 2)
    event.acknowledge()
    await sent
  })

  it('subscribes to the priorities that it is told', async (t) => {
    const { listener, notifier } = await start(t, { priorities: ['error', 'error'] })
    await assert.rejects(notifier.info({}, 'e', 1, { timeoutMs: 50 }), MessageDeliveryFailureError)
    void notifier.error({}, 'e', 2).catch(() => {})
    assert.equal((await next(listener)).priority, 'error')
  })

  it('takes no more than its credit while none is acknowledged', async (t) => {
    const { listener, notifier } = await start(t)
    const sends = Array.from({ length: 150 }, (_, n) => notifier.info({}, 'e', n))
    const held: ReceivedNotification[] = []
    for (let n = 0; n < 100; n += 1) held.push(await next(listener))
    const waiting = next(listener)
    const first = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, 'nothing came'))])
    assert.equal(first, 'nothing came')
    for (const event of held) event.acknowledge()
    ;(await waiting).acknowledge()
    for (let n = 101; n < 150; n += 1) (await next(listener)).acknowledge()
    await Promise.all(sends)
  })

  for (const [how, leave] of [
    [
      'left by break',
      async (listener: NotificationStream) => {
        for await (const _ of listener) break
      },
    ],
    [
      'left by an error',
      async (listener: NotificationStream) => {
        await assert.rejects(async () => {
          for await (const _ of listener) throw new Error('broken')
        }, /broken/)
      },
    ],
  ] as const) {
    it(`that is ${how} gives back what it has in hand and what was not taken, at once`, async (t) => {
      const { listener, notifier, transport } = await start(t)
      const sends = [notifier.info({}, 'e', 1), notifier.info({}, 'e', 2)]
      await leave(listener)
      const other = await openNotificationStream(transport, target)
      for (const _ of sends) (await next(other)).acknowledge()
      await Promise.all(sends)
    })
  }

  it('gives back what is still in hand when the time to drain is over', async (t) => {
    const { listener, notifier, transport } = await start(t)
    const sent = notifier.info({}, 'e', 1)
    const forgotten = await next(listener)
    assert.deepEqual(await listener.stop({ drainTimeoutMs: 10 }), { done: 0, released: 0, lost: 1 })
    const other = await openNotificationStream(transport, target)
    const again = await next(other)
    assert.equal(again.messageId, forgotten.messageId)
    forgotten.acknowledge()
    again.acknowledge()
    await sent
  })

  it('ends when the listener is stopped, which waits for what is in hand', async (t) => {
    const { listener, notifier } = await start(t)
    const sent = notifier.info({}, 'e', 1)
    const event = await next(listener)
    const waiting = listener[Symbol.asyncIterator]().next()
    const stopping = listener.stop()
    assert.deepEqual(await waiting, { done: true, value: undefined })
    event.acknowledge()
    assert.deepEqual(await stopping, { done: 1, released: 0, lost: 0 })
    await sent
    for await (const _ of listener) assert.fail('it has ended')
  })

  it('that is left while another caller waits ends that one too', async (t) => {
    const { listener } = await start(t)
    const iterator = listener[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await iterator.return?.()
    assert.equal((await waiting).done, true)
    assert.equal((await iterator.next()).done, true)
  })

  for (const options of [
    { priorities: [] },
    { priorities: ['loud' as never] },
    { filter: {} as never },
    { concurrency: 3 } as never,
  ]) {
    it(`refuses ${JSON.stringify(options)}`, async (t) => {
      await assert.rejects(start(t, options), InvalidArgumentError)
    })
  }
})
