// Two routers in the URL: when the one that is used goes, the server and the client go on with the other.

import { createTransport, MessagingError, RpcClient, serveRpc } from 'oslo-messaging'
import { type Router, startRouter } from 'oslo-messaging/router'

const routers: Router[] = [await startRouter(), await startRouter()]
const url = `amqp://${routers.map(({ host, port }) => `${host}:${port}`).join(',')}`

// The order of the hosts is tried round, from a random one: the two transports may meet on either.
await using serving = createTransport(url)
await using calling = createTransport(url)
const serve = (name: string) =>
  serveRpc(serving, { topic: 'clock', server: name }, [{ now: () => new Date().toISOString() }])

const client = new RpcClient(calling, { topic: 'clock' })

/** A call that has certainly not been delivered may be made again; whether an uncertain one may is the application's to know. */
async function ask(): Promise<unknown> {
  for (;;) {
    try {
      return await client.call({}, 'now', {}, { timeoutMs: 500 })
    } catch (error) {
      if (!(error instanceof MessagingError)) throw error
      console.log(`  ${error.code}`)
    }
  }
}

// Only one router is up, so both ends are on it.
await routers[1]?.close()
await using server = await serve('a')
console.log('asked through the first router:', typeof (await ask()))

routers[1] = await startRouter({ port: Number(routers[1]?.port) })
await routers[0]?.close()
console.log('the first router is gone')
console.log('asked through the second router:', typeof (await ask()))
await server.stop()
await routers[1].close()
