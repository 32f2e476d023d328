// A peer that no profile knows, described by options alone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddresser } from '../../../src/amqp1/addressing.ts'
import { describedProfile } from '../../../src/amqp1/described-profile.ts'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { namedProfile, PROFILE_NAMES, peerProfile } from '../../../src/amqp1/profiles.ts'
import { OptionError } from '../../../src/support/options.ts'
import { envelope, serveEcho, testDriver, testRelay } from './drivers.ts'

const options = (values: Record<string, unknown>) => describedProfile(resolveAmqpOptions([{ origin: 'test', values }]))

/** What the options make of a peer of that kind. */
const described = (values: Record<string, unknown>, kind = 'plain') => options(values).describe(namedProfile(kind))

test('a call goes by the reply address, prefixes and capabilities of the options', async (t) => {
  const relay = await testRelay(t, { product: 'something new' })
  const options = {
    ...resolveAmqpOptions([
      {
        origin: 'test',
        values: {
          addressing_mode: 'legacy',
          server_request_prefix: '/one/',
          group_request_prefix: '/any/',
          broadcast_prefix: '/all/',
          address_separator: 'none',
          address_encoding: 'percent',
          queue_capabilities: ['queue', 'auto'],
          topic_capabilities: 'topic',
          reply_address: '/any/replies-{id}',
        },
      },
    ]),
  }
  const subscription = await serveEcho(testDriver(t, relay.url, options), 'a/b')
  const client = testDriver(t, relay.url, options)
  assert.deepEqual(await client.call({ topic: 'a/b' }, envelope('echo', { value: 1 }), { timeoutMs: 5_000 }), {
    value: 1,
  })
  await client.cast({ topic: 'a/b', fanout: true }, envelope('note'), {})
  await subscription.stop()

  const asked = relay.requests.map(({ role, source, target }) => {
    const terminus = (role === 'receiver' ? source : target) as { address?: string; capabilities?: readonly string[] }
    return `${role} ${terminus.address?.replace(/[0-9a-f-]{36}$/, 'ID')} ${terminus.capabilities?.join('+') ?? ''}`
  })
  for (const each of [
    'receiver /one/openstack.a%2Fb.s1 queue+auto',
    'receiver /any/openstack.a%2Fb queue+auto',
    'receiver /all/openstack.a%2Fb.all topic',
    'receiver /any/replies-ID ',
    'sender /any/openstack.a%2Fb queue+auto',
    'sender /any/replies-ID ',
    'sender /all/openstack.a%2Fb.all topic',
  ])
    assert.ok(asked.includes(each), `${each} is among ${asked.join(' | ')}`)
})

test('replies are received at one name and sent to another, where the options have two', () => {
  const { replies } = described({ reply_address: '/queue/r.{id}', reply_to_address: '/amq/queue/r.{id}' })
  assert.deepEqual(replies?.source('x'), { address: '/queue/r.x' })
  assert.equal(replies?.replyTo('x'), '/amq/queue/r.x')
  for (const address of ['/queue/r.f81d4fae-7dec', '/amq/queue/r.1', 'elsewhere'])
    assert.ok(replies?.mayReplyTo(address), address)
  for (const address of ['unicast.openstack.t', '$management', 'exclusive/x']) assert.ok(!replies?.mayReplyTo(address))
})

test('a reply address below a prefix of requests is written to when it has the form that the options say, and no other', () => {
  const { replies } = described({ group_request_prefix: '/queues/', reply_address: '/queues/r(1).{id}' })
  assert.ok(replies?.mayReplyTo('/queues/r(1).abc'))
  for (const address of ['/queues/compute', '/queues/r1.abc', '/queues/r(1).a/b', '/queues/r(1).'])
    assert.ok(!replies?.mayReplyTo(address), address)
})

test('capabilities alone ask for a kind of dynamic address', () => {
  const { replies } = described({ reply_capabilities: ['temporary-queue'] })
  assert.deepEqual(replies?.source('x'), { dynamic: true, capabilities: ['temporary-queue'] })
  assert.equal(replies?.replyTo('x'), undefined)
  assert.deepEqual(described({}), namedProfile('plain'))
})

test('what is described holds for the kind that is named, or found', () => {
  const byOptions = options({ profile: 'rabbitmq3', reply_address: 'mine' })
  const remote = { properties: new Map() }
  const profile = peerProfile(remote, byOptions)
  assert.deepEqual([profile.name, profile.replies?.source('x')], ['rabbitmq3', { address: 'mine' }])
  const found = peerProfile(remote, options({ reply_address: 'mine' }))
  assert.deepEqual([found.name, found.replies?.source('x')], ['qpid-cpp', { address: 'mine' }])
})

test('replies go to what is described as ours and to what the kind allows, never to what else its addresses mean', () => {
  const kinds = [
    [
      'rabbitmq4',
      '/queues/amq.dyn-1',
      ['/exchanges/amq.direct/unicast.openstack.secret.info', '/management', '/queues/unicast.openstack.t'],
    ],
    ['rabbitmq3', '/amq/queue/reply.1', ['/queue/unicast.openstack.t', '/exchange/amq.fanout', '/topic/t']],
    ['artemis', '451c9a4e-8576-464a-9884-00f9d55fa4ea', ['activemq.management', 'DLQ']],
    ['activemq', 'temp-queue://ID:a-1-2:1:1', ['queue://unicast.openstack.t', 'topic://t', 'a,queue://b']],
    [
      'broker-j',
      'TempQueue81cefcf3-69f7-4d62-9c94-eb8b85ac2559',
      ['$management', 'amq.fanout/TempQueue81cefcf3-69f7-4d62-9c94-eb8b85ac2559', 'amq.direct/broadcast.t.all'],
    ],
  ] as const
  for (const [kind, given, others] of kinds) {
    for (const values of [{ reply_address: '/queues/mine.{id}' }, { reply_capabilities: 'temporary-queue' }]) {
      const { replies } = described(values, kind)
      assert.equal(replies?.mayReplyTo(given), true, `${kind}: ${given}`)
      for (const other of others) assert.equal(replies?.mayReplyTo(other), false, `${kind}: ${other}`)
    }
    assert.equal(described({ reply_address: 'mine.{id}' }, kind).replies?.mayReplyTo('mine.1'), true, kind)
  }
})

test('capabilities that options do not say are those of the kind', () => {
  const { capabilities } = namedProfile('artemis')
  assert.deepEqual(described({ topic_capabilities: 'topic' }, 'artemis').capabilities, capabilities)
  assert.deepEqual(described({ queue_capabilities: 'queue' }, 'artemis').capabilities, capabilities)
  assert.deepEqual(described({ queue_capabilities: ['queue', 'mine'] }, 'artemis').capabilities, {
    ...capabilities,
    request: ['queue', 'mine'],
  })
  assert.deepEqual(described({ queue_capabilities: 'queue' }).capabilities, {
    request: ['queue'],
    broadcast: [],
    notification: ['queue'],
  })
})

test('where a kind declares its reply queues, one that an option names is declared as they are', () => {
  for (const kind of ['rabbitmq4', 'rabbitmq4.0']) {
    const { replies } = described({ reply_address: '/queues/mine.{id}' }, kind)
    assert.deepEqual(replies?.source('x'), { address: '/queues/mine.x' })
    assert.deepEqual(replies?.declarations?.('x'), [
      { method: 'PUT', path: '/queues/mine.x', body: { durable: false, exclusive: true, auto_delete: true } },
    ])
    assert.equal(replies?.outlives, undefined)
  }
  assert.equal(described({ reply_address: 'mine.{id}' }, 'artemis').replies?.outlives, true)
})

test('a kind that is named is refused with addresses that it has not', () => {
  for (const values of [
    { addressing_mode: 'routable' },
    { address_separator: '/' },
    { group_request_prefix: 'mine' },
    { broadcast_prefix: 'mine' },
  ])
    assert.throws(
      () => options({ profile: 'rabbitmq4', ...values }),
      (error) =>
        error instanceof OptionError &&
        error.option === 'profile' &&
        /"rabbitmq4" does not go with other options: ".*" is no address of RabbitMQ.*addressing_mode/.test(
          error.message,
        ),
    )
  for (const name of PROFILE_NAMES) assert.equal(options({ profile: name }).named?.name, name)
})

test('options that do not go together are refused, each with the reason', () => {
  for (const [values, option] of [
    [{ reply_to_address: '/a' }, 'reply_to_address'],
    [{ reply_address: '/a', reply_capabilities: 'b' }, 'reply_capabilities'],
    [{ reply_address: '/a.{id}', reply_to_address: '/a' }, 'reply_to_address'],
    [{ reply_address: '/a', reply_to_address: '/a.{id}' }, 'reply_to_address'],
  ] as const)
    assert.throws(
      () => options(values),
      (error) => error instanceof OptionError && error.code === 'OPTION_INVALID' && error.option === option,
    )
})

test('names are written as the option says, whatever the kind of peer would do', () => {
  const unicast = (values: Record<string, unknown>, encode?: (name: string) => string) => {
    const options = resolveAmqpOptions([{ origin: 'test', values }])
    const addresses = {
      serverRequestPrefix: '/q',
      groupRequestPrefix: '/q',
      broadcastPrefix: '/q',
      ...(encode ? { encode } : {}),
    }
    const scope = { options, controlExchange: 'ex', virtualHost: undefined }
    return createAddresser(scope, { syntax: 'legacy', addresses }).request({ topic: 'a/b' })
  }
  assert.equal(unicast({}), '/q.ex.a/b')
  assert.equal(unicast({ address_encoding: 'percent' }), '/q.ex.a%2Fb')
  assert.equal(unicast({}, encodeURIComponent), '/q.ex.a%2Fb')
  assert.equal(unicast({ address_encoding: 'none' }, encodeURIComponent), '/q.ex.a/b')
})
