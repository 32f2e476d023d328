// Two servers and two clients on one bus: who gets what. oslo.messaging's TestMultipleServers, every combination of it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RpcClient, type RpcServer, serveRpc } from '../../../src/index.ts'
import type { RpcArgs } from '../../../src/rpc/request.ts'
import { createMemoryTransport } from '../../../src/testing/index.ts'
import { until } from '../../integration/router/bus.ts'

interface Combination {
  readonly exchanges: readonly [string | undefined, string | undefined]
  readonly topics: readonly [string, string]
  /** Which servers the clients name; undefined: none, so any of the group. */
  readonly servers: readonly [string | undefined, string | undefined]
  readonly fanout: boolean
  readonly call: boolean
}

const pairs = <T>(same: T, first: T, second: T): (readonly [T, T])[] => [
  [same, same],
  [first, second],
]

const COMBINATIONS: Combination[] = pairs<string | undefined>(undefined, 'x1', 'x2').flatMap((exchanges) =>
  pairs('t', 't1', 't2').flatMap((topics) =>
    pairs<string | undefined>(undefined, 's1', 's2').flatMap((servers) =>
      [false, true].flatMap((fanout) =>
        (fanout ? [false] : [true, false]).map((call) => ({ exchanges, topics, servers, fanout, call })),
      ),
    ),
  ),
)

const titleOf = ({ exchanges, topics, servers, fanout, call }: Combination): string =>
  [
    fanout ? 'fan-outs' : call ? 'calls' : 'casts',
    exchanges[0] === exchanges[1] ? 'in one exchange' : 'in two exchanges',
    topics[0] === topics[1] ? 'to one topic' : 'to two topics',
    servers[0] === undefined ? 'naming no server' : 'naming their servers',
  ].join(' ')

/** Both servers can get what both clients send. */
const isShared = ({ exchanges, topics }: Combination): boolean =>
  exchanges[0] === exchanges[1] && topics[0] === topics[1]

/** What two servers saw of what two clients sent, as `<server> from <client>`; with one endpoint for both the server is `both`. */
async function seenOf({ exchanges, topics, servers, fanout, call }: Combination, most: number, apart: boolean) {
  await using transport = createMemoryTransport()
  const seen: string[] = []
  const endpointOf = (name: string) => ({
    ping: (_context: object, { value }: RpcArgs) => {
      seen.push(`${name} ${value}`)
      return value
    },
  })
  const shared = endpointOf('both')
  const running: RpcServer[] = []
  for (const n of [0, 1]) {
    const name = `s${n + 1}`
    const target = { exchange: exchanges[n], topic: topics[n] as string, server: name }
    running.push(await serveRpc(transport, target, [apart ? endpointOf(name) : shared]))
  }
  for (const n of [0, 1]) {
    const target = { exchange: exchanges[n], topic: topics[n] as string, server: servers[n], fanout }
    const value = `from ${n + 1}`
    const client = new RpcClient(transport, target)
    if (call) assert.equal(await client.call({}, 'ping', { value }), value)
    else await client.cast({}, 'ping', { value })
  }
  await until(() => seen.length >= most)
  await Promise.all(running.map((server) => server.stop()))
  return seen.toSorted()
}

describe('two servers and two clients:', () => {
  for (const combination of COMBINATIONS) {
    const twice = combination.fanout && isShared(combination)
    const most = twice ? 4 : 2

    it(`${titleOf(combination)}, one endpoint for both`, async () => {
      const both = ['both from 1', 'both from 2']
      assert.deepEqual(await seenOf(combination, most, false), twice ? [...both, ...both].toSorted() : both)
    })

    it(`${titleOf(combination)}, an endpoint for each`, async () => {
      const seen = await seenOf(combination, most, true)
      if (twice) assert.deepEqual(seen, ['s1 from 1', 's1 from 2', 's2 from 1', 's2 from 2'])
      // One of the group, whichever.
      else if (isShared(combination) && combination.servers[0] === undefined)
        assert.deepEqual(seen.map((one) => one.slice(3)).toSorted(), ['from 1', 'from 2'])
      else assert.deepEqual(seen, ['s1 from 1', 's2 from 2'])
    })
  }
})
