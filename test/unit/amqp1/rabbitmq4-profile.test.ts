import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinkError } from '../../../src/amqp/index.ts'
import { createAddresser } from '../../../src/amqp1/addressing.ts'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import type { Declaration } from '../../../src/amqp1/profile.ts'
import { peerProfile } from '../../../src/amqp1/profiles.ts'
import {
  RABBITMQ4_ADDRESSES,
  RABBITMQ4_NODES,
  RABBITMQ4_POOLS,
  RABBITMQ4_REPLIES,
  RABBITMQ40_REPLIES,
} from '../../../src/amqp1/rabbitmq4-profile.ts'

const profile = (version: string) =>
  peerProfile({ properties: new Map(Object.entries({ product: 'RabbitMQ', version })) })

test('RabbitMQ from 4.0 wants its nodes declared, and has addresses of its own', () => {
  for (const version of ['4.0.5', '4.1.0', '4.3.6', '5.0.0']) {
    const { nodes, addresses } = profile(version)
    assert.deepEqual([nodes, addresses], [RABBITMQ4_NODES, RABBITMQ4_ADDRESSES], version)
  }
  assert.equal(profile('3.10.8').nodes, undefined)
})

test('RabbitMQ from 4.1 gives reply addresses; 4.0 has a queue declared for them, which goes with the connection', () => {
  for (const version of ['4.1.0', '4.3.6', '5.0.0']) assert.equal(profile(version).replies, RABBITMQ4_REPLIES, version)
  assert.equal(profile('4.0.5').replies, RABBITMQ40_REPLIES)
  assert.deepEqual(RABBITMQ40_REPLIES.source('id'), { address: '/queues/reply.id' })
  assert.deepEqual(RABBITMQ40_REPLIES.declarations?.('id'), [
    { method: 'PUT', path: '/queues/reply.id', body: { durable: false, exclusive: true, auto_delete: true } },
  ])
  assert.ok(RABBITMQ40_REPLIES.mayReplyTo(RABBITMQ40_REPLIES.replyTo('id') ?? ''))
})

test('it refuses messages without a body, and forgets what is not durable', () => {
  for (const version of ['4.0.5', '4.1.0', '4.3.6']) {
    const { refusesBodiless, forgetsUnlessDurable, forgetsNodesUnlessDurable } = profile(version)
    assert.deepEqual([refusesBodiless, forgetsUnlessDurable, forgetsNodesUnlessDurable], [true, true, false], version)
  }
})

test('its addresses are percent-encoded behind their prefix', () => {
  const addresser = createAddresser(
    { options: resolveAmqpOptions([]), controlExchange: 'openstack', virtualHost: 'a/b' },
    { syntax: 'legacy', addresses: RABBITMQ4_ADDRESSES },
  )
  assert.deepEqual(addresser.server({ topic: 'tü', server: 's 1' }), {
    unicast: '/queues/exclusive.a%2Fb.openstack.t%C3%BC.s%201',
    multicast: '/exchanges/amq.direct/broadcast.a%2Fb.openstack.t%C3%BC.all',
    anycast: '/queues/unicast.a%2Fb.openstack.t%C3%BC',
  })
})

const bodyOf = (declaration: Declaration | undefined): unknown =>
  declaration && 'body' in declaration ? declaration.body : undefined

test('a queue of requests goes when nobody serves any more; one of notifications stays', () => {
  const address = '/queues/unicast.openstack.t'
  const expires = { durable: true, arguments: { 'x-expires': 1_800_000 } }
  const requests = { address, declarations: [{ method: 'PUT', path: address, body: expires }] }
  assert.deepEqual(RABBITMQ4_NODES.target(address, 'request'), requests)
  assert.deepEqual(RABBITMQ4_NODES.source(address, 'request', 'id'), requests)
  assert.deepEqual(bodyOf(RABBITMQ4_NODES.target(address, 'notification').declarations[0]), { durable: true })
})

const bound = (queue: string, key: string) => ({
  method: 'POST',
  path: '/bindings',
  body: { source: 'amq.direct', destination_queue: queue, binding_key: key, arguments: {} },
})

test('notifications go to an exchange, from which the queue of the topic and those of its pools have them', () => {
  const address = '/queues/unicast.n%C3%BC.info'
  const declarations = [
    { method: 'PUT', path: address, body: { durable: true } },
    bound('unicast.nü.info', 'unicast.nü.info'),
  ]
  assert.deepEqual(RABBITMQ4_NODES.target(address, 'notification'), {
    address: '/exchanges/amq.direct/unicast.n%C3%BC.info',
    declarations,
  })
  assert.deepEqual(RABBITMQ4_NODES.source(address, 'notification', 'id'), { address, declarations })
  const pool = `${address}%3A%3Ab%2Fc`
  assert.deepEqual(RABBITMQ4_POOLS.source(address, 'b/c', 60), { address: pool })
  const declared = (expiryS: number) => RABBITMQ4_POOLS.declarations?.(address, 'b/c', expiryS)
  const expiring = (ms: number) => ({ durable: true, arguments: { 'x-expires': ms } })
  assert.deepEqual(declared(60), [
    { method: 'PUT', path: pool, body: expiring(60_000) },
    bound('unicast.nü.info::b/c', 'unicast.nü.info'),
  ])
  assert.deepEqual(bodyOf(declared(0)?.[0]), expiring(60_000), 'its first listener has the time to attach')
  assert.deepEqual(bodyOf(declared(0xffff_ffff)?.[0]), expiring(0xffff_ffff), 'RabbitMQ has no longer time')
  assert.deepEqual(RABBITMQ4_POOLS.declarations?.('/exchanges/own/key', 'b', 60), [], 'nothing that is known of')
})

test('an address that RabbitMQ has not is told before a link asks for it: nothing could be declared there', () => {
  for (const address of [
    'openstack.org/om/rpc/anycast/openstack/t',
    '/queues/unicast/openstack.t',
    '/queues/unicast.50%',
    '/exchanges/amq.direct/broadcast.%zz.all',
    '/management',
  ])
    for (const node of [
      () => RABBITMQ4_NODES.target(address, 'request'),
      () => RABBITMQ4_NODES.source(address, 'broadcast', 'id'),
    ])
      assert.throws(
        node,
        (error) => error instanceof LinkError && error.message.startsWith(`"${address}" is no address of RabbitMQ`),
      )
  assert.deepEqual(RABBITMQ4_POOLS.declarations?.('/queues/a%', 'b', 60), [], 'the attach is refused')
  for (const address of [
    '/exchanges/own/key',
    '/exchanges/own',
    '/queue/t',
    '/amq/queue/t',
    '/topic/t',
    '/exchange/e/k',
  ])
    assert.deepEqual(RABBITMQ4_NODES.target(address, 'request'), { address, declarations: [] })
})

test('who subscribes to all has a queue of his own, bound by the name in plain text', () => {
  const address = '/exchanges/amq.direct/broadcast.a%2Fb.t.all'
  const target = { address, declarations: [] }
  assert.deepEqual(RABBITMQ4_NODES.target(address, 'broadcast'), target, 'the exchange is there')
  assert.deepEqual(RABBITMQ4_NODES.source(address, 'broadcast', 'id'), {
    address: '/queues/broadcast.a%2Fb.t.all.id',
    declarations: [
      {
        method: 'PUT',
        path: '/queues/broadcast.a%2Fb.t.all.id',
        body: { durable: false, exclusive: true, auto_delete: true },
      },
      bound('broadcast.a/b.t.all.id', 'broadcast.a/b.t.all'),
    ],
  })
})

test('replies go to the reply queues of callers, and to no other queue', () => {
  const { mayReplyTo } = RABBITMQ4_REPLIES
  for (const address of ['/queues/amq.dyn-x-y-abc', '/queues/reply.1', '/queues/amq.rabbitmq.reply-to.g1h2%3D.OTx3'])
    assert.equal(mayReplyTo(address), true, address)
  for (const address of [
    '/queues/unicast.openstack.t',
    '/exchanges/amq.direct/reply.1',
    '/queues/reply.1/x',
    '/management',
    '',
    `/queues/reply.${'x'.repeat(2_000)}`,
  ])
    assert.equal(mayReplyTo(address), false, address)
})
