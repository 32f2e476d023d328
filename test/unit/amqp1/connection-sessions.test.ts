import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCEPTED } from '../../../src/amqp/index.ts'
import type { MiniRelay } from '../../support/mini-relay.ts'
import { ANYCAST, envelope, MULTICAST, serveEcho, testDriver, testRelay, UNICAST } from './drivers.ts'

const TAKES_ALL = { creditWithoutConsumers: 10, outcome: () => ACCEPTED } as const
const addressOf = (topic: string): string => `openstack.org/om/rpc/anycast/openstack/${topic}`

/** How many links each session of the peers has, in the order in which they began. */
function linksBySession(relay: MiniRelay): number[] {
  const counts = new Map<unknown, number>()
  for (const { session } of relay.requests) counts.set(session, (counts.get(session) ?? 0) + 1)
  return [...counts.values()]
}

test('senders share a session, the reply receiver has one, and so has each server', async (t) => {
  const relay = await testRelay(t)
  const driver = testDriver(t, relay.url)
  await serveEcho(driver, 'tt')
  await serveEcho(driver, 'uu')
  for (const topic of ['tt', 'uu']) await driver.call({ topic }, envelope('echo'), { timeoutMs: 5000 })
  const by = (isMember: (link: string) => boolean): Set<unknown> =>
    new Set(
      relay.requests.filter((_, index) => isMember(relay.attached[index] as string)).map(({ session }) => session),
    )
  const roles = [
    by((link) => link.startsWith('sender')),
    by((link) => link === 'receiver (dynamic)'),
    by((link) => link.startsWith('receiver') && link.includes('/tt')),
    by((link) => link.startsWith('receiver') && link.includes('/uu')),
  ]
  assert.deepEqual(
    roles.map(({ size }) => size),
    [1, 1, 1, 1],
  )
  assert.equal(new Set(roles.flatMap((sessions) => [...sessions])).size, 4)
})

test('where the peer allows no more links in a session, the next ones go into another', async (t) => {
  const relay = await testRelay(t, { ...TAKES_ALL, handleMax: 1 })
  const client = testDriver(t, relay.url)
  const topics = ['a', 'b', 'c', 'd', 'e']
  await Promise.all(topics.map((topic) => client.cast({ topic }, envelope('x'), { timeoutMs: 5000 })))
  assert.deepEqual(linksBySession(relay), [2, 2, 1])
  await serveEcho(testDriver(t, relay.url))
  assert.deepEqual(linksBySession(relay), [2, 2, 1, 2, 1])
})

test('a place in a session is given back with its link, and sessions that are empty end', async (t) => {
  const relay = await testRelay(t, { ...TAKES_ALL, handleMax: 0 })
  const client = testDriver(t, relay.url, { senderLinkLimit: 2 })
  for (const topic of ['a', 'b', 'c', 'd']) {
    await client.cast({ topic }, envelope('x'), { timeoutMs: 5000 })
    await relay.until(() => relay.addresses.filter((address) => relay.producers(address).length > 0).length <= 2)
  }
  assert.match(String(await relay.requests[1]?.session.closed), /ended by the peer, without giving a reason/)
  assert.equal(relay.requests[0]?.session.isOpen, true, "the senders' first session stays without a link")
  assert.equal(relay.producers(addressOf('d')).length, 1)
})

test('neither more sessions nor more links are begun than the peer allows, and what they hold goes on', async (t) => {
  const relay = await testRelay(t, { ...TAKES_ALL, handleMax: 1, channelMax: 1 })
  const client = testDriver(t, relay.url, { senderLinkLimit: 100 })
  const topics = ['a', 'b', 'c', 'd']
  await Promise.all(topics.map((topic) => client.cast({ topic }, envelope('x'), { timeoutMs: 5000 })))
  assert.deepEqual(linksBySession(relay), [2, 2])
  await assert.rejects(client.cast({ topic: 'e' }, envelope('x'), { timeoutMs: 5000, retry: 0 }), {
    code: 'MESSAGE_DELIVERY_FAILURE',
    message: /channel|session/,
  })
  for (const topic of topics) await client.cast({ topic }, envelope('x'), { timeoutMs: 5000 })
  assert.deepEqual(linksBySession(relay), [2, 2])
})

test('a server with more links than a session may have is reached at all of its addresses', async (t) => {
  const relay = await testRelay(t, { handleMax: 1 })
  await serveEcho(testDriver(t, relay.url))
  for (const address of [UNICAST, MULTICAST, ANYCAST]) assert.equal(relay.consumers(address).length, 1)
  const client = testDriver(t, relay.url)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
})

test('where a peer ends sessions to refuse links, each sender and the reply receiver have one of their own', async (t) => {
  const relay = await testRelay(t, { ...TAKES_ALL, product: 'RabbitMQ', version: '3.13.7' })
  const client = testDriver(t, relay.url)
  for (const topic of ['a', 'b']) await client.cast({ topic }, envelope('x'), { timeoutMs: 5000 })
  const call = assert.rejects(client.call({ topic: 'c' }, envelope('x'), { timeoutMs: 60_000 }), {
    code: 'DRIVER_CLOSED',
  })
  await relay.until(() => relay.messages.length === 3)
  assert.deepEqual(linksBySession(relay), [1, 1, 1, 1])
  await client.close()
  await call
})

test('a link beyond the sessions that the peer allows shares one with others, where links are apart', async (t) => {
  const relay = await testRelay(t, { ...TAKES_ALL, product: 'RabbitMQ', version: '3.13.7', channelMax: 1 })
  const client = testDriver(t, relay.url)
  for (const topic of ['a', 'b', 'c', 'd']) await client.cast({ topic }, envelope('x'), { timeoutMs: 5000 })
  assert.deepEqual(linksBySession(relay), [2, 2])
})

test('whoever comes while the only session is still being begun shares it', async (t) => {
  const relay = await testRelay(t, { channelMax: 0 })
  const driver = testDriver(t, relay.url, { linkRetryDelayMs: 60_000 })
  const served = serveEcho(driver)
  const call = driver.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 20_000 })
  await served
  assert.deepEqual(await call, { n: 1 })
  assert.equal(linksBySession(relay).length, 1)
})

test('links that come at once share what sessions there are evenly, where links are apart', async (t) => {
  const relay = await testRelay(t, {
    ...TAKES_ALL,
    ...{ product: 'RabbitMQ', version: '3.13.7', channelMax: 1, handleMax: 2 },
  })
  const client = testDriver(t, relay.url, { linkRetryDelayMs: 60_000 })
  const topics = ['a', 'b', 'c', 'd', 'e', 'f']
  await Promise.all(topics.map((topic) => client.cast({ topic }, envelope('x'), { timeoutMs: 20_000 })))
  assert.deepEqual(linksBySession(relay), [3, 3])
})
