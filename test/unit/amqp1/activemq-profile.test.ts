import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACTIVEMQ_PROFILE, ACTIVEMQ_REPLIES } from '../../../src/amqp1/activemq-profile.ts'
import { createAddresser } from '../../../src/amqp1/addressing.ts'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { ANYCAST, MULTICAST, UNICAST } from './drivers.ts'

const addresser = (values: Record<string, unknown> = {}) =>
  createAddresser(
    {
      options: resolveAmqpOptions([{ origin: 'options', values }]),
      controlExchange: 'openstack',
      virtualHost: undefined,
    },
    ACTIVEMQ_PROFILE,
  )

test('ActiveMQ knows by the scheme of an address what goes to all servers', () => {
  const target = { topic: 'tt', server: 's1' }
  assert.deepEqual(addresser().server(target), {
    unicast: UNICAST,
    multicast: `topic://${MULTICAST}`,
    anycast: ANYCAST,
  })
  assert.equal(addresser().request({ ...target, fanout: true }), `topic://${MULTICAST}`)
  assert.equal(addresser().request(target), UNICAST)
  assert.equal(
    addresser().notification({ topic: 'tt.info' }),
    'openstack.org/om/notify/anycast/openstack/tt.info',
    'a queue',
  )
})

test('a prefix that says the scheme already, as one for Python has to, is left as it is', () => {
  const legacy = { addressing_mode: 'legacy' }
  const fanout = { topic: 'tt', fanout: true }
  assert.equal(addresser(legacy).request(fanout), 'topic://broadcast.openstack.tt.all')
  assert.equal(
    addresser({ ...legacy, broadcast_prefix: 'topic://broadcast' }).request(fanout),
    'topic://broadcast.openstack.tt.all',
  )
  assert.equal(addresser(legacy).syntax, 'legacy')
})

test('replies go to temporary queues, and nowhere else', () => {
  const { mayReplyTo } = ACTIVEMQ_REPLIES
  assert.equal(mayReplyTo('temp-queue://ID:host-37171-1795908161124-3:1:0'), true)
  for (const address of [
    ANYCAST,
    `queue://${ANYCAST}`,
    `temp-queue://ID:host-1-2-3:1:0,queue://${ANYCAST}`,
    `topic://${MULTICAST}`,
    'temp-queue://ID:',
    `temp-queue://ID:${'x'.repeat(1_000)}`,
  ])
    assert.equal(mayReplyTo(address), false, address)
})
