// What goes over the wire to a peer that says it is Apache ActiveMQ Artemis.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LinkRequest } from '../../../src/amqp/index.ts'
import { ARTEMIS_REPLIES } from '../../../src/amqp1/artemis-profile.ts'
import type { NotificationSource } from '../../../src/messaging/driver.ts'
import { ANYCAST, envelope, failureOf, MULTICAST, serveByHand, testDriver, testRelay, UNICAST } from './drivers.ts'

const ARTEMIS = { product: 'apache-activemq-artemis', version: '2.44.0' }
const INFO = 'openstack.org/om/notify/anycast/openstack/notifications.info'

const sources: readonly NotificationSource[] = [{ target: { topic: 'notifications' }, priority: 'info' }]

/** Who attached to what, and what for: `receiver ADDRESS queue`. */
function asked({ role, source, target }: LinkRequest): string {
  const terminus = role === 'receiver' ? source : target
  const address = terminus && 'address' in terminus ? terminus.address : undefined
  return [role, address ?? '(none)', ...(terminus?.capabilities ?? [])].join(' ')
}

test('it is asked for queues, and for a topic where everybody is to hear', async (t) => {
  const relay = await testRelay(t, { ...ARTEMIS, creditWithoutConsumers: 10 })
  const driver = testDriver(t, relay.url)
  await driver.listen({ topic: 'tt', server: 's1' }, () => {}, {})
  for (const target of [{ topic: 'tt' }, { topic: 'tt', server: 's1' }, { topic: 'tt', fanout: true }])
    void driver.cast(target, envelope('note'), {}).catch(() => {})
  await relay.until(() => relay.messages.length === 3)
  assert.deepEqual(
    new Set(relay.requests.map(asked)),
    new Set([
      `receiver ${UNICAST} queue`,
      `receiver ${MULTICAST} topic`,
      `receiver ${ANYCAST} queue`,
      `sender ${ANYCAST} queue`,
      `sender ${UNICAST} queue`,
      `sender ${MULTICAST} topic`,
    ]),
  )
})

test('the address of notifications is a queue and a topic before anybody sends there, and after every loss', async (t) => {
  const relay = await testRelay(t, { ...ARTEMIS, creditWithoutConsumers: 10, outcome: () => ({ type: 'accepted' }) })
  const driver = testDriver(t, relay.url)
  const steps = [`sender ${INFO} queue`, `sender ${INFO} topic`, `sender ${INFO}`]
  await driver.notify({ topic: 'notifications.info' }, notification, { format: 2 })
  assert.deepEqual(relay.requests.map(asked), steps)
  assert.equal(relay.messages[0]?.delivery.message.header?.durable, true, 'it forgets others when it starts again')
  await relay.until(() => relay.producers(INFO).length === 1)
  relay.cut()
  await driver.notify({ topic: 'notifications.info' }, notification, { format: 2 })
  assert.deepEqual(relay.requests.map(asked), [...steps, ...steps])
})

test('a listener shares the queue; one of a pool has the queue of his pool, a copy of what comes', async (t) => {
  const relay = await testRelay(t, ARTEMIS)
  await testDriver(t, relay.url).listenForNotifications(sources, () => {}, {})
  await testDriver(t, relay.url).listenForNotifications(sources, () => {}, { pool: 'billing' })
  const both = [`sender ${INFO} queue`, `sender ${INFO} topic`]
  assert.deepEqual(relay.requests.map(asked), [
    ...both,
    `receiver ${INFO}`,
    ...both,
    `receiver ${INFO}::billing@${INFO} topic`,
  ])
})

test('where the broker makes no second kind of an address, what is there is used', async (t) => {
  const refusal = { condition: 'amqp:illegal-state', description: 'not configured for topic support' }
  const relay = await testRelay(t, {
    ...ARTEMIS,
    refuse: (_, request) => (asked(request).endsWith(' topic') ? refusal : undefined),
  })
  const driver = testDriver(t, relay.url)
  await driver.listenForNotifications(sources, () => {}, {})
  const error = await failureOf(driver.listenForNotifications(sources, () => {}, { pool: 'p', readyTimeoutMs: 200 }))
  assert.match(String(error), /not ready within 200 ms.*not configured for topic support/)
})

test('a reply that nobody awaits is accepted: refused, it would stay in the reply queue', async (t) => {
  const relay = await testRelay(t, ARTEMIS)
  await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const call = failureOf(client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 60_000 }))
  await relay.until(() => relay.messages.length === 1)
  const replyTo = relay.messages[0]?.delivery.message.properties?.replyTo as string
  for (const value of ['{"response": 1}', 'not even JSON']) {
    const properties = { correlationId: 'nobody' }
    const outcome = await relay.consumers(replyTo)[0]?.send({ properties, body: { type: 'value', value } })
    assert.equal(outcome?.type, 'accepted')
  }
  await client.close()
  await call
})

test('replies go to the addresses that it gives to callers, and to no other', () => {
  const { mayReplyTo } = ARTEMIS_REPLIES
  assert.equal(mayReplyTo('451c9a4e-8576-464a-9884-00f9d55fa4ea'), true)
  for (const address of [
    ANYCAST,
    `jms.queue.${ANYCAST}`,
    `451c9a4e-8576-464a-9884-00f9d55fa4ea::${ANYCAST}`,
    'activemq.management',
    'DLQ',
    '',
  ])
    assert.equal(mayReplyTo(address), false, address)
})

const notification = { message: { event_type: 'e', message_id: '1' }, context: {} }
