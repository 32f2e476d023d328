import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { DriverClosedError, MessageDeliveryFailureError, MessagingTimeoutError } from '../../../src/messaging/errors.ts'
import { serializeFailure } from '../../../src/messaging/failure.ts'
import { RemoteError } from '../../../src/messaging/remote-errors.ts'
import type { MiniRelay } from '../../support/mini-relay.ts'
import { ANYCAST, envelope, failureOf, serveByHand, serveEcho, testDriver, testRelay } from './drivers.ts'

test('a call to the group is answered by a server', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { value: 'hi' }), { timeoutMs: 5000 }), {
    value: 'hi',
  })
})

test('a call to one server goes to that server', async (t) => {
  const relay = await testRelay(t)
  const server = testDriver(t, relay.url)
  await serveEcho(server, 'tt', 's1')
  const box = await serveByHand(server, 'tt', 's2')
  const call = testDriver(t, relay.url).call({ topic: 'tt', server: 's2' }, envelope('who'), { timeoutMs: 5000 })
  const request = await box.next()
  request.acknowledge()
  await request.reply('s2')
  assert.equal(await call, 's2')
})

test('many calls at a time each get their own reply', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, n) =>
      client.call({ topic: 'tt' }, envelope('echo', { n }), { timeoutMs: 10_000 }),
    ),
  )
  assert.deepEqual(
    answers,
    Array.from({ length: 1000 }, (_, n) => ({ n })),
  )
})

test('credits of one still let many calls through', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url, { rpcServerCredit: 1 }))
  const client = testDriver(t, relay.url, { replyLinkCredit: 1 })
  const calls = Array.from({ length: 40 }, (_, n) =>
    client.call({ topic: 'tt' }, envelope('echo', { n }), { timeoutMs: 5000 }),
  )
  assert.equal((await Promise.all(calls)).length, 40)
})

test('the request says what the caller allows and who is asking', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const call = client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 60_000, callMonitorTimeoutMs: 30_000 })
  const request = await box.next()
  assert.deepEqual(request.context, { user: 'u1' })
  assert.equal(request.expectsReply, true)
  assert.equal(request.callMonitorTimeoutMs, 30_000)
  assert.ok((request.ttlMs as number) <= 60_000 && (request.ttlMs as number) > 50_000)
  request.acknowledge()
  await request.reply(null)
  assert.equal(await call, null)
})

test('an endpoint’s error arrives as a RemoteError', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const call = testDriver(t, relay.url).call({ topic: 'tt' }, envelope('fail'), { timeoutMs: 5000 })
  const request = await box.next()
  request.acknowledge()
  await request.fail(serializeFailure(new RangeError('boom')))
  const error = await failureOf(call)
  assert.ok(error instanceof RemoteError)
  assert.equal(error.value, 'boom')
})

test('without a consumer a call times out and says that no credit was ever given', async (t) => {
  const relay = await testRelay(t)
  const error = await failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 600 }))
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(
    error.message,
    /^call of "echo" to "openstack.org\/om\/rpc\/anycast\/openstack\/tt" on 127\.0\.0\.1:\d+: no reply within 600 ms, the request was not sent: no consumer: the peer never granted credit/,
  )
})

test('a server that accepts and does not answer makes the call time out, and the late reply is counted and given back', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url, { preSettled: ['rpc-cast'], preSettledGiven: true }))
  const client = testDriver(t, relay.url)
  // A first one, so that the link for replies is there.
  const first = client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 20_000 })
  const answered = await box.next()
  answered.acknowledge()
  await answered.reply('in time')
  await first
  const call = client.call({ topic: 'tt' }, envelope('sleep'), { timeoutMs: 800 })
  const request = await box.next()
  request.acknowledge()
  const error = await failureOf(call)
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(error.message, /no reply within 800 ms, the request was accepted$/)
  const unknown = new Promise((resolve) => {
    subscribe('oslo-messaging:reply', resolve)
    t.after(() => unsubscribe('oslo-messaging:reply', resolve))
  })
  const late = await failureOf(request.reply('too late'))
  assert.ok(late instanceof MessageDeliveryFailureError)
  // The server gives a reply that is too late a millisecond: it may end before the caller's outcome is there.
  assert.match(late.message, /delivery-failed|no outcome within 1 ms/)
  assert.deepEqual(await unknown, { event: 'unknown' })
})

test('heartbeats keep a monitored call alive, and their absence ends it', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const call = client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 20_000, callMonitorTimeoutMs: 1_200 })
  const request = await box.next()
  request.acknowledge()
  const startedAt = performance.now()
  while (performance.now() - startedAt < 1_800) {
    await request.heartbeat()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const error = await failureOf(call)
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(error.message, /neither reply nor heartbeat within 1200 ms, the request was accepted/)
  assert.ok(performance.now() - startedAt >= 1_800)
})

test('a released request is sent again, under a new message-id, until its retries are used up', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 10, outcome: () => ({ type: 'released' }) })
  const error = await failureOf(
    testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000, retry: 2 }),
  )
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /released by the peer; its 2 retries are used up/)
  assert.equal(error.inDoubt, false)
  const ids = relay.messages.map(({ delivery }) => delivery.message.properties?.messageId)
  assert.equal(ids.length, 3)
  assert.equal(new Set(ids).size, 3)
})

test('a request that is released until its deadline says so', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 10, outcome: () => ({ type: 'released' }) })
  const client = testDriver(t, relay.url, { linkRetryDelayMs: 60_000 })
  const error = await failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 1_000, retry: 5 }))
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(error.message, /the request was not sent: the peer released it and it waited to be sent again$/)
})

test('a released request does not wait for link_retry_delay the first time: another server may be free', async (t) => {
  let releases = 0
  const relay = await testRelay(t, {
    creditWithoutConsumers: 10,
    outcome: (address) => (address === ANYCAST && releases++ < 2 ? { type: 'released' } : undefined),
  })
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url, { linkRetryDelayMs: 60_000 })
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 30_000 }), { n: 1 })
})

test('a call waits for a consumer that comes after a release', async (t) => {
  let releases = 0
  const relay = await testRelay(t, {
    creditWithoutConsumers: 10,
    outcome: (address) => (address === ANYCAST && releases++ === 0 ? { type: 'released' } : undefined),
  })
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
  assert.equal(releases, 2)
})

for (const [outcome, pattern, inDoubt] of [
  [
    { type: 'rejected', error: { condition: 'amqp:not-allowed', description: 'nope' } },
    /rejected by the peer, amqp:not-allowed: nope/,
    false,
  ],
  [{ type: 'modified', deliveryFailed: true, undeliverableHere: false }, /delivery-failed/, true],
  [{ type: 'modified', deliveryFailed: false, undeliverableHere: true }, /undeliverable-here/, false],
  [{ type: 'modified', deliveryFailed: true, undeliverableHere: true }, /delivery-failed/, true],
] as const) {
  test(`a request that is ${JSON.stringify(outcome)} fails at once and is not sent again`, async (t) => {
    const relay = await testRelay(t, { creditWithoutConsumers: 10, outcome: () => outcome as never })
    const error = await failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000 }))
    assert.ok(error instanceof MessageDeliveryFailureError)
    assert.match(error.message, pattern)
    assert.equal(error.inDoubt, inDoubt)
    assert.equal(relay.messages.length, 1)
  })
}

test('a request that nobody settles times out and says so', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 10, outcome: () => 'ignore' })
  const error = await failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 600 }))
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(error.message, /the peer has not settled the request/)
})

test('a reply that is no JSON fails the call with an error that says so', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const call = testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000 })
  const request = await box.next()
  request.acknowledge()
  const { replyTo, messageId } = relay.messages[0]?.delivery.message.properties ?? {}
  const [consumer] = relay.consumers(replyTo as string)
  await consumer?.send(
    { properties: { correlationId: messageId }, body: { type: 'value', value: 'not json' } },
    { settled: true },
  )
  const error = await failureOf(call)
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /the reply cannot be read/)
})

test('the reply address is asked for at the first call, not before', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  await client.cast({ topic: 'tt' }, envelope('note'), {})
  assert.ok(!relay.attached.includes('receiver (dynamic)'))
  await client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000 })
  assert.ok(relay.attached.includes('receiver (dynamic)'))
})

test('a peer that refuses the address of the request: the call says so, and nothing of a reply address', async (t) => {
  const relay = await testRelay(t, {
    refuse: (address) => (address ? { condition: 'amqp:not-found', description: 'no such queue' } : undefined),
  })
  const error = await failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 200 }))
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(error.message, /the request was not sent: .*refused by the peer, amqp:not-found: no such queue$/)
})

test('a peer without dynamic addresses: the call says why it was not sent', async (t) => {
  const relay = await testRelay(t, {
    refuse: (address) =>
      address === undefined
        ? { condition: 'amqp:not-implemented', description: 'Dynamic sources not supported' }
        : undefined,
  })
  const client = testDriver(t, relay.url)
  await serveEcho(testDriver(t, relay.url))
  const timeout = await failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 700 }))
  assert.ok(timeout instanceof MessagingTimeoutError)
  assert.match(timeout.message, /no reply address: .*amqp:not-implemented: Dynamic sources not supported/)
  const failure = await failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000, retry: 0 }))
  assert.ok(failure instanceof MessageDeliveryFailureError)
})

test('when the reply link is lost, outstanding calls fail at once and it is attached anew on the same connection', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const call = failureOf(client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 5000 }))
  const request = await box.next()
  request.acknowledge()
  const replyTo = relay.messages[0]?.delivery.message.properties?.replyTo as string
  await relay.until(() => relay.messages[0]?.delivery.settled === true)
  const connections = [...relay.connections]
  await relay.consumers(replyTo)[0]?.detach({ error: { condition: 'amqp:resource-deleted' } })
  const error = await call
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.equal(error.inDoubt, true)
  assert.match(
    error.message,
    /its reply can no longer arrive, although the request was delivered: .*amqp:resource-deleted/,
  )
  const second = client.call({ topic: 'tt' }, envelope('again'), { timeoutMs: 5000 })
  const next = await box.next()
  next.acknowledge()
  await next.reply(2)
  assert.equal(await second, 2)
  assert.deepEqual([...relay.connections], connections)
})

test('a call whose signal aborts rejects with the reason', async (t) => {
  const relay = await testRelay(t)
  const abort = new AbortController()
  const call = testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), {
    timeoutMs: 5000,
    signal: abort.signal,
  })
  const reason = new Error('enough')
  abort.abort(reason)
  assert.equal(await failureOf(call), reason)
})

test('a signal that has aborted before sends nothing', async (t) => {
  const relay = await testRelay(t)
  const client = testDriver(t, relay.url)
  const reason = new Error('enough')
  assert.equal(
    await failureOf(
      client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000, signal: AbortSignal.abort(reason) }),
    ),
    reason,
  )
  assert.equal(relay.attached.length, 0)
})

test('closing the driver rejects every call that waits, wherever it waits', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const accepted = client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 5000 })
  ;(await box.next()).acknowledge()
  await relay.until(() => relay.messages[0]?.delivery.settled === true)
  const unsettled = client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 5000 })
  await box.next()
  const creditless = client.call({ topic: 'nobody' }, envelope('slow'), { timeoutMs: 5000 })
  const errors = Promise.all([accepted, unsettled, creditless].map(failureOf))
  await client.close()
  for (const error of await errors) assert.ok(error instanceof DriverClosedError, String(error))
  assert.ok(
    (await failureOf(client.call({ topic: 'tt' }, envelope('x'), { timeoutMs: 5 }))) instanceof DriverClosedError,
  )
})

test('arguments that JSON cannot express reject with a TypeError and nothing is sent', async (t) => {
  const relay = await testRelay(t)
  const error = await failureOf(
    testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo', { f: () => 1 }), { timeoutMs: 5000 }),
  )
  assert.ok(error instanceof TypeError)
  assert.equal(relay.messages.length, 0)
})

test('calls sent settled wait for the reply alone', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url, { preSettled: ['rpc-call'], preSettledGiven: true })
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
  assert.equal(relay.messages[0]?.delivery.settled, true)
})

test('a reply that cannot be delivered leaves its caller the time-out', async (t) => {
  const relay = await testRelay(t, { outcome: (address) => (address.includes('temp.') ? 'ignore' : undefined) })
  await serveEcho(testDriver(t, relay.url, { preSettled: [], preSettledGiven: true, defaultReplyTimeoutMs: 100 }))
  const error = await failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 1_000 }))
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(error.message, /no reply within 1000 ms, the request was accepted$/)
})

test('the reply link has credit for every call that is outstanding, and more, before its request arrives', async (t) => {
  const missing: string[] = []
  const relay: MiniRelay = await testRelay(t, {
    creditWithoutConsumers: 500,
    outcome: (_address, delivery) => {
      const credit = relay.consumers(delivery.message.properties?.replyTo as string)[0]?.credit ?? 0
      const outstanding = relay.messages.length
      if (credit < outstanding + 10) missing.push(`${credit} for ${outstanding}`)
      return 'ignore'
    },
  })
  const client = testDriver(t, relay.url, { replyLinkCredit: 5 })
  const calls = Array.from({ length: 300 }, () =>
    failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 30_000 })),
  )
  await relay.until(() => relay.messages.length === 300)
  assert.deepEqual(missing, [])
  await client.close()
  await Promise.all(calls)
})

test('a late reply and one that nobody waits for are told of, and settled', async (t) => {
  const events: string[] = []
  const onReply = (event: unknown): void => void events.push((event as { event: string }).event)
  subscribe('oslo-messaging:reply', onReply)
  t.after(() => unsubscribe('oslo-messaging:reply', onReply))
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const call = failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 1_000 }))
  const request = await box.next()
  const replyTo = relay.messages[0]?.delivery.message.properties?.replyTo as string
  request.acknowledge()
  await call
  const [consumer] = relay.consumers(replyTo)
  const late = relay.messages[0]?.delivery.message.properties?.messageId
  for (const [correlationId, value] of [
    [late, '{"response": 1}'],
    ['nobody', '{"response": 1}'],
    [undefined, 'not even JSON'],
  ] as const) {
    const outcome = await consumer?.send({ properties: { correlationId }, body: { type: 'value', value } })
    assert.deepEqual(
      [outcome?.type, (outcome as { undeliverableHere?: boolean }).undeliverableHere],
      ['modified', true],
    )
  }
  assert.deepEqual(events, ['unknown', 'unknown', 'unknown'])
})

test('no absolute-expiry-time is sent, and one that comes is not believed', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const call = testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 })
  assert.deepEqual(await call, { n: 1 })
  for (const { delivery } of relay.messages) assert.equal(delivery.message.properties?.absoluteExpiryTime, undefined)
  const [consumer] = relay.consumers(ANYCAST)
  await consumer?.send({
    properties: { messageId: 'old', replyTo: 'temp.old', absoluteExpiryTime: 1_000 },
    body: { type: 'value', value: '{"request": {"method": "echo", "args": {}}}' },
  })
  await relay.until(() => relay.producers('temp.old').length === 1)
})
