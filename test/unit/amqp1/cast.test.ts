import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCEPTED } from '../../../src/amqp/index.ts'
import { DriverClosedError, MessageDeliveryFailureError } from '../../../src/messaging/errors.ts'
import { ANYCAST, envelope, failureOf, MULTICAST, serveByHand, testDriver, testRelay, UNICAST } from './drivers.ts'

test('a cast reaches a server and expects no reply', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  await testDriver(t, relay.url).cast({ topic: 'tt' }, envelope('note', { n: 1 }), {})
  const request = await box.next()
  assert.deepEqual(request.message, { method: 'note', args: { n: 1 } })
  assert.equal(request.expectsReply, false)
  assert.equal(request.ttlMs, undefined)
  await request.reply('to nobody')
  await request.heartbeat()
})

test('a fan-out reaches every server', async (t) => {
  const relay = await testRelay(t)
  const boxes = [
    await serveByHand(testDriver(t, relay.url), 'tt', 's1'),
    await serveByHand(testDriver(t, relay.url), 'tt', 's2'),
  ]
  await testDriver(t, relay.url).cast({ topic: 'tt', fanout: true }, envelope('note'), {})
  for (const box of boxes) assert.equal((await box.next()).message.method, 'note')
})

test('casts go settled', async (t) => {
  const relay = await testRelay(t)
  await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  await client.cast({ topic: 'tt' }, envelope('note'), {})
  await client.cast({ topic: 'tt', fanout: true }, envelope('note'), {})
  await relay.until(() => relay.messages.length === 2)
  assert.deepEqual(
    relay.messages.map(({ delivery }) => delivery.settled),
    [true, true],
  )
})

test('to routers that drop settled messages casts go unsettled, fan-outs settled', async (t) => {
  const relay = await testRelay(t, {
    product: 'skupper-router',
    creditWithoutConsumers: 10,
    outcome: () => ACCEPTED,
  })
  const client = testDriver(t, relay.url)
  await client.cast({ topic: 'tt' }, envelope('note'), {})
  await client.cast({ topic: 'tt', server: 's1' }, envelope('note'), {})
  await client.cast({ topic: 'tt', fanout: true }, envelope('note'), {})
  await relay.until(() => relay.messages.length === 3)
  assert.deepEqual(
    relay.messages.map(({ address }) => address),
    [ANYCAST, UNICAST, MULTICAST],
  )
  assert.deepEqual(relay.arrivedSettled, [false, false, true])
})

test('a product that drops does not overrule what pre_settled says', async (t) => {
  const relay = await testRelay(t, { product: 'skupper-router', creditWithoutConsumers: 10, outcome: () => 'ignore' })
  await testDriver(t, relay.url, { preSettledGiven: true }).cast({ topic: 'tt' }, envelope('note'), {})
  const error = await failureOf(testDriver(t, relay.url).cast({ topic: 'tt' }, envelope('note'), { timeoutMs: 600 }))
  assert.match((error as Error).message, /no outcome within 600 ms, the peer has not settled it/)
})

test('an unsettled cast resolves with its acceptance', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url, { preSettled: [], preSettledGiven: true })
  let resolved = false
  const cast = client.cast({ topic: 'tt' }, envelope('note'), {}).then(() => {
    resolved = true
  })
  const request = await box.next()
  assert.equal(resolved, false)
  request.acknowledge()
  await cast
})

test('without credit a cast rejects at its deadline and says why', async (t) => {
  const relay = await testRelay(t)
  const error = await failureOf(testDriver(t, relay.url).cast({ topic: 'tt' }, envelope('note'), { timeoutMs: 600 }))
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.equal(error.inDoubt, false)
  assert.match(
    error.message,
    /^cast of "note" to .*: not sent within 600 ms, no consumer: the peer never granted credit for this address$/,
  )
})

test('when the consumer has gone the reason is another', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 0 })
  const client = testDriver(t, relay.url)
  const first = client.cast({ topic: 'tt' }, envelope('one'), { timeoutMs: 5000 })
  await relay.until(() => relay.producers(ANYCAST).length === 1)
  relay.producers(ANYCAST)[0]?.addCredit(1)
  await first
  await relay.until(() => relay.messages.length === 1)
  await relay.producers(ANYCAST)[0]?.drain()
  const error = await failureOf(client.cast({ topic: 'tt' }, envelope('two'), { timeoutMs: 600 }))
  assert.match((error as Error).message, /no credit: the consumers are gone, or too slow/)
})

test('a refused link costs the cast a retry each time and is named with its condition', async (t) => {
  const relay = await testRelay(t, { refuse: () => ({ condition: 'amqp:not-found', description: 'no such node' }) })
  const client = testDriver(t, relay.url)
  const error = await failureOf(client.cast({ topic: 'tt' }, envelope('note'), { retry: 2, timeoutMs: 5000 }))
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /refused by the peer, amqp:not-found: no such node; its 2 retries are used up/)
  assert.equal(relay.requests.length, 3)
  const timeout = await failureOf(client.cast({ topic: 'tt' }, envelope('note'), { timeoutMs: 500 }))
  assert.match((timeout as Error).message, /not sent within 500 ms, .*amqp:not-found: no such node/)
})

test('a link that is closed by the peer is attached again, and what waits for it is sent', async (t) => {
  const relay = await testRelay(t)
  const client = testDriver(t, relay.url)
  const cast = client.cast({ topic: 'tt' }, envelope('note'), { timeoutMs: 5000 })
  await relay.until(() => relay.producers(ANYCAST).length === 1)
  void relay.producers(ANYCAST)[0]?.detach({ error: { condition: 'amqp:link:detach-forced' } })
  await relay.until(() => relay.requests.length === 2)
  const box = await serveByHand(testDriver(t, relay.url))
  await cast
  assert.equal((await box.next()).message.method, 'note')
})

test('an unsettled cast whose link is lost may have arrived, and is not sent again', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 5, outcome: () => 'ignore' })
  const client = testDriver(t, relay.url, { preSettled: [], preSettledGiven: true })
  const cast = failureOf(client.cast({ topic: 'tt' }, envelope('note'), { timeoutMs: 5000 }))
  await relay.until(() => relay.messages.length === 1)
  void relay.producers(ANYCAST)[0]?.detach()
  const error = await cast
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.equal(error.inDoubt, true)
})

test('sends to one address share a link; idle links are detached after a while', async (t) => {
  const relay = await testRelay(t)
  await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url, { defaultSenderLinkTimeoutMs: 40 })
  await client.cast({ topic: 'tt' }, envelope('one'), {})
  await client.cast({ topic: 'tt', exchange: 'openstack' }, envelope('two'), {})
  assert.equal(relay.attached.filter((name) => name === `sender ${ANYCAST}`).length, 1)
  await relay.until(() => relay.producers(ANYCAST).length === 0)
  await client.cast({ topic: 'tt' }, envelope('three'), {})
  assert.equal(relay.attached.filter((name) => name === `sender ${ANYCAST}`).length, 2)
})

test('the number of links is bounded: the least recently used idle one goes', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 5, outcome: () => ({ type: 'accepted' }) })
  const client = testDriver(t, relay.url, { senderLinkLimit: 2 })
  const address = (topic: string) => `openstack.org/om/rpc/anycast/openstack/${topic}`
  for (const topic of ['a', 'b', 'a', 'c']) await client.cast({ topic }, envelope('x'), {})
  await relay.until(() => relay.producers(address('b')).length === 0)
  assert.equal(relay.producers(address('a')).length, 1)
  assert.equal(relay.producers(address('c')).length, 1)
})

test('one address without credit does not hold up another', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const stuck = failureOf(client.cast({ topic: 'nobody' }, envelope('stuck'), { timeoutMs: 5000 }))
  await client.cast({ topic: 'tt' }, envelope('free'), {})
  assert.equal((await box.next()).message.method, 'free')
  await client.close()
  assert.ok((await stuck) instanceof DriverClosedError)
})

test('what was cast before close() arrives', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  await client.cast({ topic: 'tt' }, envelope('warm up'), {})
  const casts = Array.from({ length: 50 }, (_, n) => client.cast({ topic: 'tt' }, envelope('note', { n }), {}))
  await Promise.all(casts)
  await client.close()
  await box.next()
  for (let n = 0; n < 50; n += 1) {
    const request = await box.next()
    assert.deepEqual(request.message.args, { n })
    request.acknowledge()
  }
})

test('a fan-out goes unsettled where pre_settled says so', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url, { preSettled: [], preSettledGiven: true })
  await client.cast({ topic: 'tt', fanout: true }, envelope('note'), {})
  assert.deepEqual([relay.messages[0]?.address, relay.arrivedSettled[0]], [MULTICAST, false])
  assert.equal((await box.next()).message.method, 'note')
})
