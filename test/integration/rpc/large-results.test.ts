import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTransport, RemoteError, RpcClient, serveRpc } from '../../../src/index.ts'
import { startRouter } from '../../../src/router/index.ts'

test('a caller is told at once that its result is larger than the bus takes', async (t) => {
  const router = await startRouter({ maxMessageSize: 100_000 })
  t.after(() => router.close())
  const transport = createTransport(router.url)
  t.after(() => transport.close())
  await serveRpc(transport, { topic: 'tt', server: 's' }, [{ big: () => 'x'.repeat(200_000) }])
  const client = new RpcClient(transport, { topic: 'tt' })
  await assert.rejects(client.call({}, 'big', {}, { timeoutMs: 60_000 }), (error) => {
    assert.ok(error instanceof RemoteError)
    assert.equal(error.excType, 'MessageDeliveryFailure')
    assert.match(error.value, /the peer takes 100000/)
    return true
  })
})

test('a request that is larger than the bus takes is refused at once', async (t) => {
  const router = await startRouter({ maxMessageSize: 100_000 })
  t.after(() => router.close())
  const transport = createTransport(router.url)
  t.after(() => transport.close())
  await serveRpc(transport, { topic: 'tt', server: 's' }, [{ take: () => null }])
  const client = new RpcClient(transport, { topic: 'tt' })
  await assert.rejects(client.call({}, 'take', { text: 'x'.repeat(200_000) }, { timeoutMs: 60_000 }), {
    code: 'MESSAGE_DELIVERY_FAILURE',
    tooLarge: true,
    inDoubt: false,
  })
})
