import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import type { ConnectionEvent } from '../../../src/amqp1/events.ts'
import { DriverClosedError, MessageDeliveryFailureError, MessagingTimeoutError } from '../../../src/messaging/errors.ts'
import { ANYCAST, envelope, failureOf, serveByHand, serveEcho, testDriver, testRelay } from './drivers.ts'

const NOBODY = 'amqp://127.0.0.1:1'

test('an unreachable bus: a call times out, and the error says since when and why', async (t) => {
  const error = await failureOf(testDriver(t, NOBODY).call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 100 }))
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(
    error.message,
    /no reply within 100 ms, the request was not sent: (no connection|connecting to 127.0.0.1:1) for \d+ ms, last error: .*ECONNREFUSED/,
  )
})

test('an unreachable bus: with a number of retries the send fails after as many attempts', async (t) => {
  const attempts: string[] = []
  const onEvent = (event: unknown): void => void attempts.push((event as ConnectionEvent).to)
  subscribe('oslo-messaging:connection', onEvent)
  t.after(() => unsubscribe('oslo-messaging:connection', onEvent))
  const driver = testDriver(t, NOBODY)
  const error = await failureOf(driver.cast({ topic: 'tt' }, envelope('note'), { retry: 2, timeoutMs: 5000 }))
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /ECONNREFUSED.*; its 2 retries are used up/)
  assert.deepEqual(attempts, ['connecting', 'backoff', 'connecting', 'backoff', 'connecting', 'backoff'])
})

test('with no retry it fails with the first attempt', async (t) => {
  const error = await failureOf(
    testDriver(t, NOBODY).call({ topic: 'tt' }, envelope('echo'), { retry: 0, timeoutMs: 5000 }),
  )
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /it may not be sent again \(retry 0\)/)
})

test('a host name that cannot be resolved is a failed attempt like any other', async (t) => {
  const error = await failureOf(
    testDriver(t, 'amqp://no-such-host.invalid').cast({ topic: 'tt' }, envelope('note'), { retry: 0, timeoutMs: 5000 }),
  )
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /no-such-host\.invalid/)
})

test('the next host is tried when one does not answer', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, `amqp://127.0.0.1:1,127.0.0.1:${relay.port}`)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
})

test('wrong credentials are told at once to those who wait, and tried again', async (t) => {
  let password = 'other'
  const relay = await testRelay(t, { sasl: { authenticate: (_mechanism, _user, given) => given === password } })
  const client = testDriver(t, `amqp://joe:secret@127.0.0.1:${relay.port}`)
  for (const send of [
    client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 30_000 }),
    client.listen({ topic: 'tt', server: 's' }, () => {}, {}),
  ]) {
    const error = await failureOf(send)
    assert.ok(error instanceof MessageDeliveryFailureError, String(error))
    assert.match(error.message, /refused the credentials/)
    assert.doesNotMatch(error.message, /secret/)
  }
  password = 'secret'
  await serveEcho(testDriver(t, `amqp://joe:secret@127.0.0.1:${relay.port}`))
  await relay.until(() => relay.connections.size === 2)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
})

test('after a loss everything is attached anew and calls go on', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  await client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000 })
  relay.cut()
  await relay.until(() => relay.connections.size === 0)
  await relay.until(() => relay.connections.size === 2)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 2 }), { timeoutMs: 5000 }), { n: 2 })
})

test('a call that was accepted when the connection is lost fails at once and says so', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const call = failureOf(client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 30_000 }))
  ;(await box.next()).acknowledge()
  await relay.until(() => relay.messages[0]?.delivery.settled === true)
  await new Promise((resolve) => setImmediate(resolve))
  relay.cut()
  const error = await call
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.equal(error.inDoubt, true)
  assert.match(error.message, /may have been delivered|the request was delivered/)
})

test('a call that was sent and not settled when the connection is lost is not sent again', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const call = failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 30_000 }))
  await box.next()
  relay.cut()
  const error = await call
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.equal(error.inDoubt, true)
  assert.equal(relay.messages.length, 1)
})

test('what had not been sent when the connection was lost goes out over the next one', async (t) => {
  const relay = await testRelay(t)
  const client = testDriver(t, relay.url)
  const call = client.call({ topic: 'tt' }, envelope('echo', { n: 3 }), { timeoutMs: 5000 })
  const cast = client.cast({ topic: 'tt' }, envelope('note'), { timeoutMs: 5000 })
  await relay.until(() => relay.producers(ANYCAST).length === 1)
  relay.cut()
  await relay.until(() => relay.connections.size === 0)
  await serveEcho(testDriver(t, relay.url))
  assert.deepEqual(await call, { n: 3 })
  await cast
})

test('a reply link that is lost and then refused gives the connection up', async (t) => {
  let refused = 0
  let lost = false
  const relay = await testRelay(t, {
    refuse: (address) => {
      if (address !== undefined || !lost || refused > 0) return undefined
      refused += 1
      return { condition: 'amqp:resource-limit-exceeded' }
    },
  })
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  await client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 5000 })
  const replyTo = relay.messages[0]?.delivery.message.properties?.replyTo as string
  const [first] = relay.consumers(replyTo)
  lost = true
  void first?.detach({ error: { condition: 'amqp:resource-deleted' } })
  assert.ok(await first?.connection.closed)
  assert.equal(refused, 1)
  await relay.until(() => relay.connections.size === 2)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 5 }), { timeoutMs: 5000 }), { n: 5 })
})

test('a peer that allows a single session gets along with one', async (t) => {
  const relay = await testRelay(t, { channelMax: 0 })
  await serveEcho(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const stopped = await serveEcho(client, 'other')
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 6 }), { timeoutMs: 5000 }), { n: 6 })
  await stopped.stop()
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 7 }), { timeoutMs: 5000 }), { n: 7 })
})

test('an orderly Close by the peer is a loss too', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const { port } = relay
  await relay.close()
  await relay.listen(port)
  await relay.until(() => relay.connections.size === 1)
  const client = testDriver(t, relay.url)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 4 }), { timeoutMs: 5000 }), { n: 4 })
})

test('each connection chooses its address syntax by what the peer says', async (t) => {
  const legacy = await testRelay(t, { product: '' })
  const routable = await testRelay(t)
  const server = testDriver(t, `amqp://127.0.0.1:${legacy.port},127.0.0.1:${routable.port}`)
  await serveEcho(server)
  assert.ok(legacy.addresses.includes('unicast.openstack.tt'))
  legacy.cut()
  await legacy.close()
  await routable.until(() => routable.consumers(ANYCAST).some((consumer) => consumer.credit > 0))
})

test('a driver that never connected closes at once, and twice is as good as once', async (t) => {
  const driver = testDriver(t, NOBODY)
  await driver.close()
  await driver.close()
  assert.ok((await failureOf(driver.cast({ topic: 'tt' }, envelope('x'), {}))) instanceof DriverClosedError)
  assert.ok((await failureOf(driver.listen({ topic: 'tt', server: 's' }, () => {}, {}))) instanceof DriverClosedError)
})

test('closing while it connects, and while it waits to connect again, ends that', async (t) => {
  const connecting = testDriver(t, NOBODY)
  const first = failureOf(connecting.cast({ topic: 'tt' }, envelope('x'), {}))
  await connecting.close()
  assert.ok((await first) instanceof DriverClosedError)
  const waiting = testDriver(t, NOBODY, { connectionRetryIntervalMs: 60_000, connectionRetryIntervalMaxMs: 60_000 })
  await failureOf(waiting.cast({ topic: 'tt' }, envelope('x'), { retry: 0 }))
  await waiting.close()
})

for (const accepted of [true, false]) {
  test(`a call that is asked to waits for its time-out when the connection is lost ${accepted ? 'after' : 'before'} it was accepted`, async (t) => {
    const relay = await testRelay(t)
    const box = await serveByHand(testDriver(t, relay.url))
    const client = testDriver(t, relay.url)
    const call = failureOf(client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 1_500, waitAfterLoss: true }))
    const request = await box.next()
    if (accepted) {
      request.acknowledge()
      await relay.until(() => relay.messages[0]?.delivery.settled === true)
      await new Promise((resolve) => setImmediate(resolve))
    }
    relay.cut()
    await relay.until(() => relay.connections.size === 0)
    await relay.until(() => relay.connections.size === 2)
    const error = await call
    assert.ok(error instanceof MessagingTimeoutError, String(error))
    assert.match(error.message, /no reply within 1500 ms, it was sent, and then its reply could hardly arrive/)
    assert.equal(relay.messages.length, 1)
  })
}

test('a call that waits in spite of a loss ends with its driver', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url)
  const call = failureOf(client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 60_000, waitAfterLoss: true }))
  await box.next()
  relay.cut()
  await relay.until(() => relay.connections.size === 0)
  await client.close()
  assert.ok((await call) instanceof DriverClosedError)
})
