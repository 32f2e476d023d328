import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RELEASED } from '../../../src/amqp/index.ts'
import type { IncomingNotification } from '../../../src/messaging/driver.ts'
import { MessageDeliveryFailureError } from '../../../src/messaging/errors.ts'
import { failureOf, testDriver, testRelay } from './drivers.ts'

const event = {
  message: { message_id: '1', event_type: 'instance.created', priority: 'INFO', payload: { id: 7 } },
  context: { user: 'u1' },
}

test('notifications in both formats arrive under their priority and resolve when acknowledged', async (t) => {
  const relay = await testRelay(t)
  const received: IncomingNotification[] = []
  await testDriver(t, relay.url).listenForNotifications(
    [
      { target: { topic: 'notifications' }, priority: 'info' },
      { target: { topic: 'notifications' }, priority: 'error' },
    ],
    (notification) => {
      received.push(notification)
      notification.acknowledge()
    },
    {},
  )
  const notifier = testDriver(t, relay.url)
  await notifier.notify({ topic: 'notifications.info' }, event, { format: 1 })
  await notifier.notify({ topic: 'notifications.error' }, event, { format: 2 })
  assert.deepEqual(
    received.map(({ priority, message, context }) => ({ priority, message, context })),
    [
      { priority: 'info', ...event },
      { priority: 'error', ...event },
    ],
  )
  assert.ok(relay.addresses.includes('openstack.org/om/notify/anycast/openstack/notifications.info'))
  assert.equal(relay.messages[0]?.address, 'openstack.org/om/notify/anycast/openstack/notifications.info')
})

test('listeners and notifiers of an exchange meet at its address', async (t) => {
  const relay = await testRelay(t)
  const heard: unknown[] = []
  await testDriver(t, relay.url).listenForNotifications(
    [{ target: { topic: 'n', exchange: 'nova' }, priority: 'info' }],
    (notification) => {
      heard.push(notification.message.event_type)
      notification.acknowledge()
    },
    {},
  )
  await testDriver(t, relay.url).notify({ topic: 'n.info', exchange: 'nova' }, event, { format: 2 })
  assert.deepEqual(heard, ['instance.created'])
  assert.deepEqual(
    relay.messages.map(({ address }) => address),
    ['openstack.org/om/notify/anycast/nova/n.info'],
  )
})

test('a notification that is given back is sent again', async (t) => {
  const relay = await testRelay(t)
  let times = 0
  await testDriver(t, relay.url).listenForNotifications(
    [{ target: { topic: 'n' }, priority: 'info' }],
    (notification) => {
      times += 1
      if (times === 1) notification.requeue()
      else notification.acknowledge()
    },
    {},
  )
  await testDriver(t, relay.url).notify({ topic: 'n.info' }, event, { format: 1 })
  assert.equal(times, 2)
})

test('without a listener a notification fails at its deadline', async (t) => {
  const relay = await testRelay(t)
  const error = await failureOf(
    testDriver(t, relay.url).notify({ topic: 'n.info' }, event, { format: 1, timeoutMs: 600 }),
  )
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /^notification of "instance.created" to .*: not sent within 600 ms, no consumer/)
})

test('a listener grants the credit of listeners', async (t) => {
  const relay = await testRelay(t)
  const driver = testDriver(t, relay.url, { notifyServerCredit: 7 })
  await driver.listenForNotifications([{ target: { topic: 'n' }, priority: 'info' }], () => {}, {})
  await relay.until(() => relay.consumers('openstack.org/om/notify/anycast/openstack/n.info')[0]?.credit === 7)
})

test('a listener without sources is ready at once', async (t) => {
  const relay = await testRelay(t)
  await (await testDriver(t, relay.url).listenForNotifications([], () => {}, {})).stop()
})

test('a notification that is given back and has no retry, or that nobody acknowledges, fails', async (t) => {
  const released = await testRelay(t, { creditWithoutConsumers: 5, outcome: () => RELEASED })
  const givenBack = await failureOf(
    testDriver(t, released.url).notify({ topic: 'n.info' }, event, { format: 2, retry: 0 }),
  )
  assert.ok(givenBack instanceof MessageDeliveryFailureError)
  assert.deepEqual([givenBack.inDoubt, released.messages.length], [false, 1])
  const silent = await testRelay(t, { creditWithoutConsumers: 5, outcome: () => 'ignore' })
  const unanswered = await failureOf(
    testDriver(t, silent.url, { defaultNotifyTimeoutMs: 300 }).notify({ topic: 'n.info' }, event, { format: 2 }),
  )
  assert.ok(unanswered instanceof MessageDeliveryFailureError)
  assert.equal(unanswered.inDoubt, true)
})

test('a notification that is sent settled waits for nobody', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 5, outcome: () => 'ignore' })
  const notifier = testDriver(t, relay.url, { preSettled: ['notify'], preSettledGiven: true })
  await notifier.notify({ topic: 'n.info' }, event, { format: 1 })
  await relay.until(() => relay.messages.length === 1)
  assert.deepEqual(relay.arrivedSettled, [true])
})
