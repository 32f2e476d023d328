// When what is promised ends: to the millisecond, by the clock of the test.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MessageDeliveryFailureError, MessagingTimeoutError } from '../../../src/messaging/errors.ts'
import { type FakeClock, useFakeClock } from '../../../src/testing/index.ts'
import type { MiniRelayOptions } from '../../support/mini-relay.ts'
import { ANYCAST, envelope, failureOf, serveByHand, testDriver, testRelay } from './drivers.ts'

function fakeClock(t: TestContext): FakeClock {
  const clock = useFakeClock()
  t.after(() => clock[Symbol.dispose]())
  return clock
}

/** Lets `ms` pass, and says what the promise rejected with: not before, and then. */
async function failureAt(clock: FakeClock, ms: number, promise: Promise<unknown>): Promise<unknown> {
  let early = true
  const failed = failureOf(promise)
  void failed.then(() => assert.ok(!early, 'it ended before its time'))
  await clock.advance(ms - 1)
  early = false
  let failure: unknown
  void failed.then((error) => {
    failure = error
  })
  await clock.advance(1)
  assert.ok(failure, 'it did not end at its time')
  return failure
}

const silent: MiniRelayOptions = { creditWithoutConsumers: 10, outcome: () => 'ignore' }

test('a call ends at its deadline to the millisecond, wherever it waits', async (t) => {
  const clock = fakeClock(t)
  const relay = await testRelay(t, silent)
  const client = testDriver(t, relay.url)
  const unsettled = client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 1_234 })
  await relay.until(() => relay.messages.length === 1)
  assert.ok((await failureAt(clock, 1_234, unsettled)) instanceof MessagingTimeoutError)
  const unsent = testDriver(t, 'amqp://127.0.0.1:1').call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 77 })
  assert.ok((await failureAt(clock, 77, unsent)) instanceof MessagingTimeoutError)
})

test('a monitored call ends when its monitor time-out has passed since the last heartbeat', async (t) => {
  const clock = fakeClock(t)
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const call = client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 60_000, callMonitorTimeoutMs: 2_500 })
  const request = await box.next()
  request.acknowledge()
  await clock.advance(2_400)
  const replies = relay.messages.length
  await request.heartbeat()
  await relay.until(() => relay.messages.length > replies)
  await clock.advance(0)
  assert.match(String(await failureAt(clock, 2_500, call)), /neither reply nor heartbeat within 2500 ms/)
})

test('a send without a time-out of its own ends at default_send_timeout', async (t) => {
  const clock = fakeClock(t)
  const relay = await testRelay(t, silent)
  const client = testDriver(t, relay.url, { preSettled: [], preSettledGiven: true, defaultSendTimeoutMs: 5_500 })
  const cast = client.cast({ topic: 'tt' }, envelope('note'), {})
  await relay.until(() => relay.messages.length === 1)
  const error = await failureAt(clock, 5_500, cast)
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.equal(error.inDoubt, true)
  assert.match(error.message, /no outcome within 5500 ms, the peer has not settled it/)
})

test('a reply waits no longer than its caller, and default_reply_timeout where that named no time', async (t) => {
  const clock = fakeClock(t)
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url, { defaultReplyTimeoutMs: 30_000 }))
  for (const [ttl, ms] of [
    [4_321, 4_321],
    [undefined, 30_000],
  ] as const) {
    const sent = relay.consumers(ANYCAST)[0]?.send({
      ...(ttl === undefined ? {} : { header: { ttl } }),
      properties: { messageId: 'x', replyTo: 'temp.nobody' },
      body: { type: 'value', value: '{"request": {"method": "m"}, "context": {}}' },
    })
    const request = await box.next()
    request.acknowledge()
    await sent
    assert.match(String(await failureAt(clock, ms, request.reply('late'))), /no consumer|has not answered|not sent/)
  }
})

test('a time-out of nought, or less, is over at once, and nothing is sent', async (t) => {
  const relay = await testRelay(t, silent)
  const client = testDriver(t, relay.url)
  for (const timeoutMs of [0, -1]) {
    const call = client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs })
    assert.ok((await failureOf(call)) instanceof MessagingTimeoutError)
    const cast = client.cast({ topic: 'tt' }, envelope('note'), { timeoutMs })
    assert.ok((await failureOf(cast)) instanceof MessageDeliveryFailureError)
  }
  assert.deepEqual(relay.messages, [])
})

test('a deadline that is noticed late says that this process was blocked', async (t) => {
  const relay = await testRelay(t, silent)
  const client = testDriver(t, relay.url)
  const call = failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 800 }))
  await relay.until(() => relay.messages.length === 1)
  const end = performance.now() + 2_100
  while (performance.now() < end) JSON.stringify({ busy: true })
  assert.match(String(await call), /\(noticed \d+ ms late: this process was blocked\)/)
})
