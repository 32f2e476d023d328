import assert from 'node:assert/strict'
import { test } from 'node:test'
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

test('only reply queues of RabbitMQ 3 are written to, by whichever of their names', () => {
  const { mayReplyTo, replyTo } = RABBITMQ3_REPLIES
  for (const address of [replyTo('f81d4fae-7dec') ?? '', '/queue/reply.f81d4fae-7dec'])
    assert.ok(mayReplyTo(address), address)
  for (const address of [
    GROUP,
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
