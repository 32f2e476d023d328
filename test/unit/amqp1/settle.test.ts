import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCEPTED, type Delivery, type Outcome, RELEASED } from '../../../src/amqp/index.ts'
import { settle } from '../../../src/amqp1/settle.ts'

const MODIFIED: Outcome = {
  type: 'modified',
  deliveryFailed: true,
  undeliverableHere: true,
  messageAnnotations: undefined,
}

/** What is said of a delivery from a source that offers these outcomes. */
function said(outcome: Outcome, offered: readonly string[] | undefined, redeliversRejected = false): string {
  let type = ''
  const delivery = {
    receiver: { remoteSource: { outcomes: offered } },
    settle: (settled: Outcome) => {
      type = settled.type
    },
  }
  settle(delivery as unknown as Delivery, outcome, { redeliversRejected })
  return type
}

test('a source that offers no list takes every outcome', () => {
  for (const outcome of [ACCEPTED, RELEASED, MODIFIED]) {
    assert.equal(said(outcome, undefined), outcome.type)
    assert.equal(said(outcome, []), outcome.type)
  }
})

test('an outcome that is not offered is replaced by the nearest that is', () => {
  const rabbit = ['amqp:accepted:list', 'amqp:rejected:list', 'amqp:released:list']
  assert.equal(said(MODIFIED, rabbit), 'rejected')
  assert.equal(said(RELEASED, rabbit), 'released')
  assert.equal(said(MODIFIED, ['amqp:accepted:list']), 'accepted')
  assert.equal(said({ type: 'rejected', error: undefined }, ['amqp:accepted:list']), 'accepted')
  // What was not handled is not said to be, and what was handled is not to come back.
  assert.equal(said(RELEASED, ['amqp:accepted:list', 'amqp:modified:list']), 'modified')
  assert.equal(said(RELEASED, ['amqp:accepted:list', 'amqp:rejected:list']), 'rejected')
  assert.equal(said(ACCEPTED, ['amqp:released:list', 'amqp:rejected:list']), 'rejected')
})

test('no outcome is said that is not offered, whichever one alone is', () => {
  const types = ['accepted', 'rejected', 'released', 'modified']
  const outcomes: readonly Outcome[] = [ACCEPTED, RELEASED, MODIFIED, { type: 'rejected', error: undefined }]
  for (const type of types) for (const outcome of outcomes) assert.equal(said(outcome, [`amqp:${type}:list`]), type)
})

test('what is not to come back is accepted where the peer would deliver it again, rejected as it is', () => {
  const offered = ['amqp:accepted:list', 'amqp:released:list', 'amqp:rejected:list']
  assert.equal(said({ type: 'rejected', error: undefined }, offered, true), 'accepted')
  assert.equal(said(MODIFIED, offered, true), 'accepted')
  assert.equal(said(RELEASED, offered, true), 'released')
})
