// The runs of the fuzzer: each against an end of ours of another kind, with others who must notice nothing.

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { connect } from '../../src/amqp/connect.ts'
import type { Connection } from '../../src/amqp/connection.ts'
import { listen } from '../../src/amqp/listener.ts'
import { createTransport, RpcClient, serveRpc } from '../../src/index.ts'
import { startRouter } from '../../src/router/index.ts'
import { until } from './amqp-fixtures.ts'
import { Bystanders } from './bystanders.ts'
import { inFlight } from './flat-memory.ts'
import { feedClient, feedListener } from './fuzz-ends.ts'
import { FuzzHub } from './fuzz-hub.ts'
import { BentServer, feedPort } from './fuzz-tcp.ts'
import { bentCase, fuzz, Watch } from './fuzzing.ts'
import { acceptOver, connectOver } from './memory-connection.ts'
import { memoryPair } from './memory-socket.ts'

/** The accepting side, over sockets in memory. */
export async function fuzzListener(cases: number): Promise<void> {
  const hub = new FuzzHub()
  const open = async (): Promise<Connection> => {
    const [left, right] = memoryPair()
    acceptOver(right, hub.options)
    return await connectOver(left).opened
  }
  await amongBystanders(open, () =>
    fuzz({ cases, party: 'client', run: (units, _, seed) => feedListener(units, hub, seed) }),
  )
}

/** The side that begins, over sockets in memory. */
export async function fuzzClient(cases: number): Promise<void> {
  await fuzz({ cases, party: 'server', run: feedClient })
}

/** A listener on a port. */
export async function fuzzPort(cases: number): Promise<void> {
  const hub = new FuzzHub()
  const listener = await listen(hub.options)
  await amongBystanders(
    () => connect({ host: listener.host, port: listener.port }),
    () =>
      fuzz({
        cases,
        party: 'client',
        run: (units, _, seed) => {
          hub.surprise(seed)
          return feedPort(units, listener.port, seed)
        },
      }),
  )
  await listener.close()
}

/** Clients that connect to a port. */
export async function fuzzConnect(cases: number): Promise<void> {
  const server = await BentServer.start()
  await fuzz({ cases, party: 'server', run: (units, conversation, seed) => server.serve(units, conversation, seed) })
  server.close()
}

/** The embedded router, while others call each other through it. */
export async function fuzzRouter(cases: number): Promise<void> {
  const router = await startRouter()
  const transport = createTransport(router.url)
  const endpoint = { echo: (_: unknown, { value }: { value: number }) => value }
  const server = await serveRpc(transport, { topic: 'bystanders', server: 'one' }, [endpoint])
  const client = new RpcClient(transport, { topic: 'bystanders' })
  let stopped = false
  let calls = 0
  const calling = (async () => {
    for (; !stopped; calls++) assert.equal(await client.call({}, 'echo', { value: calls }), calls)
  })()
  calling.catch(() => {}) // told below
  try {
    await fuzz({ cases, party: 'client', run: (units, _, seed) => feedPort(units, router.port, seed) })
  } finally {
    stopped = true
    await calling
    await server.stop()
    await transport.close()
  }
  assert(calls > 10)
  await until(() => router.counters.connections === 0)
  const { addresses, producers, consumers, inFlight } = router.counters
  assert.deepEqual({ addresses, producers, consumers, inFlight }, NOTHING_HELD)
  await router.close()
}

/** Peers that fall silent amid a bent conversation, and never hang up: the listener lets them all go, each in its time. */
export async function fuzzSilentClients(cases: number): Promise<void> {
  const watch = new Watch()
  const hub = new FuzzHub({ handshakeTimeoutMs: 300, idleTimeoutMs: 400 })
  const listener = await listen(hub.options)
  const sockets: Socket[] = []
  await inFlight(cases, cases, async (n) => {
    const { units, seed } = bentCase(n, 'client')
    hub.surprise(seed)
    assert.deepEqual(await feedPort(units, listener.port, seed, sockets), [], `case ${n}`)
  })
  // They have ended their direction; where the peer does not answer that, the socket goes after a deadline.
  while (listener.connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  for (const socket of sockets) socket.destroy()
  await listener.close()
  assert.deepEqual(await watch.taken(), [])
  watch.stop()
}

/** Servers that do the same: whatever a client waits for ends by its deadline. */
export async function fuzzSilentServers(cases: number): Promise<void> {
  const watch = new Watch()
  await inFlight(cases, cases, async (n) => {
    const server = await BentServer.start()
    const { units, conversation, seed } = bentCase(n, 'server')
    const options = { silent: true, connectTimeoutMs: 300, idleTimeoutMs: 400 }
    assert.deepEqual(await server.serve(units, conversation, seed, options), [], `case ${n}`)
    server.close()
  })
  assert.deepEqual(await watch.taken(), [])
  watch.stop()
}

const NOTHING_HELD = { addresses: 0, producers: 0, consumers: 0, inFlight: 0 }

async function amongBystanders(open: () => Promise<Connection>, work: () => Promise<void>): Promise<void> {
  const connections = [await open(), await open()] as const
  const bystanders = await Bystanders.start(...connections)
  try {
    await work()
  } finally {
    await bystanders.stop()
    await Promise.all(connections.map((connection) => connection.close()))
  }
  assert(bystanders.exchanged > 10)
}
