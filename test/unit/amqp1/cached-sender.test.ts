import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LinkRequest } from '../../../src/amqp/index.ts'
import { envelope, serveEcho, testDriver, testRelay } from './drivers.ts'

const asksForReplyAddress = (request: LinkRequest): boolean =>
  request.role === 'receiver' && request.source?.dynamic === true

test('a call that waits for a reply address goes out over the next connection when this one is lost', async (t) => {
  let refusing = true
  const relay = await testRelay(t, {
    refuse: (_address, request) =>
      refusing && asksForReplyAddress(request) ? { condition: 'amqp:not-implemented' } : undefined,
  })
  const client = testDriver(t, relay.url, { linkRetryDelayMs: 60_000 })
  const call = client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 })
  await relay.until(() => relay.requests.some(asksForReplyAddress))
  refusing = false
  await serveEcho(testDriver(t, relay.url))
  relay.cut()
  assert.deepEqual(await call, { n: 1 })
})

test('a call without credit leaves once there is some, although the reply address has changed meanwhile', async (t) => {
  const relay = await testRelay(t)
  const client = testDriver(t, relay.url)
  const calls = [1, 2].map((n) => client.call({ topic: 'tt' }, envelope('echo', { n }), { timeoutMs: 5000 }))
  const replyAddress = () => relay.addresses.find((name) => name.includes('temp.') && relay.consumers(name).length > 0)
  await relay.until(() => replyAddress() !== undefined && relay.attached.some((link) => link.startsWith('sender')))
  const first = replyAddress() as string
  // Its credit is granted in the same turn in which the calls go to their link.
  await relay.until(() => (relay.consumers(first)[0]?.credit ?? 0) > 0)
  await relay.consumers(first)[0]?.detach({ error: { condition: 'amqp:resource-deleted' } })
  await relay.until(() => replyAddress() !== undefined && replyAddress() !== first)
  await serveEcho(testDriver(t, relay.url))
  assert.deepEqual(await Promise.all(calls), [{ n: 1 }, { n: 2 }])
})
