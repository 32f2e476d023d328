import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ACCEPTED } from '../../../src/amqp/index.ts'
import { RABBITMQ3_REPLIES } from '../../../src/amqp1/rabbitmq3-profile.ts'
import { MessagingTimeoutError } from '../../../src/messaging/errors.ts'
import { envelope, failureOf, testDriver, testRelay } from './drivers.ts'

const GROUP = '/queue/unicast.openstack.tt'

test('a call over RabbitMQ 3 has a reply queue of its own, the same over every connection', async (t) => {
  const relay = await testRelay(t, {
    product: 'RabbitMQ',
    version: '3.10.8',
    creditWithoutConsumers: 5,
    outcome: () => ACCEPTED,
  })
  const client = testDriver(t, relay.url)
  const calls: Promise<unknown>[] = []
  const callOnce = async (): Promise<void> => {
    const before = relay.messages.length
    calls.push(failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 2_000 })))
    await relay.until(() => relay.messages.length > before)
  }
  await callOnce()
  relay.cut()
  await calls[0]
  await callOnce()
  const sources = relay.requests.filter(({ source }) => source?.address?.startsWith('/queue/reply.'))
  assert.equal(sources.length, 2)
  assert.equal(new Set(sources.map(({ source }) => source?.address)).size, 1)
  assert.ok(relay.requests.every(({ source }) => !source?.dynamic))
  const replyTo = sources[0]?.source?.address?.replace('/queue/', '/amq/queue/')
  for (const { address, delivery } of relay.messages) {
    assert.equal(address, GROUP)
    assert.equal(delivery.message.properties?.replyTo, replyTo)
  }
  assert.ok((await calls[1]) instanceof MessagingTimeoutError)
})

/** What a relay of that kind hears of a notification and a cast: whether the message says durable, and what its link says. */
async function durabilities(t: TestContext, product: string, version: string) {
  const relay = await testRelay(t, { product, version, creditWithoutConsumers: 5, outcome: () => ACCEPTED })
  const driver = testDriver(t, relay.url, { preSettled: [], preSettledGiven: true })
  const event = { message: { event_type: 'created', payload: {} }, context: {} }
  await driver.notify({ topic: 'n.info' }, event, { format: 2 })
  await driver.listenForNotifications([{ target: { topic: 'n' }, priority: 'info' }], () => {}, {})
  await driver.cast({ topic: 'tt' }, envelope('note'), {})
  const links = relay.requests.flatMap(({ role, address, source, target }) => {
    const terminus = role === 'sender' ? target : source
    return terminus && 'address' in terminus && address !== undefined
      ? [[role, address.includes('n.info') ? 'notification' : 'request', terminus.durable ?? 0]]
      : []
  })
  return { messages: relay.messages.map(({ delivery }) => delivery.message.header?.durable === true), links }
}

test('what RabbitMQ 3 is to keep over its restart says so: notifications, and the queues that links make for them', async (t) => {
  assert.deepEqual(await durabilities(t, 'RabbitMQ', '3.10.8'), {
    messages: [true, false],
    links: [
      ['sender', 'notification', 1],
      ['receiver', 'notification', 1],
      ['sender', 'request', 0],
    ],
  })
})

test('a peer of another kind is told nothing of that', async (t) => {
  const { messages, links } = await durabilities(t, 'qpid-dispatch-router', '1.19.0')
  assert.deepEqual(messages, [false, false])
  assert.ok(links.length === 3 && links.every(([, , durable]) => durable === 0))
})

test('only reply queues of RabbitMQ 3 are written to, by the name that makes none', () => {
  const { mayReplyTo, replyTo } = RABBITMQ3_REPLIES
  assert.ok(mayReplyTo(replyTo('f81d4fae-7dec') ?? ''))
  for (const address of [
    GROUP,
    '/queue/reply.f81d4fae-7dec',
    'unicast.openstack.tt',
    '/amq/queue/unicast.openstack.tt',
    '/amq/queue/reply.x/../unicast',
    '/amq/queue/reply.%2F',
    '/exchange/amq.direct/broadcast.openstack.tt.all',
    '/topic/reply.x',
    `/amq/queue/reply.${'x'.repeat(200)}`,
    '',
  ]) {
    assert.ok(!mayReplyTo(address), address)
  }
})
