// The three ways of a request over the embedded router: to one server, to any, to all.

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createTransport, RpcClient, serveRpc, type Transport } from '../../../src/index.ts'
import { startRouter } from '../../../src/router/index.ts'
import { until } from '../router/bus.ts'

interface Counter {
  readonly name: string
  readonly transport: Transport
  readonly values: number[]
}

/** Three servers that note what they are given, each on a connection of its own. */
async function threeServers(t: TestContext): Promise<{ client: RpcClient; servers: Counter[] }> {
  const router = await startRouter()
  t.after(() => router.close())
  const open = (): Transport => {
    const transport = createTransport(router.url)
    t.after(() => transport.close())
    return transport
  }
  const servers: Counter[] = []
  for (const name of ['s1', 's2', 's3']) {
    const values: number[] = []
    const transport = open()
    const add = (_context: object, { value }: { value: number }): string => {
      values.push(value)
      return name
    }
    await serveRpc(transport, { topic: 'tt', server: name }, [{ add }])
    servers.push({ name, transport, values })
  }
  return { client: new RpcClient(open(), { topic: 'tt' }), servers }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, value) => value)

describe('requests among three servers of a topic', () => {
  it('go to the one that they name, and change nothing at the others', async (t) => {
    const { client, servers } = await threeServers(t)
    const second = client.prepare({ server: 's2' })
    assert.equal(await second.call({}, 'add', { value: 1 }), 's2')
    await second.cast({}, 'add', { value: 2 })
    await until(() => servers[1]?.values.length === 2)
    assert.deepEqual(
      servers.map(({ values }) => values),
      [[], [1, 2], []],
    )
  })

  it('are spread over all of them when they name none, and each serves its share in order', async (t) => {
    const { client, servers } = await threeServers(t)
    const answers: unknown[] = []
    for (const value of numbers(14)) answers.push(await client.call({}, 'add', { value }))
    assert.deepEqual(new Set(answers), new Set(['s1', 's2', 's3']))
    for (const { name, values } of servers)
      assert.deepEqual(
        values,
        numbers(14).filter((value) => answers[value] === name),
      )
  })

  it('are shared among them as casts too, each to one', async (t) => {
    const { client, servers } = await threeServers(t)
    await Promise.all(numbers(30).map((value) => client.cast({}, 'add', { value })))
    const seen = (): number[] => servers.flatMap(({ values }) => values)
    await until(() => seen().length === 30)
    assert.deepEqual(
      seen().toSorted((a, b) => a - b),
      numbers(30),
    )
    for (const { values } of servers) assert.ok(values.length > 0)
  })

  it('go to all of them by fan-out, once', async (t) => {
    const { client, servers } = await threeServers(t)
    const all = client.prepare({ fanout: true })
    for (const value of numbers(5)) await all.cast({}, 'add', { value })
    await until(() => servers.every(({ values }) => values.length >= 5))
    for (const { values } of servers) assert.deepEqual(values, numbers(5))
  })

  it('that take too long do not hold up those that do not', async (t) => {
    const { client, servers } = await threeServers(t)
    const transport = servers[0]?.transport as Transport
    const endpoint = { hang: () => new Promise(() => {}), quick: (_: object, { n }: { n: number }) => n }
    const server = await serveRpc(transport, { topic: 'mixed', server: 's1' }, [endpoint])
    const mixed = client.prepare({ topic: 'mixed' })
    const enough = new AbortController()
    const long = assert.rejects(mixed.call({}, 'hang', {}, { signal: enough.signal }), { message: 'enough' })
    assert.deepEqual(await Promise.all(numbers(10).map((n) => mixed.call({}, 'quick', { n }))), numbers(10))
    enough.abort(new Error('enough'))
    await long
    await server.stop({ drainTimeoutMs: 0 })
  })
})

describe('the virtual host of a URL', () => {
  for (const addressing of ['legacy', 'routable']) {
    it(`keeps those of one to themselves, with ${addressing} addresses`, async (t) => {
      const router = await startRouter()
      t.after(() => router.close())
      const hosts = ['', '/A', '/B', '/C']
      const calls = new Map<string, string[]>()
      const clients: RpcClient[] = []
      for (const host of hosts) {
        const transport = createTransport(`${router.url}${host}?addressing_mode=${addressing}`)
        t.after(() => transport.close())
        const seen: string[] = []
        calls.set(host, seen)
        const note = (_: object, { from }: { from: string }): string => {
          seen.push(from)
          return host
        }
        await serveRpc(transport, { topic: 'tt', server: 's1' }, [{ note }])
        clients.push(new RpcClient(transport, { topic: 'tt' }))
      }
      for (const [index, from] of hosts.entries()) {
        const client = clients[index] as RpcClient
        assert.equal(await client.call({}, 'note', { from }), from)
        assert.equal(await client.prepare({ server: 's1' }).call({}, 'note', { from }), from)
        await client.prepare({ fanout: true }).cast({}, 'note', { from })
      }
      await until(() => [...calls.values()].every((seen) => seen.length >= 3))
      for (const [host, seen] of calls) assert.deepEqual(seen, [host, host, host])
    })
  }
})
