// Pools of notification listeners, by what the peer says it is.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import type { LinkEvent } from '../../../src/amqp1/events.ts'
import type { NotificationSource } from '../../../src/messaging/driver.ts'
import { NotSupportedError } from '../../../src/messaging/errors.ts'
import { failureOf, testDriver, testRelay } from './drivers.ts'

const ROUTER = { product: 'oslo-messaging-router', version: '1.0.0' }
const INFO = 'openstack.org/om/notify/anycast/openstack/notifications.info'
const ERROR = 'openstack.org/om/notify/anycast/openstack/notifications.error'

const sources: readonly NotificationSource[] = ['info', 'error'].map((priority) => ({
  target: { topic: 'notifications' },
  priority,
}))

test('a listener with a pool attaches to the pool of each address, which outlives it by pool_expiry', async (t) => {
  const relay = await testRelay(t, ROUTER)
  await testDriver(t, relay.url).listenForNotifications(sources, () => {}, { pool: 'billing' })
  await testDriver(t, relay.url, { poolExpiryMs: 60_000 }).listenForNotifications(sources, () => {}, { pool: 'b' })
  const asked = relay.requests.map(({ source }) => [source?.address, source?.expiryPolicy, source?.timeout])
  assert.deepEqual(asked, [
    [`${INFO}::billing`, 'link-detach', 86_400],
    [`${ERROR}::billing`, 'link-detach', 86_400],
    [`${INFO}::b`, 'link-detach', 60],
    [`${ERROR}::b`, 'link-detach', 60],
  ])
})

test('a listener without a pool says nothing of one', async (t) => {
  const relay = await testRelay(t, ROUTER)
  await testDriver(t, relay.url).listenForNotifications(sources, () => {}, {})
  assert.deepEqual(
    relay.requests.map(({ source }) => [source?.address, source?.expiryPolicy, source?.timeout]),
    [
      [INFO, 'session-end', 0],
      [ERROR, 'session-end', 0],
    ],
  )
})

test('with a product that is not known to have pools a listener rejects at once, and says what to do', async (t) => {
  const products = ['qpid-cpp', 'RabbitMQ', 'qpid-dispatch-router', 'ActiveMQ Artemis\u001b[2J', '']
  for (const product of products) {
    const relay = await testRelay(t, { product, version: '3.10.8' })
    const driver = testDriver(t, relay.url)
    for (const options of [{ readyTimeoutMs: 60_000 }, {}, { readyTimeoutMs: 0 }]) {
      const error = await failureOf(driver.listenForNotifications(sources, () => {}, { pool: 'billing', ...options }))
      assert.ok(error instanceof NotSupportedError, String(error))
      assert.equal(error.code, 'NOT_SUPPORTED')
      assert.match(error.message, /^pool "billing" of notifications: not supported with /)
      assert.match(error.message, /topics: \['notifications', 'billing'\]/)
      assert.ok(product === '' ? error.message.includes('does not say') : error.message.includes(product.slice(0, 8)))
      assert.doesNotMatch(error.message, /\p{Cc}/u)
    }
    assert.deepEqual(relay.requests, [])
    await driver.listenForNotifications(sources, () => {}, {})
    assert.equal(relay.requests.length, 2)
  }
})

test('after a fail-over to such a product its links stay refused, which is published, until the next one', async (t) => {
  const events: string[] = []
  const wake: (() => void)[] = []
  const onEvent = (message: unknown): void => {
    const { link, event, address, error } = message as LinkEvent
    if (link !== 'subscription') return
    events.push(`${event} ${address}${error ? ` ${(error as NotSupportedError).code}` : ''}`)
    for (const one of wake.splice(0)) one()
  }
  subscribe('oslo-messaging:link', onEvent)
  t.after(() => unsubscribe('oslo-messaging:link', onEvent))
  const happened = async (count: number): Promise<void> => {
    while (events.length < count) await new Promise<void>((resolve) => wake.push(resolve))
  }

  const router = await testRelay(t, ROUTER)
  const broker = await testRelay(t, { product: 'qpid-dispatch-router', version: '1.19.0' })
  const driver = testDriver(t, `amqp://127.0.0.1:${router.port},127.0.0.1:${broker.port}`)
  const subscription = await driver.listenForNotifications(sources.slice(0, 1), () => {}, { pool: 'billing' })
  const { port } = router
  await router.close()
  await happened(2)
  assert.equal(broker.requests.length, 0)
  await router.listen(port)
  await broker.close()
  await happened(3)
  assert.deepEqual(events, [`attached ${INFO}::billing`, `refused ${INFO} NOT_SUPPORTED`, `attached ${INFO}::billing`])
  await subscription.stop()
})

test('a listener that is stopped while its links are refused is at rest', async (t) => {
  const relay = await testRelay(t, ROUTER)
  const broker = await testRelay(t, { product: 'qpid-dispatch-router', version: '1.19.0' })
  const driver = testDriver(t, `amqp://127.0.0.1:${relay.port},127.0.0.1:${broker.port}`)
  const subscription = await driver.listenForNotifications(sources, () => {}, { pool: 'billing' })
  await relay.close()
  await broker.until(() => broker.connections.size === 1)
  await subscription.stop()
})
