import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { DriverClosedError, MessageDeliveryFailureError, MessagingTimeoutError } from '../../../src/messaging/errors.ts'
import {
  ANYCAST,
  envelope,
  failureOf,
  MULTICAST,
  RequestBox,
  serveByHand,
  serveEcho,
  testDriver,
  testRelay,
  UNICAST,
} from './drivers.ts'

test('a server attaches three links in one session, with the distribution modes of the specification', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  const sources = relay.requests.map(({ source, name }) => [
    source?.address,
    source?.distributionMode,
    name.startsWith(`openstack.org/om/receiver/[${source?.address}]/`),
  ])
  assert.deepEqual(sources, [
    [UNICAST, 'move', true],
    [MULTICAST, 'copy', true],
    [ANYCAST, 'move', true],
  ])
  assert.equal(new Set(relay.requests.map(({ session }) => session)).size, 1)
  await relay.until(() => [UNICAST, MULTICAST, ANYCAST].every((address) => relay.consumers(address)[0]?.credit === 100))
})

test('distribution_mode none leaves the modes out, as Python does', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url, { distributionMode: 'none' }))
  assert.deepEqual(
    relay.requests.map(({ source }) => source?.distributionMode),
    [undefined, undefined, undefined],
  )
})

test('where a peer ends sessions to refuse links, each link has a session of its own', async (t) => {
  const relay = await testRelay(t, { product: 'RabbitMQ', version: '3.10.8' })
  await serveEcho(testDriver(t, relay.url))
  assert.equal(new Set(relay.requests.map(({ session }) => session)).size, 3)
})

test('a peer without a product gets legacy addresses', async (t) => {
  const relay = await testRelay(t, { product: '' })
  await serveEcho(testDriver(t, relay.url))
  assert.deepEqual(relay.addresses, ['exclusive.openstack.tt.s1', 'broadcast.openstack.tt.all', 'unicast.openstack.tt'])
})

test('listen resolves when the credit of every link is out', async (t) => {
  let open = false
  const relay = await testRelay(t, {
    refuse: (address) => (address === MULTICAST && !open ? { condition: 'amqp:not-found' } : undefined),
  })
  let ready = false
  const listening = serveEcho(testDriver(t, relay.url)).then(() => {
    ready = true
  })
  await relay.until(() => relay.requests.length === 5)
  assert.equal(ready, false)
  open = true
  await listening
})

test('listen that is not ready in time rejects, says why, and takes its links away', async (t) => {
  const relay = await testRelay(t, {
    refuse: (address) =>
      address === MULTICAST ? { condition: 'amqp:unauthorized-access', description: 'not you' } : undefined,
  })
  const listening = testDriver(t, relay.url).listen({ topic: 'tt', server: 's1' }, () => {}, { readyTimeoutMs: 600 })
  const error = await failureOf(listening)
  assert.ok(error instanceof MessagingTimeoutError)
  assert.match(
    error.message,
    /^server <Target topic=tt, server=s1>: not ready within 600 ms, .*amqp:unauthorized-access: not you$/,
  )
  await relay.until(() => relay.consumers(ANYCAST).length === 0 && relay.consumers(UNICAST).length === 0)
})

test('with a ready time-out of nought nobody waits', async (t) => {
  const subscription = await testDriver(t, 'amqp://127.0.0.1:1').listen({ topic: 'tt', server: 's1' }, () => {}, {
    readyTimeoutMs: 0,
  })
  await subscription.stop()
})

test('an abort signal and close() give up waiting', async (t) => {
  const abort = new AbortController()
  const aborted = failureOf(
    testDriver(t, 'amqp://127.0.0.1:1').listen({ topic: 'tt', server: 's1' }, () => {}, { signal: abort.signal }),
  )
  abort.abort(new Error('enough'))
  assert.match(String(await aborted), /enough/)
  const driver = testDriver(t, 'amqp://127.0.0.1:1')
  const closed = failureOf(driver.listen({ topic: 'tt', server: 's1' }, () => {}, {}))
  await driver.close()
  assert.ok((await closed) instanceof DriverClosedError)
})

test('a link that the peer closes is attached again after the delay, under its name', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  void relay.consumers(ANYCAST)[0]?.detach({ error: { condition: 'amqp:link:detach-forced' } })
  await relay.until(() => relay.requests.length === 4 && relay.consumers(ANYCAST).length === 1)
  assert.equal(relay.requests[3]?.name, relay.requests[2]?.name)
  const client = testDriver(t, relay.url)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
})

test('a session that the peer ends is begun anew', async (t) => {
  const relay = await testRelay(t)
  await serveEcho(testDriver(t, relay.url))
  await relay.requests[0]?.session.end({ condition: 'amqp:internal-error' })
  await relay.until(
    () =>
      relay.requests.length === 6 &&
      [UNICAST, MULTICAST, ANYCAST].every((address) => relay.consumers(address).length === 1),
  )
  assert.equal(new Set(relay.requests.slice(3).map(({ session }) => session)).size, 1)
})

test('no more messages than the credit are held; credit returns when they are done', async (t) => {
  const relay = await testRelay(t, { creditWithoutConsumers: 100 })
  const box = await serveByHand(testDriver(t, relay.url, { rpcServerCredit: 2 }))
  const client = testDriver(t, relay.url)
  await Promise.all(Array.from({ length: 5 }, (_, n) => client.cast({ topic: 'tt' }, envelope('note', { n }), {})))
  const held = [await box.next(), await box.next()]
  for (const request of held) request.acknowledge()
  await relay.until(() => relay.messages.length === 5)
  assert.equal(relay.consumers(ANYCAST)[0]?.credit, 0)
  for (const request of held) request.done()
  for (const n of [2, 3, 4]) {
    const request = await box.next()
    assert.deepEqual(request.message.args, { n })
    request.acknowledge()
    request.done()
    request.done()
  }
})

test('requeue gives a message back, reject refuses it, and the first word counts', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const client = testDriver(t, relay.url, { preSettled: [], preSettledGiven: true })
  const requeued = failureOf(client.cast({ topic: 'tt' }, envelope('note'), { retry: 0 }))
  const first = await box.next()
  first.requeue()
  first.acknowledge()
  assert.match(String(await requeued), /released by the peer; it may not be sent again/)
  const refused = failureOf(client.cast({ topic: 'tt' }, envelope('note'), {}))
  ;(await box.next()).reject('makes no sense')
  assert.match(String(await refused), /rejected by the peer, amqp:internal-error: makes no sense/)
})

test('what is no request is refused and reported, costs no credit, and the subscription goes on', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url, { rpcServerCredit: 1 }))
  const [consumer] = relay.consumers(ANYCAST)
  for (const value of ['not json', '[]', '{}']) {
    const outcome = await consumer?.send({ body: { type: 'value', value } })
    assert.equal(outcome?.type, 'rejected')
  }
  assert.equal(box.malformed.length, 3)
  assert.ok(
    await testDriver(t, relay.url)
      .cast({ topic: 'tt' }, envelope('note'), {})
      .then(() => box.next()),
  )
})

test('a handler that throws is reported as a defect, and its message is refused', async (t) => {
  const defects: unknown[] = []
  const onDefect = (message: unknown): void => void defects.push(message)
  subscribe('oslo-messaging:defect', onDefect)
  t.after(() => unsubscribe('oslo-messaging:defect', onDefect))
  const relay = await testRelay(t)
  await testDriver(t, relay.url).listen(
    { topic: 'tt', server: 's1' },
    () => {
      throw new Error('defect')
    },
    {},
  )
  const error = await failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('x'), { timeoutMs: 5000 }))
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.equal(defects.length, 1)
})

test('a reply-to that lies under the service addresses is not written to', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const [consumer] = relay.consumers(ANYCAST)
  const text = JSON.stringify({ request: { method: 'm' }, context: {} })
  const sent = consumer?.send({
    properties: { messageId: 'x', replyTo: 'openstack.org/om/rpc/anycast/openstack/victim' },
    body: { type: 'value', value: text },
  })
  const request = await box.next()
  assert.equal(request.expectsReply, false)
  await request.reply('nothing happens')
  request.acknowledge()
  await sent
  assert.deepEqual(relay.messages, [])
})

test('the reply carries the id with the type that it came with', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const [consumer] = relay.consumers(ANYCAST)
  const text = JSON.stringify({ request: { method: 'm' }, context: {} })
  const sent = consumer?.send({
    properties: { messageId: 42, replyTo: 'temp.reply' },
    body: { type: 'value', value: text },
  })
  const request = await box.next()
  request.acknowledge()
  await sent
  void request.reply(1).catch(() => undefined)
  await relay.until(() => relay.producers('temp.reply').length === 1)
  relay.producers('temp.reply')[0]?.addCredit(1)
  await relay.until(() => relay.messages.length === 1)
  assert.equal(relay.messages[0]?.delivery.message.properties?.correlationId, 42)
})

test('a result that JSON cannot express rejects with a TypeError', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const call = failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('x'), { timeoutMs: 100 }))
  const request = await box.next()
  request.acknowledge()
  assert.ok((await failureOf(request.reply({ f: () => 1 }))) instanceof TypeError)
  await call
})

test('stop() ends new messages; what was handed over can still be settled and answered', async (t) => {
  const relay = await testRelay(t)
  const driver = testDriver(t, relay.url)
  const box = new RequestBox()
  const subscription = await driver.listen({ topic: 'tt', server: 's1' }, (request) => box.put(request), {})
  const client = testDriver(t, relay.url)
  const call = client.call({ topic: 'tt' }, envelope('slow'), { timeoutMs: 5000 })
  const request = await box.next()
  await subscription.stop()
  await relay.until(() => relay.consumers(UNICAST).length === 0)
  assert.equal(relay.consumers(ANYCAST).length, 1)
  request.acknowledge()
  await request.reply('done')
  request.done()
  assert.equal(await call, 'done')
  await relay.until(() => relay.consumers(ANYCAST).length === 0)
  await subscription.stop()
})

test('a stopped server can be followed by a new one on the same driver', async (t) => {
  const relay = await testRelay(t)
  const driver = testDriver(t, relay.url)
  const first = await serveEcho(driver)
  await first.stop()
  await serveEcho(driver)
  assert.deepEqual(
    await testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }),
    { n: 1 },
  )
})

test('settling after the connection is lost does nothing', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  const call = failureOf(testDriver(t, relay.url).call({ topic: 'tt' }, envelope('x'), { timeoutMs: 5000 }))
  const request = await box.next()
  relay.cut()
  await call
  request.acknowledge()
  request.requeue()
})

for (const replyTo of ['$management', 'unicast.openstack.victim', 'openstack.org/om/notify/anycast/openstack/n.info']) {
  test(`a reply-to of ${replyTo} is refused and told of`, async (t) => {
    const told: unknown[] = []
    const onReply = (event: unknown): void => void told.push(event)
    subscribe('oslo-messaging:reply', onReply)
    t.after(() => unsubscribe('oslo-messaging:reply', onReply))
    const relay = await testRelay(t)
    const box = await serveByHand(testDriver(t, relay.url))
    const sent = relay.consumers(ANYCAST)[0]?.send({
      properties: { messageId: 'x', replyTo },
      body: { type: 'value', value: '{"request": {"method": "m"}, "context": {}}' },
    })
    const request = await box.next()
    request.acknowledge()
    await sent
    await request.reply('nothing happens')
    assert.equal(request.expectsReply, false)
    assert.deepEqual(told, [{ event: 'reply-to-refused', address: replyTo }])
    assert.ok(!relay.attached.includes(`sender ${replyTo}`))
  })
}

test('only outcomes that the source offered are sent', async (t) => {
  const relay = await testRelay(t, { outcomes: ['amqp:accepted:list', 'amqp:rejected:list'] })
  const box = await serveByHand(testDriver(t, relay.url))
  const [consumer] = relay.consumers(ANYCAST)
  const request = { body: { type: 'value', value: '{"request": {"method": "m"}, "context": {}}' } } as const
  const requeued = consumer?.send(request)
  ;(await box.next()).requeue()
  assert.equal((await requeued)?.type, 'rejected')
  const accepted = consumer?.send(request)
  ;(await box.next()).acknowledge()
  assert.equal((await accepted)?.type, 'accepted')
})
