import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tellsThatNobodyListens } from '../../../src/doctor/notification-trials.ts'
import { DriverClosedError, MessageDeliveryFailureError, MessagingTimeoutError } from '../../../src/index.ts'

test('that nobody listens is told by missing credit, by what is given back, and by a time-out', () => {
  for (const why of [
    'not sent within 100 ms, no consumer: the peer never granted credit for this address',
    'not sent within 100 ms, no credit: the consumers are gone, or too slow',
    'no outcome within 100 ms, the peer has not settled it',
    'released by the peer; its 3 retries are used up',
  ])
    assert.ok(tellsThatNobodyListens(new MessageDeliveryFailureError(why)), why)
  assert.ok(tellsThatNobodyListens(new MessagingTimeoutError('no answer')))
})

test('a refusal, a missing connection and a transport that was closed do not tell that', () => {
  for (const why of [
    'failed: rejected by the peer, amqp:unauthorized-access: nobody may',
    'not sent within 100 ms, amqp:unauthorized-access: write refused',
    'not sent within 100 ms, localhost:5672: cannot connect',
  ])
    assert.ok(!tellsThatNobodyListens(new MessageDeliveryFailureError(why)), why)
  assert.ok(!tellsThatNobodyListens(new DriverClosedError('the transport was closed')))
})
