import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AmqpValue, type Connection, connect, listen, type Message, type Sender } from '../../../src/amqp/index.ts'
import { createAddresser } from '../../../src/amqp1/addressing.ts'
import {
  BROKER_J_ADDRESSES,
  BROKER_J_MANAGEMENT,
  BROKER_J_NODES,
  BROKER_J_POOLS,
  BROKER_J_REPLIES,
} from '../../../src/amqp1/broker-j-profile.ts'
import { ConnectionSessions } from '../../../src/amqp1/connection-sessions.ts'
import { DeclaredNodes } from '../../../src/amqp1/declared-nodes.ts'
import { type AmqpOptions, resolveAmqpOptions } from '../../../src/amqp1/options.ts'

const addresser = (options: Partial<AmqpOptions> = {}) =>
  createAddresser(
    { options: { ...resolveAmqpOptions([]), ...options }, controlExchange: 'openstack', virtualHost: undefined },
    { syntax: 'legacy', addresses: BROKER_J_ADDRESSES },
  )

test('one server, a group and notifications have queues, and what is for all an exchange', () => {
  assert.deepEqual(addresser().server({ topic: 't', server: 's' }), {
    unicast: 'exclusive.openstack.t.s',
    multicast: 'amq.direct/broadcast.openstack.t.all',
    anycast: 'unicast.openstack.t',
  })
  assert.equal(addresser().notification({ topic: 't.info' }), 'unicast.openstack.t.info')
})

test('what would part an exchange from a key, or a queue from a pool, is encoded; no two names become one', () => {
  const names = ['a/b', 'a%2Fb', 'a::b', 'a%3A%3Ab', 'žlutý', 'a:b']
  const written = names.map((topic) => addresser().request({ topic }))
  assert.equal(written[0], 'unicast.openstack.a%2Fb')
  assert.equal(written[4], 'unicast.openstack.žlutý')
  assert.equal(written[5], 'unicast.openstack.a:b')
  assert.equal(new Set(written).size, names.length)
  for (const address of written) assert.doesNotMatch(address, /\/|::/)
})

const made = (path: string, body: Record<string, AmqpValue>) => ({ method: 'CREATE Queue', path, body })
const REQUESTS = { durable: true, maximumMessageTtl: 1_800_000 }
const NOTIFICATIONS = { durable: true, messageDurability: 'ALWAYS' }

const EXCHANGE = {
  method: 'CREATE Exchange',
  path: 'oslo.notifications',
  body: { 'qpid-type': 'direct', durable: true, unroutableMessageBehaviour: 'REJECT' },
}

test('both ends make the queue of requests; of what is for all there is nothing to make', () => {
  const queue = 'unicast.openstack.t'
  const node = { address: queue, declarations: [made(queue, REQUESTS)] }
  assert.deepEqual(BROKER_J_NODES.target(queue, 'request'), node)
  assert.deepEqual(BROKER_J_NODES.source(queue, 'request', 'id'), node)
  const all = 'amq.direct/broadcast.openstack.t.all'
  assert.deepEqual(BROKER_J_NODES.target(all, 'broadcast'), { address: all, declarations: [] })
  assert.deepEqual(BROKER_J_NODES.source(all, 'broadcast', 'id'), { address: all, declarations: [] })
})

test('both ends make the queue of notifications, which keeps all of them, and bind it to an exchange that refuses what has none', () => {
  const queue = 'unicast.openstack.t.info'
  const declarations = [
    EXCHANGE,
    made(queue, NOTIFICATIONS),
    { method: 'bind Exchange', path: 'oslo.notifications', body: { destination: queue, bindingKey: queue } },
  ]
  assert.deepEqual(BROKER_J_NODES.target(queue, 'notification'), {
    address: `oslo.notifications/${queue}`,
    declarations,
  })
  assert.deepEqual(BROKER_J_NODES.source(queue, 'notification', 'id'), { address: queue, declarations })
})

test('a pool is one more queue, bound with the name of the first; what lies there too long goes', () => {
  const queue = 'unicast.openstack.t:.info'
  const pool = `${queue}::a%2Fb%3A`
  assert.deepEqual(BROKER_J_POOLS.source(queue, 'a/b:', 60), { address: pool })
  assert.deepEqual(BROKER_J_POOLS.declarations?.(queue, 'a/b:', 60), [
    EXCHANGE,
    made(pool, { ...NOTIFICATIONS, maximumMessageTtl: 60_000 }),
    { method: 'bind Exchange', path: 'oslo.notifications', body: { destination: pool, bindingKey: queue } },
  ])
  assert.deepEqual(
    BROKER_J_POOLS.declarations?.(queue, 'a/b:', 0)[1],
    made(pool, { ...NOTIFICATIONS, maximumMessageTtl: 60_000 }),
    'time enough to reach who listens',
  )
})

test('of reply addresses only those that the broker has given are written to', () => {
  const given = 'TempQueue81cefcf3-69f7-4d62-9c94-eb8b85ac2559'
  assert.deepEqual(BROKER_J_REPLIES.source('id'), { dynamic: true, capabilities: ['temporary-queue'] })
  assert.ok(BROKER_J_REPLIES.mayReplyTo(given))
  assert.ok(BROKER_J_REPLIES.mayReplyTo(`/a.domain/b/${given}`))
  for (const other of [
    '$management',
    'unicast.openstack.t',
    'amq.direct/broadcast.t.all',
    `${given}x`,
    `amq.fanout/${given}`,
    `amq.topic/${given}`,
    `oslo.notifications/${given}`,
    `amqp://a.domain/${given}`,
    `/${'/'.repeat(5_000)}${given}`,
    'TempQueue',
    '',
  ])
    assert.ok(!BROKER_J_REPLIES.mayReplyTo(other), other)
})

test('a request is an operation on a type, and its answer is found by a number where it went as a text', async (t) => {
  const asked: Message[] = []
  let back: Sender | undefined
  const listener = await listen({
    onLink(request) {
      if (request.role === 'receiver') {
        assert.equal(request.source?.address, '$management')
        back = request.acceptSender()
        return
      }
      request.acceptReceiver({
        onDelivery({ message }) {
          asked.push(message)
          const correlationId = BigInt(String(message.properties?.messageId))
          const applicationProperties = new Map([['statusCode', asked.length < 3 ? 201 : 200]])
          void back?.send({ properties: { correlationId }, applicationProperties }, { settled: true })
        },
      })
    },
  })
  t.after(() => listener.close())
  const connection: Connection = await connect({ port: listener.port })
  t.after(() => connection.close())
  const nodes = new DeclaredNodes(BROKER_J_NODES, new ConnectionSessions(connection, false))
  await nodes.target('unicast.t', 'notification', async () => {})
  const [exchange, create, bind] = asked
  assert.equal(exchange?.applicationProperties?.get('type'), 'org.apache.qpid.Exchange')
  assert.deepEqual(Object.fromEntries(create?.applicationProperties ?? []), {
    operation: 'CREATE',
    type: 'org.apache.qpid.Queue',
  })
  assert.deepEqual(create?.body, {
    type: 'value',
    value: new Map<string, unknown>(Object.entries({ name: 'unicast.t', ...NOTIFICATIONS })),
  })
  assert.deepEqual(Object.fromEntries(bind?.applicationProperties ?? []), {
    operation: 'bind',
    type: 'org.apache.qpid.Exchange',
    index: 'object-path',
    key: 'oslo.notifications',
    destination: 'unicast.t',
    bindingKey: 'unicast.t',
  })
})

test('an answer that refuses says why', () => {
  const applicationProperties = new Map<string, string | number>([
    ['statusCode', 403],
    ['statusDescription', 'Forbidden'],
  ])
  assert.deepEqual(BROKER_J_MANAGEMENT.answer({ applicationProperties }), { status: '403', why: 'Forbidden' })
  assert.deepEqual(BROKER_J_MANAGEMENT.answer({}), { status: 'undefined', why: undefined })
})
