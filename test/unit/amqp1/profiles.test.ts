import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedProfile, PROFILE_NAMES, peerProfile } from '../../../src/amqp1/profiles.ts'

const profile = (properties: Record<string, string>, named?: string) =>
  peerProfile(
    { properties: new Map(Object.entries(properties)) },
    named === undefined ? {} : { named: namedProfile(named) },
  )

test('each kind of peer is known by what it says of itself', () => {
  const said = [
    ['router', { product: 'oslo-messaging-router', version: '1.0.0' }],
    ['qpid-dispatch-router', { product: 'qpid-dispatch-router' }],
    ['qpid-dispatch-router', { product: 'skupper-router' }],
    ['qpid-cpp', { product: 'qpid-cpp', version: '1.40.0' }],
    ['qpid-cpp', {}],
    ['rabbitmq3', { product: 'RabbitMQ', version: '3.10.8' }],
    ['rabbitmq3', { product: 'RabbitMQ' }],
    ['rabbitmq4.0', { product: 'RabbitMQ', version: '4.0.5' }],
    ['rabbitmq4.1', { product: 'RabbitMQ', version: '4.1.9' }],
    ['rabbitmq4', { product: 'RabbitMQ', version: '4.3.6' }],
    ['artemis', { product: 'apache-activemq-artemis', version: '2.44.0' }],
    ['activemq', { product: 'ActiveMQ', version: '5.18.3' }],
    ['broker-j', { product: 'Apache Qpid Broker-J Core', version: '10.1.0' }],
    ['plain', { product: 'something else' }],
  ] as const
  for (const [name, properties] of said) assert.equal(profile(properties).name, name)
})

test('the kind that an option names stands, whatever the peer says; what it says is kept for errors', () => {
  const named = profile({ product: 'RabbitMQ', version: '4.3.6' }, 'qpid-dispatch-router')
  assert.deepEqual(
    [named.name, named.dropsSettled, named.nodes, named.product, named.version],
    ['qpid-dispatch-router', true, undefined, 'RabbitMQ', '4.3.6'],
  )
  for (const name of PROFILE_NAMES) assert.equal(namedProfile(name).name, name)
})

test('the routers that drop settled messages are known by name', () => {
  assert.equal(profile({ product: 'qpid-dispatch-router' }).dropsSettled, true)
  assert.equal(profile({ product: 'skupper-router' }).dropsSettled, true)
  assert.equal(profile({ product: 'oslo-messaging-router' }).dropsSettled, false)
  assert.equal(profile({}).dropsSettled, false)
})

test('RabbitMQ before 4.2 ends the session to refuse a link', () => {
  for (const version of ['3.10.8', '4.0.5', '4.1.9'])
    assert.equal(profile({ product: 'RabbitMQ', version }).endsSessionToRefuse, true)
  for (const version of ['4.2.0', '4.3.6', '5.0.0'])
    assert.equal(profile({ product: 'RabbitMQ', version }).endsSessionToRefuse, false)
  assert.equal(profile({ product: 'qpid-cpp', version: '1.40.0' }).endsSessionToRefuse, false)
})

test('RabbitMQ before 4 sends more than it has credit for', () => {
  assert.equal(profile({ product: 'RabbitMQ', version: '3.10.8' }).overrunsCredit, true)
  assert.equal(profile({ product: 'RabbitMQ', version: '4.0.5' }).overrunsCredit, false)
  assert.equal(profile({ product: 'qpid-cpp', version: '1.40.0' }).overrunsCredit, false)
})
