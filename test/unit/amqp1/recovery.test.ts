// What becomes of links and calls when hosts go and links are closed: oslo.messaging's TestFailover, TestLinkRecovery and
// TestMessageRetransmit, each as a situation of ours.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MiniRelay } from '../../support/mini-relay.ts'
import { pausableProxy } from '../../support/pausable-proxy.ts'
import { ANYCAST, envelope, MULTICAST, serveByHand, serveEcho, testDriver, testRelay, UNICAST } from './drivers.ts'

const IN_TIME = { timeoutMs: 10_000 }

const receivers = ({ attached }: MiniRelay): string[] => attached.filter((link) => link.startsWith('receiver'))

for (const [end, what] of [
  ['crashes', (relay: MiniRelay): void => relay.cut()],
  ['closes its connections in order', (): void => {}],
] as const) {
  test(`servers and calls go on at the next host, with its addressing, when one ${end}`, async (t) => {
    const legacy = await testRelay(t, { product: 'qpid-cpp' })
    const routable = await testRelay(t, { product: 'routable' })
    const url = `amqp://127.0.0.1:${legacy.port},127.0.0.1:${routable.port}`
    await serveEcho(testDriver(t, url))
    const client = testDriver(t, url)
    assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), IN_TIME), { n: 1 })
    assert.ok(legacy.attached.includes('receiver unicast.openstack.tt'))
    what(legacy)
    await legacy.close()
    await routable.until(() => routable.connections.size === 2) // what leaves before the loss is noticed is in doubt
    assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 2 }), IN_TIME), { n: 2 })
    assert.deepEqual(await client.call({ topic: 'tt', server: 's1' }, envelope('echo', { n: 3 }), IN_TIME), { n: 3 })
    assert.ok(routable.attached.includes(`receiver ${ANYCAST}`))
  })
}

test('a host that falls silent is left for the next one', async (t) => {
  const first = await testRelay(t)
  const second = await testRelay(t)
  const proxy = await pausableProxy(t, first.port)
  const url = `amqp://127.0.0.1:${proxy.port},127.0.0.1:${second.port}`
  const idle = { idleTimeoutMs: 2_000 }
  await serveEcho(testDriver(t, url, idle))
  const client = testDriver(t, url, idle)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), IN_TIME), { n: 1 })
  proxy.pause()
  await second.until(() => second.connections.size === 2)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 2 }), IN_TIME), { n: 2 })
})

test('two servers of a topic and a caller have seven links to receive on, and have them all again at the next host', async (t) => {
  const first = await testRelay(t)
  const second = await testRelay(t)
  const url = `amqp://127.0.0.1:${first.port},127.0.0.1:${second.port}`
  const boxes = [
    await serveByHand(testDriver(t, url), 'tt', 's1'),
    await serveByHand(testDriver(t, url), 'tt', 's2'),
  ] as const
  const client = testDriver(t, url)
  for (const relay of [first, second]) {
    await relay.until(() => relay.consumers(MULTICAST).filter(({ credit }) => credit > 0).length === 2)
    await client.cast({ topic: 'tt', fanout: true }, envelope('note'), IN_TIME)
    for (const box of boxes) assert.equal((await box.next()).message.method, 'note')
    const call = client.call({ topic: 'tt', server: 's2' }, envelope('who'), IN_TIME)
    const request = await boxes[1].next()
    request.acknowledge()
    await request.reply('s2')
    request.done()
    assert.equal(await call, 's2')
    assert.equal(receivers(relay).length, 7)
    if (relay === first) {
      first.cut()
      await first.close()
      await second.until(() => second.connections.size === 3)
    }
  }
})

test('a link that is refused no more often than there are retries costs the cast nothing', async (t) => {
  let refusals = 0
  const relay = await testRelay(t, {
    creditWithoutConsumers: 5,
    refuse: () => (refusals++ < 2 ? { condition: 'amqp:connection:forced' } : undefined),
  })
  await testDriver(t, relay.url).cast({ topic: 'tt' }, envelope('note'), { ...IN_TIME, retry: 3 })
  assert.equal(refusals, 3)
})

test('a server whose links are closed again and again is reached in every way afterwards', async (t) => {
  const relay = await testRelay(t)
  const box = await serveByHand(testDriver(t, relay.url))
  for (let time = 1; time <= 2; time += 1) {
    for (const address of [UNICAST, MULTICAST, ANYCAST]) {
      const [link] = relay.consumers(address)
      void link?.detach({ error: { condition: 'amqp:resource-deleted' } })
      await relay.until(() => relay.consumers(address).some((other) => other !== link && other.credit > 0))
    }
  }
  const client = testDriver(t, relay.url)
  for (const target of [{ topic: 'tt' }, { topic: 'tt', server: 's1' }, { topic: 'tt', fanout: true }]) {
    await client.cast(target, envelope('note'), IN_TIME)
    const request = await box.next()
    assert.equal(request.message.method, 'note')
    request.acknowledge()
    request.done()
  }
  assert.equal(receivers(relay).length, 9)
})

test('a request that is given back as modified, without flags, is sent again within its retries', async (t) => {
  let modified = 0
  const relay = await testRelay(t, {
    outcome: (address) =>
      address === ANYCAST && modified++ < 2
        ? { type: 'modified', deliveryFailed: false, undeliverableHere: false, messageAnnotations: undefined }
        : undefined,
  })
  await serveEcho(testDriver(t, relay.url))
  const call = testDriver(t, relay.url).call({ topic: 'tt' }, envelope('echo', { n: 1 }), { ...IN_TIME, retry: 2 })
  assert.deepEqual(await call, { n: 1 })
  assert.equal(modified, 3)
})
