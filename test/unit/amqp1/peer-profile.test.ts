import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerProfile } from '../../../src/amqp1/peer-profile.ts'

const profile = (properties: Record<string, string>) => peerProfile({ properties: new Map(Object.entries(properties)) })

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
