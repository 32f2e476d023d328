// What the Open frame says of the virtual host, to peers that want it said in their own way.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ACCEPTED } from '../../../src/amqp/index.ts'
import type { AmqpOptions } from '../../../src/amqp1/options.ts'
import type { MiniRelayOptions } from '../../support/mini-relay.ts'
import { envelope, testDriver, testRelay } from './drivers.ts'

const RABBIT = { product: 'RabbitMQ', version: '3.10.8' }

/** A driver that says the virtual host in its Open frame, and has cast once. */
async function castOnce(
  t: TestContext,
  peer: MiniRelayOptions,
  virtualHost: string,
  overrides: Partial<AmqpOptions> = {},
) {
  const relay = await testRelay(t, { ...peer, creditWithoutConsumers: 5, outcome: () => ACCEPTED })
  const driver = testDriver(t, `${relay.url}/${virtualHost}`, {
    pseudoVhost: false,
    preSettled: [],
    preSettledGiven: true,
    ...overrides,
  })
  await driver.cast({ topic: 'tt' }, envelope('note'), {})
  return relay
}

test('a virtual host of RabbitMQ goes by the name that RabbitMQ gives it: told anew once the product is known, and then at once', async (t) => {
  const relay = await castOnce(t, RABBIT, 'blue')
  assert.deepEqual(relay.hostnames, ['blue', 'vhost:blue'])
  await relay.until(() => relay.connections.size === 1)
  relay.cut()
  await relay.until(() => relay.hostnames.length > 2)
  assert.deepEqual(relay.hostnames, ['blue', 'vhost:blue', 'vhost:blue'])
})

test('where the option says which kind of peer it is, the first Open frame says it', async (t) => {
  const relay = await castOnce(t, RABBIT, 'blue', { profile: 'rabbitmq3' })
  assert.deepEqual(relay.hostnames, ['vhost:blue'])
})

test('who says it in the way of RabbitMQ is not corrected', async (t) => {
  const relay = await castOnce(t, RABBIT, 'vhost:blue')
  assert.deepEqual(relay.hostnames, ['vhost:blue'])
})

test('others are told the name as it is', async (t) => {
  const relay = await castOnce(t, {}, 'blue')
  assert.deepEqual(relay.hostnames, ['blue'])
})

test('a virtual host that is a part of the addresses is not said in the Open frame', async (t) => {
  const relay = await castOnce(t, RABBIT, 'blue', { pseudoVhost: true })
  assert.deepEqual(relay.hostnames, [undefined])
  assert.deepEqual(
    relay.messages.map(({ address }) => address),
    ['/queue/unicast.blue.openstack.tt'],
  )
})
