// Notifier and listener together over the memory driver.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it, type TestContext } from 'node:test'
import { InvalidArgumentError, MessageDeliveryFailureError } from '../../../src/messaging/errors.ts'
import { MemoryBus } from '../../../src/messaging/memory-bus.ts'
import { MemoryDriver } from '../../../src/messaging/memory-driver.ts'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { HANDLED, type NotificationEndpoint, REQUEUE } from '../../../src/notify/endpoint.ts'
import {
  listenForNotifications,
  type NotificationListener,
  type NotificationListenerOptions,
} from '../../../src/notify/listener.ts'
import { type NotificationEvent, PRIORITIES } from '../../../src/notify/notification.ts'
import { Notifier } from '../../../src/notify/notifier.ts'
import type { FailedNotification } from '../../../src/notify/settling.ts'

function openTransport(t: TestContext): Transport {
  const context = { controlExchange: 'openstack', options: {}, allowedRemoteErrors: new Map() }
  const transport = new Transport(parseTransportUrl('memory://'), new MemoryDriver(new MemoryBus(), context))
  t.after(() => transport.close())
  return transport
}

const target = { topic: 'notifications' }
const publisherId = 'test'

async function start(t: TestContext, endpoint: NotificationEndpoint, options: NotificationListenerOptions = {}) {
  const transport = openTransport(t)
  const listener = await listenForNotifications(transport, target, [endpoint], { requeueDelayMs: 0, ...options })
  return { transport, listener, notifier: new Notifier(transport, { publisherId, timeoutMs: 20_000 }) }
}

describe('a notification listener', () => {
  it('hears of every priority that it has a method for', async (t) => {
    const heard: string[] = []
    const endpoint: NotificationEndpoint = {}
    for (const priority of PRIORITIES) endpoint[priority] = (_, event) => void heard.push(event.priority)
    const { notifier } = await start(t, endpoint)
    for (const priority of PRIORITIES) await notifier[priority]({}, 'event', {})
    assert.deepEqual(heard, [...PRIORITIES])
  })

  it('acknowledges after its endpoints are done: then the notifier knows', async (t) => {
    const order: string[] = []
    const { notifier } = await start(t, {
      async info() {
        await new Promise(setImmediate)
        order.push('handled')
        return HANDLED
      },
    })
    await notifier.info({}, 'event', {})
    order.push('published')
    assert.deepEqual(order, ['handled', 'published'])
  })

  it('tells the event as it was published', async (t) => {
    const heard: [object, NotificationEvent][] = []
    const { notifier } = await start(t, { error: (...given) => void heard.push(given) })
    await notifier.error({ user_id: 'u' }, 'compute.failed', { big: 9007199254740993n }, { messageId: 'm-1' })
    const [context, { timestamp, ...event }] = heard[0] ?? assert.fail('nothing was heard')
    assert.deepEqual(context, { user_id: 'u' })
    assert.deepEqual(event, {
      priority: 'error',
      publisherId,
      eventType: 'compute.failed',
      payload: { big: 9007199254740993n },
      messageId: 'm-1',
    })
    assert.match(timestamp, /^\d{4}-/)
  })

  it('listens to several topics', async (t) => {
    const transport = openTransport(t)
    const heard: unknown[] = []
    await listenForNotifications(
      transport,
      [{ topic: 'a' }, { topic: 'b' }],
      [{ info: (_, event) => void heard.push(event.eventType) }],
    )
    await new Notifier(transport, { publisherId, topics: ['a'] }).info({}, 'to a', {})
    await new Notifier(transport, { publisherId, topics: ['b'] }).info({}, 'to b', {})
    const nobody = new Notifier(transport, { publisherId, topics: ['c'], timeoutMs: 50 })
    await assert.rejects(nobody.info({}, 'to c', {}), MessageDeliveryFailureError)
    assert.deepEqual(heard, ['to a', 'to b'])
  })

  it('listens to several exchanges, and hears of no other one', async (t) => {
    const transport = openTransport(t)
    const heard: string[] = []
    const targets = [
      { topic: 'notifications', exchange: 'nova' },
      { topic: 'notifications', exchange: 'cinder' },
    ]
    await listenForNotifications(transport, targets, [{ info: (_, event) => void heard.push(event.eventType) }])
    for (const exchange of ['nova', 'cinder'])
      await new Notifier(transport, { publisherId, exchange }).info({}, `of ${exchange}`, {})
    const elsewhere = new Notifier(transport, { publisherId, timeoutMs: 50 })
    await assert.rejects(elsewhere.info({}, 'of openstack', {}), MessageDeliveryFailureError)
    assert.deepEqual(heard, ['of nova', 'of cinder'])
  })

  for (const requeueDelayMs of [0, 20]) {
    it(`sees a requeued notification again (after ${requeueDelayMs} ms)`, async (t) => {
      const seen: string[] = []
      const endpoint: NotificationEndpoint = {
        info(_, { messageId }) {
          seen.push(messageId)
          return seen.length < 3 ? REQUEUE : HANDLED
        },
      }
      const { notifier } = await start(t, endpoint, { requeueDelayMs })
      await notifier.info({}, 'event', {})
      assert.equal(seen.length, 3)
      assert.equal(new Set(seen).size, 1)
    })
  }

  it('sees a notification again on which it failed, and reports the error', async (t) => {
    const reports: [unknown, FailedNotification][] = []
    let calls = 0
    const endpoint: NotificationEndpoint = {
      info() {
        calls += 1
        if (calls === 1) throw new Error('not yet')
      },
    }
    const { notifier } = await start(t, endpoint, { onError: (...report) => reports.push(report) })
    await notifier.info({}, 'event', {}, { messageId: 'm-1' })
    assert.equal(calls, 2)
    assert.equal(reports.length, 1)
    assert.equal(String(reports[0]?.[0]), 'Error: not yet')
    assert.deepEqual(reports[0]?.[1], { priority: 'info', messageId: 'm-1', eventType: 'event', outcome: 'requeued' })
  })

  it('acknowledges all the same where requeueing is not allowed', async (t) => {
    let calls = 0
    const endpoint: NotificationEndpoint = {
      info() {
        calls += 1
        return REQUEUE
      },
    }
    const { notifier } = await start(t, endpoint, { allowRequeue: false })
    await notifier.info({}, 'event', {})
    assert.equal(calls, 1)
  })

  it('goes on when onError throws', async (t) => {
    t.mock.method(process, 'emitWarning', () => {})
    const endpoint: NotificationEndpoint = {
      info() {
        throw new Error('fails')
      },
    }
    const options = {
      allowRequeue: false,
      onError() {
        throw new Error('in the log')
      },
    }
    const { notifier } = await start(t, endpoint, options)
    await notifier.info({}, 'event', {})
    await notifier.info({}, 'event', {})
  })

  for (const [how, end] of [
    ['it is stopped', (listener) => listener.stop()],
    ['its signal aborts', async (_listener, controller) => controller.abort()],
  ] as const satisfies [string, (listener: NotificationListener, controller: AbortController) => Promise<unknown>][]) {
    it(`gives back at once what it had put off when ${how}`, async (t) => {
      const controller = new AbortController()
      let requeued!: () => void
      const seen = new Promise<void>((resolve) => {
        requeued = resolve
      })
      const endpoint: NotificationEndpoint = {
        info() {
          setImmediate(requeued)
          return REQUEUE
        },
      }
      const options = { requeueDelayMs: 60_000, signal: controller.signal }
      const { notifier, listener, transport } = await start(t, endpoint, options)
      const published = notifier.info({}, 'event', {})
      await seen
      await end(listener, controller)
      await listenForNotifications(transport, target, [{ info() {} }])
      await published
    })
  }

  it('leaves the bus when it is stopped', async (t) => {
    const { listener, notifier } = await start(t, { info() {} })
    await notifier.info({}, 'event', {})
    assert.deepEqual(await listener.stop(), { done: 1, released: 0, lost: 0 })
    await listener.close()
    await assert.rejects(notifier.info({}, 'event', {}, { timeoutMs: 50 }), MessageDeliveryFailureError)
  })

  it('tells of a notification that says a priority which no endpoint wants: it is acknowledged', async (t) => {
    const told: unknown[] = []
    const note = (message: unknown) => void told.push((message as { event: unknown }).event)
    subscribe('oslo-messaging:notification', note)
    t.after(() => void unsubscribe('oslo-messaging:notification', note))
    const { transport } = await start(t, { info: () => assert.fail('it is another priority') })
    const envelope = { message: { message_id: 'm', priority: 'LOUD' }, context: {} }
    await transport.notify({ topic: 'notifications.info' }, envelope, { format: 2, timeoutMs: 20_000 })
    assert.deepEqual(told, ['unknown-priority'])
  })

  for (const options of [{ signal: 5 }, { onError: 5 }, { onMalformed: 'x' }, { serializer: 5 }]) {
    it(`refuses ${JSON.stringify(options)}`, async (t) => {
      await assert.rejects(start(t, { info() {} }, options as never), InvalidArgumentError)
    })
  }

  it('needs a topic, a target and an endpoint', async (t) => {
    const transport = openTransport(t)
    await assert.rejects(listenForNotifications(transport, {}, [{ info() {} }]), {
      name: 'InvalidTargetError',
      message: 'A target must have topic specified:<Target >',
    })
    await assert.rejects(listenForNotifications(transport, [], [{ info() {} }]), InvalidArgumentError)
    await assert.rejects(listenForNotifications(transport, target, []), InvalidArgumentError)
    await assert.rejects(
      listenForNotifications(transport, target, [{ info() {} }], { requeueDelayMs: -1 }),
      InvalidArgumentError,
    )
  })
})
