// A bounded soak: many calls over the embedded router in one process. None may be lost or answered with another's result, and
// what the process holds afterwards may not depend on how many there were.

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { createTransport, RpcClient, type RpcServer, serveRpc, type Transport } from '../../src/index.ts'
import { type Router, startRouter } from '../../src/router/index.ts'
import { inFlight } from '../support/flat-memory.ts'
import { usedBytes } from '../support/heap.ts'

const WARM_UP = 5_000
const CALLS = 20_000
const CASTS = 5_000
const IN_FLIGHT = 64

/** Room for what the engine keeps of its own (compiled code, feedback); a leak of 1 KiB a call would be 20 MiB. */
const MAX_GROWTH_BYTES = 4 * 1024 * 1024

interface EchoApi {
  echo(args: { readonly value: number }): number
  note(args: { readonly value: number }): void
}

describe('a long run of calls over the embedded router', () => {
  let router: Router
  const transports: Transport[] = []
  const servers: RpcServer[] = []
  const noted: number[] = []
  const events = new EventEmitter()

  const open = (): Transport => {
    const transport = createTransport(router.url)
    transports.push(transport)
    return transport
  }

  before(async () => {
    router = await startRouter({ port: 0 })
    for (const server of ['one', 'two']) {
      const endpoint = {
        echo: (_: unknown, { value }: { value: number }) => value,
        note: (_: unknown, { value }: { value: number }) => {
          if (noted.push(value) === CASTS) events.emit('all')
        },
      }
      servers.push(await serveRpc(open(), { topic: 'soak', server }, [endpoint]))
    }
  })

  after(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await Promise.all(transports.map((transport) => transport.close()))
    await router.close()
  })

  it('loses none, mixes none up, and leaves nothing behind', async (t) => {
    const client = new RpcClient<EchoApi>(open(), { topic: 'soak' }, { timeoutMs: 30_000 })
    const echo = async (value: number): Promise<void> => assert.equal(await client.call({}, 'echo', { value }), value)
    await inFlight(WARM_UP, IN_FLIGHT, echo)
    const before = usedBytes().heap
    const started = performance.now()
    await inFlight(CALLS, IN_FLIGHT, echo)
    const ms = performance.now() - started
    const grown = usedBytes().heap - before
    t.diagnostic(
      `${CALLS} calls in ${Math.round(ms)} ms, heap ${(grown / 1024).toFixed(0)} KiB more than after the warm-up`,
    )
    assert.ok(grown < MAX_GROWTH_BYTES, `the heap grew by ${grown} bytes in ${CALLS} calls`)
  })

  it('delivers every cast exactly once', async () => {
    const client = new RpcClient<EchoApi>(open(), { topic: 'soak' }, { timeoutMs: 30_000 })
    const all = once(events, 'all')
    await inFlight(CASTS, IN_FLIGHT, (value) => client.cast({}, 'note', { value }))
    await all
    // Whatever came twice has come when the servers are drained.
    await Promise.all(servers.map((server) => server.stop()))
    assert.deepEqual(
      noted.toSorted((a, b) => a - b),
      Array.from({ length: CASTS }, (_, index) => index),
    )
  })
})
