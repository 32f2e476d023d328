import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Addresser, createAddresser } from '../../../src/amqp1/addressing.ts'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import type { AddressForm } from '../../../src/amqp1/profile.ts'
import { peerProfile } from '../../../src/amqp1/profiles.ts'
import { RABBITMQ3_ADDRESSES } from '../../../src/amqp1/rabbitmq3-profile.ts'

const syntaxFor = (product: string | undefined): 'legacy' | 'routable' =>
  peerProfile({ properties: new Map(product === undefined ? [] : [['product', product]]) }).syntax

function addresser(
  values: Record<string, unknown> = {},
  product: string | undefined = undefined,
  virtualHost: string | undefined = undefined,
  controlExchange = 'openstack',
  addresses: AddressForm | undefined = undefined,
): Addresser {
  return createAddresser(
    { options: resolveAmqpOptions([{ origin: 'test', values }]), controlExchange, virtualHost },
    { syntax: syntaxFor(product), addresses },
  )
}

test("a peer's own prefixes stand where no option says another, and never in routable addresses", () => {
  const rabbit = (values: Record<string, unknown>) =>
    addresser(values, 'RabbitMQ', undefined, 'openstack', RABBITMQ3_ADDRESSES)
  for (const values of [{}, { addressing_mode: 'legacy' }]) {
    const own = rabbit(values)
    assert.deepEqual(own.server({ topic: 't', server: 's' }), {
      unicast: '/queue/exclusive.openstack.t.s',
      multicast: '/exchange/amq.direct/broadcast.openstack.t.all',
      anycast: '/queue/unicast.openstack.t',
    })
    assert.equal(own.notification({ topic: 'n.info' }), '/queue/unicast.openstack.n.info')
  }
  const said = rabbit({ group_request_prefix: '/queue/mine' })
  assert.equal(said.request({ topic: 't' }), '/queue/mine.openstack.t')
  assert.equal(rabbit({ addressing_mode: 'routable' }).syntax, 'routable')
})

test('legacy addresses are those of Python', () => {
  const legacy = addresser({ addressing_mode: 'legacy' })
  assert.equal(legacy.request({ topic: 'tt' }), 'unicast.openstack.tt')
  assert.equal(legacy.request({ topic: 'tt', server: 's1' }), 'exclusive.openstack.tt.s1')
  assert.equal(legacy.request({ topic: 'tt', fanout: true }), 'broadcast.openstack.tt.all')
  assert.equal(legacy.notification({ topic: 'notifications.info' }), 'unicast.openstack.notifications.info')
})

test('routable addresses are those of Python', () => {
  const routable = addresser({ addressing_mode: 'routable' })
  assert.equal(routable.request({ topic: 'tt' }), 'openstack.org/om/rpc/anycast/openstack/tt')
  assert.equal(routable.request({ topic: 'tt', server: 's1' }), 'openstack.org/om/rpc/unicast/openstack/tt/s1')
  assert.equal(routable.request({ topic: 'tt', fanout: true }), 'openstack.org/om/rpc/multicast/openstack/tt')
  assert.equal(
    routable.notification({ topic: 'notifications.info' }),
    'openstack.org/om/notify/anycast/openstack/notifications.info',
  )
})

test('a fan-out wins over a server', () => {
  assert.equal(
    addresser({ addressing_mode: 'legacy' }).request({ topic: 't', server: 's', fanout: true }),
    'broadcast.openstack.t.all',
  )
})

test('a server listens to its own address, to everybody’s and to its group’s', () => {
  assert.deepEqual(addresser({}, 'qpid-cpp').server({ topic: 't', server: 's' }), {
    unicast: 'exclusive.openstack.t.s',
    multicast: 'broadcast.openstack.t.all',
    anycast: 'unicast.openstack.t',
  })
})

test('dynamic means legacy to qpidd and to peers without a name, routable to all others', () => {
  assert.equal(addresser({}, undefined).syntax, 'legacy')
  assert.equal(addresser({}, 'qpid-cpp').syntax, 'legacy')
  assert.equal(addresser({}, 'qpid-dispatch-router').syntax, 'routable')
  assert.equal(addresser({}, 'something-else').syntax, 'routable')
})

test('a virtual host becomes part of the address unless pseudo_vhost is off', () => {
  assert.equal(addresser({}, 'qpid-cpp', 'vh').request({ topic: 't' }), 'unicast.vh.openstack.t')
  assert.equal(addresser({}, 'router', 'vh').request({ topic: 't' }), 'openstack.org/om/rpc/anycast/vh/openstack/t')
  assert.equal(
    addresser({ pseudo_vhost: false }, 'router', 'vh').request({ topic: 't' }),
    'openstack.org/om/rpc/anycast/openstack/t',
  )
})

test('an exchange of the target comes before the options, and they before the control exchange', () => {
  const values = { default_rpc_exchange: 'rpcx', default_notification_exchange: 'notifyx' }
  const routable = addresser(values, 'router')
  assert.equal(routable.request({ topic: 't', exchange: 'mine' }), 'openstack.org/om/rpc/anycast/mine/t')
  assert.equal(routable.request({ topic: 't' }), 'openstack.org/om/rpc/anycast/rpcx/t')
  assert.equal(routable.notification({ topic: 'n.info' }), 'openstack.org/om/notify/anycast/notifyx/n.info')
  assert.equal(
    routable.notification({ topic: 'n.info', exchange: 'nova' }),
    'openstack.org/om/notify/anycast/nova/n.info',
  )
  const legacy = addresser(values, 'qpid-cpp')
  assert.equal(legacy.request({ topic: 't' }), 'unicast.openstack.t')
  assert.equal(legacy.notification({ topic: 'n.info', exchange: 'nova' }), 'unicast.nova.n.info')
})

test('an empty control exchange is left out by legacy and stands for openstack in routable', () => {
  assert.equal(addresser({}, 'qpid-cpp', undefined, '').request({ topic: 't' }), 'unicast.t')
  assert.equal(
    addresser({}, 'router', undefined, '').request({ topic: 't' }),
    'openstack.org/om/rpc/anycast/openstack/t',
  )
})

test('prefixes and names are joined as they are: nothing is trimmed or escaped', () => {
  const legacy = addresser({ broadcast_prefix: '/broadcast/', group_request_prefix: '', addressing_mode: 'legacy' })
  assert.equal(legacy.request({ topic: 't', fanout: true }), '/broadcast/.openstack.t.all')
  assert.equal(legacy.request({ topic: 'a/b.c' }), 'openstack.a/b.c')
  const routable = addresser({ addressing_mode: 'routable', rpc_address_prefix: '/x/' })
  assert.equal(routable.request({ topic: 't' }), '/x//anycast/openstack/t')
})

test('address_separator joins prefix and name in its own way', () => {
  const values = { addressing_mode: 'legacy', group_request_prefix: '/queues/', address_separator: 'none' }
  assert.equal(addresser(values).request({ topic: 't' }), '/queues/openstack.t')
  assert.equal(addresser({ ...values, address_separator: '_' }).request({ topic: 't' }), '/queues/_openstack.t')
})
