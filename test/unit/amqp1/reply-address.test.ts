import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { replyAddressPolicy } from '../../../src/amqp1/reply-address.ts'

const mayReplyTo = replyAddressPolicy(resolveAmqpOptions([]))

test('what routers and brokers assign to dynamic receivers is written to', () => {
  for (const address of [
    'amqp:/_topo/0/router/temp.rvrkzIipMT7i6N6',
    'openstack.org/om/container/vm/x.py/1/ab_openstack.org/om/receiver/[rpc-response]/cd',
    '/queues/amq.dyn-abc',
    '/amq/queue/reply.1',
    'unicastle',
  ]) {
    assert.ok(mayReplyTo(address), address)
  }
})

test('service addresses and the management node are not', () => {
  for (const address of [
    'unicast.openstack.compute',
    'exclusive.openstack.compute.s1',
    'broadcast.openstack.compute.all',
    'broadcast',
    'openstack.org/om/rpc/anycast/openstack/compute',
    'openstack.org/om/notify/anycast/openstack/n.info',
    '$management',
    '$management/x',
  ]) {
    assert.ok(!mayReplyTo(address), address)
  }
})

test('spellings that a router reads as the same address are not either', () => {
  for (const address of [
    '/openstack.org/om/rpc/anycast/openstack/compute',
    'amqp:/openstack.org/om/rpc/anycast/openstack/compute',
    'amqp://host:5672/unicast.openstack.compute',
    'amqp:/_topo/0/router/openstack.org/om/rpc/anycast/openstack/compute',
    '_local/$management',
    'amqp:/_topo/0/all/$management',
    'AMQP:/_edge/e1/unicast/x',
  ]) {
    assert.ok(!mayReplyTo(address), address)
  }
})

test('own prefixes count, empty ones do not', () => {
  const policy = replyAddressPolicy(
    resolveAmqpOptions([{ origin: 'test', values: { group_request_prefix: '', broadcast_prefix: '/topics/' } }]),
  )
  assert.ok(policy('anything'))
  assert.ok(!policy('topics/x'))
  assert.ok(!policy('/topics/.openstack.t.all'))
})

test('an address of more than 8,192 characters is not written to', () => {
  assert.ok(mayReplyTo('y'.repeat(8_192)))
  assert.ok(!mayReplyTo('y'.repeat(8_193)))
})
