// A server, a client, and what a call can say. Give the URL of a bus as argument; without one, a router is started here.

import { createTransport, MessagingTimeoutError, RpcClient, serveRpc } from 'oslo-messaging'
import { startRouter } from 'oslo-messaging/router'

const given = process.argv[2]
await using router = given === undefined ? await startRouter() : null
await using transport = createTransport(given ?? (router?.url as string))

await using server = await serveRpc(transport, { topic: 'volumes', server: 'store-1' }, [
  {
    // This endpoint serves requests for version 1.0 to 1.2 of the interface "volume".
    target: { namespace: 'volume', version: '1.2' },
    async create(context, { gigabytes }) {
      return { id: 'vol-1', gigabytes, owner: context.user_id }
    },
    // The third argument tells about the call: how long the caller still waits, and when to stop working for it.
    async copy(_context, _args, call) {
      await new Promise((resolve) => call.signal.addEventListener('abort', resolve))
    },
  },
])

const client = new RpcClient(transport, { topic: 'volumes', namespace: 'volume', version: '1.1' })
console.log('created', await client.call({ user_id: 'ada' }, 'create', { gigabytes: 10 }))

try {
  await client.call({}, 'copy', {}, { timeoutMs: 200 })
} catch (error) {
  if (!(error instanceof MessagingTimeoutError)) throw error
  console.log(`gave up: ${error.message}`)
}

const report = await server.stop()
console.log(`stopped after ${report.done} calls`)
