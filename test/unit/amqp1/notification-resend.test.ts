// At least once: a notification that may have arrived is sent again, the same to the byte, until it is acknowledged or its
// retries or its time are over.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ACCEPTED, type Outcome } from '../../../src/amqp/index.ts'
import { MessageDeliveryFailureError } from '../../../src/messaging/errors.ts'
import type { MiniRelay } from '../../support/mini-relay.ts'
import { failureOf, testDriver, testRelay } from './drivers.ts'

const event = {
  message: { message_id: '1', event_type: 'instance.created', priority: 'INFO', payload: { id: 7 } },
  context: { user: 'u1' },
}
const LOST: Outcome = { type: 'modified', deliveryFailed: true }

/** A relay that says one outcome after the other, and the last of them for ever. */
function saying(t: TestContext, ...outcomes: (Outcome | 'ignore')[]): Promise<MiniRelay> {
  const next = (): Outcome | 'ignore' => (outcomes.length > 1 ? outcomes.shift() : outcomes[0]) as Outcome | 'ignore'
  return testRelay(t, { creditWithoutConsumers: 5, outcome: next })
}

const bodies = (relay: MiniRelay): unknown[] => relay.messages.map(({ delivery }) => delivery.message.body)

const notify = (t: TestContext, relay: MiniRelay, options: { retry?: number; timeoutMs?: number } = {}) =>
  testDriver(t, relay.url).notify({ topic: 'n.info' }, event, { format: 2, ...options })

async function doubtOf(sent: Promise<void>): Promise<MessageDeliveryFailureError> {
  const error = await failureOf(sent)
  assert.ok(error instanceof MessageDeliveryFailureError, String(error))
  assert.equal(error.inDoubt, true)
  return error
}

test('a notification whose consumer was lost is sent again with the same body', async (t) => {
  const relay = await saying(t, LOST, LOST, ACCEPTED)
  await notify(t, relay)
  assert.equal(relay.messages.length, 3)
  const [first, ...others] = bodies(relay)
  for (const other of others) assert.deepEqual(other, first)
})

test('a notification whose connection is lost before its outcome came is sent again over the next one', async (t) => {
  const relay = await saying(t, 'ignore', ACCEPTED)
  const sent = notify(t, relay)
  await relay.until(() => relay.messages.length === 1)
  relay.cut()
  await sent
  const [first, second] = bodies(relay)
  assert.deepEqual(second, first)
})

test('a notification whose link is lost before its outcome came is sent again', async (t) => {
  const relay = await saying(t, 'ignore', ACCEPTED)
  const sent = notify(t, relay)
  await relay.until(() => relay.messages.length === 1)
  for (const producer of relay.producers('openstack.org/om/notify/anycast/openstack/n.info'))
    void producer.detach({ error: { condition: 'amqp:resource-deleted' } })
  await sent
  assert.equal(relay.messages.length, 2)
})

test('one retry is one further attempt, whatever was lost', async (t) => {
  const lose: Record<string, (relay: MiniRelay) => void> = {
    connection: (relay) => relay.cut(),
    link: (relay) => {
      for (const producer of relay.producers('openstack.org/om/notify/anycast/openstack/n.info'))
        void producer.detach({ error: { condition: 'amqp:resource-deleted' } })
    },
  }
  for (const [what, lost] of Object.entries(lose)) {
    const relay = await saying(t, 'ignore', ACCEPTED)
    const sent = notify(t, relay, { retry: 1 })
    await relay.until(() => relay.messages.length === 1)
    lost(relay)
    await sent
    assert.equal(relay.messages.length, 2, what)
  }
})

test('a notification with no retry left fails in doubt when its consumer or its connection was lost', async (t) => {
  const lost = await saying(t, LOST)
  assert.match((await doubtOf(notify(t, lost, { retry: 0 }))).message, /consumer was lost/)
  assert.equal(lost.messages.length, 1)

  const cut = await saying(t, 'ignore')
  const sent = doubtOf(notify(t, cut, { retry: 0 }))
  await cut.until(() => cut.messages.length === 1)
  cut.cut()
  assert.match((await sent).message, /may have been delivered/)
  assert.equal(cut.messages.length, 1)
})

test('a notification whose last attempt was certainly in vain is in doubt because of the one before', async (t) => {
  const rejected = await saying(t, LOST, { type: 'rejected', error: { condition: 'amqp:not-allowed' } })
  assert.match((await doubtOf(notify(t, rejected))).message, /rejected .* an attempt before may have been delivered/)
  const released = await saying(t, LOST, { type: 'released' })
  assert.equal((await doubtOf(notify(t, released, { retry: 2 }))).inDoubt, true)
  assert.equal(released.messages.length, 3)
})

test('a notification that waits for another attempt until its time is over is in doubt', async (t) => {
  const relay = await saying(t, LOST)
  const error = await doubtOf(notify(t, relay, { timeoutMs: 200 }))
  assert.match(error.message, /within 200 ms, .*an attempt before may have been delivered/)
})

test('a notification that the peer cannot deliver is not sent there again', async (t) => {
  const relay = await saying(t, { type: 'modified', deliveryFailed: true, undeliverableHere: true })
  await doubtOf(notify(t, relay))
  assert.equal(relay.messages.length, 1)
})
