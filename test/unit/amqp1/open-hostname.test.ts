// What the Open frame says of the virtual host, to peers that want it said in their own way.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ACCEPTED, type Connection, connect } from '../../../src/amqp/index.ts'
import { AmqpDriver } from '../../../src/amqp1/driver.ts'
import type { FailoverScope } from '../../../src/amqp1/failover-connection.ts'
import type { AmqpOptions } from '../../../src/amqp1/options.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { defectsOf } from '../../support/defects.ts'
import type { MiniRelayOptions } from '../../support/mini-relay.ts'
import { envelope, serveEcho, testDriver, testOptions, testRelay } from './drivers.ts'

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

/** A driver whose connections are made by the test. */
function drivenBy(t: TestContext, connect: FailoverScope['connect'] & {}, hosts: string): AmqpDriver {
  const driver = new AmqpDriver(
    parseTransportUrl(`amqp://${hosts}/blue?pseudo_vhost=false`),
    { controlExchange: 'openstack', options: {}, allowedRemoteErrors: new Map() },
    testOptions({ pseudoVhost: false, preSettled: [], preSettledGiven: true }),
    { random: () => 0, connect },
  )
  t.after(() => driver.close())
  return driver
}

test('what one host wanted to hear is not said for ever to another that refuses it', async (t) => {
  const rabbit = await testRelay(t, { ...RABBIT, creditWithoutConsumers: 5, outcome: () => ACCEPTED })
  const other = await testRelay(t, { creditWithoutConsumers: 5, outcome: () => ACCEPTED })
  const said: string[] = []
  const driver = drivenBy(
    t,
    async (options) => {
      said.push(`${options.port === other.port ? 'other' : 'rabbit'} ${options.hostname}`)
      // As Broker-J does it with a virtual host that it does not have.
      if (options.port === other.port && options.hostname !== 'blue') throw new Error('unknown virtual host')
      return await connect(options)
    },
    `127.0.0.1:${rabbit.port},127.0.0.1:${other.port}`,
  )
  await driver.cast({ topic: 'tt' }, envelope('note'), {})
  await rabbit.close()
  await driver.cast({ topic: 'tt' }, envelope('note'), {})
  assert.deepEqual(said.slice(0, 3), ['rabbit blue', 'rabbit vhost:blue', 'other vhost:blue'])
  assert.equal(said.at(-1), 'other blue')
})

test('a driver that is closed while its connection is opened anew leaves none behind', async (t) => {
  const relay = await testRelay(t, RABBIT)
  const opened: Connection[] = []
  let closing: Promise<void> | undefined
  const driver = drivenBy(
    t,
    async (options) => {
      const connection = await connect(options)
      opened.push(connection)
      closing ??= driver.close()
      return connection
    },
    `127.0.0.1:${relay.port}`,
  )
  await assert.rejects(driver.cast({ topic: 'tt' }, envelope('note'), {}))
  await closing
  assert.deepEqual(
    opened.map(({ isOpen }) => isOpen),
    [false],
  )
})

test('a server that cannot be attached does not keep the others of its transport from the bus', async (t) => {
  const relay = await testRelay(t, RABBIT)
  const driver = testDriver(t, relay.url, { addressEncoding: 'percent' })
  const defects = defectsOf(t)
  await assert.rejects(driver.listen({ topic: 't', server: 'a\ud800' }, () => {}, { readyTimeoutMs: 1_000 }))
  assert.ok(defects.some(({ error }) => error instanceof URIError))
  await serveEcho(driver)
  relay.cut()
  await serveEcho(driver, 'uu')
})
