// Calls while all that they depend on is killed again and again: router, connections, links, servers. Every call settles once, with
// its own result or an error that says why; none runs twice; and nothing of it all is left behind.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  createTransport,
  MessagingError,
  RpcClient,
  type RpcServer,
  serveRpc,
  type Transport,
} from '../../src/index.ts'
import { startRouter, type TestRouter } from '../../src/testing/index.ts'
import { assertFlat, inFlight } from '../support/flat-memory.ts'
import { Random } from '../support/random.ts'
import { SEED } from '../support/seed.ts'

const WARM_UP = 20_000
const CALLS = 200_000
const IN_FLIGHT = 64
/** Calls between one blow and the next. */
const BETWEEN = 4_000

/** What the network of this test gives: a link and a connection come back as soon as they may. */
const OPTIONS = { options: { connection_retry_interval: 1, connection_retry_backoff: 0, link_retry_delay: 1 } }

interface Api {
  echo(args: { readonly value: number }): number
}

describe('a long run of calls under blows', () => {
  let router: TestRouter
  let port = 0
  let client: RpcClient<Api>
  const transports: Transport[] = []
  const servers = new Map<string, RpcServer>()
  /** How often each call was run. */
  let runs = new Uint8Array(0)

  const open = (): Transport => {
    const transport = createTransport(`amqp://127.0.0.1:${port}`, OPTIONS)
    transports.push(transport)
    return transport
  }

  const serve = async (name: string, transport: Transport): Promise<void> => {
    const endpoint = {
      echo: async (_: unknown, { value }: { value: number }) => {
        runs[value] = (runs[value] ?? 0) + 1
        if (value % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
        return value
      },
    }
    servers.set(name, await serveRpc(transport, { topic: 'soak', server: name }, [endpoint]))
  }

  const restartRouter = async (): Promise<void> => {
    router.chaos.dropConnections()
    await router.close()
    router = await startRouter({ port })
  }

  const restartServer = async (name: string): Promise<void> => {
    const index = name === 'one' ? 0 : 1
    const [server, transport] = [servers.get(name), transports[index]]
    transports[index] = createTransport(`amqp://127.0.0.1:${port}`, OPTIONS)
    await server?.stop({ drainTimeoutMs: 0 })
    await transport?.close()
    await serve(name, transports[index] as Transport)
  }

  const BLOWS: readonly (() => unknown)[] = [
    () => router.chaos.dropConnections(),
    () => router.chaos.detachLinks(),
    () => router.chaos.detachLinks({ role: 'receiver' }),
    () => router.chaos.detachLinks({ role: 'sender' }),
    restartRouter,
    () => restartServer('one'),
    () => restartServer('two'),
  ]

  /** All calls, with the blows in their order: one at a time, and a blow is over before the next one falls. */
  const run = async (count: number, random: Random): Promise<Map<string, number>> => {
    runs = new Uint8Array(count)
    const outcomes = new Map<string, number>()
    let settled = 0
    let blow: Promise<unknown> | undefined
    const strike = async (): Promise<void> => {
      await BLOWS[random.below(BLOWS.length)]?.()
      blow = undefined
    }
    await inFlight(count, IN_FLIGHT, async (value) => {
      const outcome = await client.call({}, 'echo', { value }).then(
        (result) => {
          assert.equal(result, value)
          assert.equal(runs[value], 1)
          return 'ok'
        },
        (error: unknown) => {
          assert.ok(error instanceof MessagingError, `${error}`)
          return error.code
        },
      )
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      settled += 1
      if (settled % BETWEEN === 0 && settled < count - IN_FLIGHT && !blow) blow = strike()
    })
    await blow
    return outcomes
  }

  before(async () => {
    router = await startRouter()
    port = router.port
    await serve('one', open())
    await serve('two', open())
    client = new RpcClient<Api>(open(), { topic: 'soak' }, { timeoutMs: 20_000 })
  })

  after(async () => {
    await Promise.all([...servers.values()].map((server) => server.stop({ drainTimeoutMs: 0 })))
    await Promise.all(transports.map((transport) => transport.close()))
    await router.close()
  })

  it('settles each of them once, runs none twice, and leaves nothing behind', async (t) => {
    const random = new Random(SEED)
    t.diagnostic(`seed ${SEED}`)
    let outcomes = new Map<string, number>()
    await assertFlat(
      t,
      `${CALLS} calls`,
      () => run(WARM_UP, random),
      async () => {
        outcomes = await run(CALLS, random)
      },
    )
    t.diagnostic([...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', '))
    let settled = 0
    for (const count of outcomes.values()) settled += count
    assert.equal(settled, CALLS)
    for (let value = 0; value < CALLS; value++)
      assert.ok((runs[value] ?? 0) <= 1, `call ${value} ran ${runs[value]} times`)
    assert.ok((outcomes.get('ok') ?? 0) > CALLS * 0.95, 'nearly all of them should have come through')
  })
})
