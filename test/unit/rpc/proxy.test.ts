import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { createTransport, RpcClient, serveRpc } from '../../../src/index.ts'

interface ComputeApi {
  reboot(args: { readonly id: number }): string
  ping(): string
  then(args: { readonly id: number }): string
}

async function compute(t: TestContext) {
  const called: string[] = []
  const transport = createTransport(`memory://${t.name}`)
  const server = await serveRpc(transport, { topic: 'compute', server: 'one' }, [
    {
      reboot: (context: object, { id }: { id: number }) => {
        called.push('reboot')
        return `${JSON.stringify(context)} ${id}`
      },
      ping: () => void called.push('ping'),
      ...Object.fromEntries([['then', () => void called.push('then')]]),
    },
  ])
  t.after(async () => {
    await server.stop()
    await transport.close()
  })
  const client = new RpcClient<ComputeApi>(transport, { topic: 'compute' }, { timeoutMs: 5_000 })
  return { client, called }
}

describe('a proxy', () => {
  it('calls the method that is called on it, with its context', async (t) => {
    const { client } = await compute(t)
    const proxy = client.proxy({ user: 'ada' })
    assert.equal(await proxy.reboot({ id: 7 }), '{"user":"ada"} 7')
    assert.equal(await proxy.ping(), null)
    assert.equal(proxy.ping, proxy.ping)
  })

  it('takes the options of a call, and rejects as a call does', async (t) => {
    const { client } = await compute(t)
    const aborted = AbortSignal.abort(new Error('changed my mind'))
    await assert.rejects(client.proxy({}).reboot({ id: 7 }, { signal: aborted }), { message: 'changed my mind' })
    const other = client as unknown as RpcClient<{ nope(): void }>
    await assert.rejects(other.proxy({}).nope(), { code: 'REMOTE_ERROR', excType: 'NoSuchMethod' })
    assert.throws(() => client.proxy(undefined as unknown as object), { code: 'INVALID_ARGUMENT' })
  })

  it('sends nothing when it is awaited, printed, compared, spread or turned into JSON', async (t) => {
    const { client, called } = await compute(t)
    const proxy = await (async () => client.proxy({}))()
    assert.equal(typeof inspect(proxy), 'string')
    assert.equal(JSON.stringify({ proxy }), '{"proxy":{}}')
    assert.deepEqual({ ...proxy }, {})
    assert.equal(proxy === client.proxy({}), false)
    const names = ['then', 'toJSON', 'constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty', 'inspect']
    for (const name of names) assert.equal((proxy as unknown as Record<string, unknown>)[name], undefined, name)
    for (const symbol of [Symbol.iterator, Symbol.asyncDispose, Symbol.toPrimitive])
      assert.equal((proxy as unknown as Record<symbol, unknown>)[symbol], undefined)
    assert.throws(() => Object.assign(proxy, { reboot: 1 }), TypeError)
    assert.equal(await proxy.ping(), null)
    assert.deepEqual(called, ['ping'])
  })

  it('is checked by the compiler', () => {
    const neverRun = (client: RpcClient<ComputeApi>) => {
      const proxy = client.proxy({})
      const answer: Promise<string> = proxy.reboot({ id: 7 })
      // @ts-expect-error no such method
      proxy.rebot({ id: 7 })
      // @ts-expect-error wrong arguments
      proxy.reboot({ id: '7' })
      // @ts-expect-error missing arguments
      proxy.reboot()
      return answer
    }
    assert.equal(typeof neverRun, 'function')
  })
})
