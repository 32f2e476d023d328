import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../../../src/amqp/index.ts'
import { createTransport, RpcClient, serveRpc } from '../../../src/index.ts'
import { startRouter } from '../../../src/router/index.ts'

test('callers that never take their replies do not keep a server from the others', async (t) => {
  const router = await startRouter()
  t.after(() => router.close())
  const transport = createTransport(router.url)
  t.after(() => transport.close())
  let served = 0
  const server = await serveRpc(transport, { topic: 'tt', server: 's' }, [{ hit: () => ++served }], { concurrency: 4 })

  const connection = await connect({ host: router.host, port: router.port })
  t.after(() => connection.close())
  const sender = await (await connection.openSession()).attachSender({
    address: 'openstack.org/om/rpc/anycast/openstack/tt',
  })
  const value = '{"request": {"method": "hit", "args": {}}, "context": {}}'
  const requests = Array.from({ length: 200 }, (_, n) =>
    sender.send({ properties: { messageId: `m${n}`, replyTo: `nowhere/${n}` }, body: { type: 'value', value } }),
  )
  await Promise.all(requests)

  const client = new RpcClient(transport, { topic: 'tt' })
  assert.equal(await client.call({}, 'hit', {}, { timeoutMs: 20_000 }), 201)
  await server.stop({ drainTimeoutMs: 0 })
})
