// The runs of the fuzzer: each against an end of ours of another kind, with others who must notice nothing.

import assert from 'node:assert/strict'
import { connect } from '../../src/amqp/connect.ts'
import type { Connection } from '../../src/amqp/connection.ts'
import { listen } from '../../src/amqp/listener.ts'
import { createTransport, RpcClient, serveRpc } from '../../src/index.ts'
import { startRouter } from '../../src/router/index.ts'
import { until } from './amqp-fixtures.ts'
import { Bystanders } from './bystanders.ts'
import { feedClient, feedListener } from './fuzz-ends.ts'
import { FuzzHub } from './fuzz-hub.ts'
import { BentServer, feedPort } from './fuzz-tcp.ts'
import { fuzz } from './fuzzing.ts'
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
