// What RPC makes of a router that fails.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it, type TestContext } from 'node:test'
import type { AmqpLinkEvent } from '../../../src/amqp/index.ts'
import { createTransport, RpcClient, type RpcServer, serveRpc, type Transport } from '../../../src/index.ts'
import type { RouterOptions } from '../../../src/router/index.ts'
import { REPLIES, startRouter, type TestRouter } from '../../../src/testing/index.ts'
import { until } from '../router/bus.ts'

const REQUESTS = 'openstack.org/om/rpc/anycast/#'

interface Scene {
  readonly router: TestRouter
  readonly client: RpcClient
  readonly server: RpcServer
  /** What the endpoint was called with. */
  readonly seen: number[]
  transport(options?: Readonly<Record<string, unknown>>): Transport
}

interface SceneOptions {
  readonly router?: RouterOptions
  readonly driver?: Readonly<Record<string, unknown>>
  readonly slow?: () => Promise<void>
}

async function scene(t: TestContext, { router: routerOptions, driver, slow }: SceneOptions = {}): Promise<Scene> {
  const router = await startRouter(routerOptions)
  t.after(() => router.close())
  const transport = (options: Readonly<Record<string, unknown>> = {}): Transport => {
    const made = createTransport(router.url, {
      options: { connection_retry_interval: 1, link_retry_delay: 1, ...options },
    })
    t.after(() => made.close())
    return made
  }
  const seen: number[] = []
  const endpoint = {
    async note(_context: object, { n }: { n: number }): Promise<number> {
      await slow?.()
      seen.push(n)
      return n
    },
  }
  const server = await serveRpc(transport(), { topic: 'tt', server: 's1' }, [endpoint])
  return { router, client: new RpcClient(transport(driver), { topic: 'tt' }), server, seen, transport }
}

/** Resolves when a peer has detached a sender of this process. */
function senderDetached(t: TestContext): Promise<void> {
  return new Promise((resolve) => {
    const onLink = (message: unknown): void => {
      const { event, link, error } = message as AmqpLinkEvent
      if (event === 'detached' && link.role === 'sender' && error?.origin === 'remote') resolve()
    }
    subscribe('oslo-messaging:amqp.link', onLink)
    t.after(() => unsubscribe('oslo-messaging:amqp.link', onLink))
  })
}

describe('RPC through a router that disturbs it', () => {
  it('casts again what was released', async (t) => {
    const { router, client, seen } = await scene(t, { driver: { pre_settled: [] } })
    const released = router.chaos.release(REQUESTS, 3)
    await client.cast({}, 'note', { n: 1 })
    await until(() => seen.length === 1)
    assert.equal(released.count, 3)
    assert.deepEqual(seen, [1])
  })

  it('calls again what was released', async (t) => {
    const { router, client } = await scene(t)
    const released = router.chaos.release(REQUESTS, 2)
    assert.equal(await client.call({}, 'note', { n: 7 }), 7)
    assert.equal(released.count, 2)
  })

  it('fails at once when a request is rejected, and says so', async (t) => {
    const { router, client } = await scene(t)
    router.chaos.reject(REQUESTS, 1, { condition: 'amqp:not-allowed', description: 'closed for today' })
    await assert.rejects(client.call({}, 'note', { n: 1 }), {
      code: 'MESSAGE_DELIVERY_FAILURE',
      message: /closed for today/,
    })
    assert.equal(await client.call({}, 'note', { n: 2 }), 2)
  })

  it('times out when the reply is lost, although the method ran', async (t) => {
    const { router, client, seen } = await scene(t)
    const lost = router.chaos.lose(REPLIES, 1)
    await assert.rejects(client.call({}, 'note', { n: 1 }, { timeoutMs: 300 }), { code: 'MESSAGING_TIMEOUT' })
    assert.deepEqual(seen, [1])
    assert.equal(lost.count, 1)
    assert.equal(await client.call({}, 'note', { n: 2 }), 2)
  })

  it('runs a method twice whose request is duplicated, and answers the call once', async (t) => {
    const { router, client, seen } = await scene(t)
    router.chaos.duplicate(REQUESTS, 1)
    assert.equal(await client.call({}, 'note', { n: 1 }), 1)
    await until(() => seen.length === 2)
    assert.deepEqual(seen, [1, 1])
    assert.equal(await client.call({}, 'note', { n: 2 }), 2)
  })

  it('takes no notice of a reply that comes twice', async (t) => {
    const { router, client } = await scene(t)
    router.chaos.duplicate(REPLIES)
    for (const n of [1, 2, 3]) assert.equal(await client.call({}, 'note', { n }), n)
  })

  it('waits for a request that is delayed no longer than its deadline', async (t) => {
    const { router, client } = await scene(t)
    using delayed = router.chaos.delay(REQUESTS, 3_600_000)
    const missed = assert.rejects(client.call({}, 'note', { n: 1 }, { timeoutMs: 300 }), { code: 'MESSAGING_TIMEOUT' })
    await delayed.hit()
    await missed
  })

  it('fails a call whose connection is lost while it waits, and makes the next one on a new connection', async (t) => {
    const { router, client, seen } = await scene(t)
    router.chaos.delay(REPLIES, 3_600_000, 1)
    const call = client.call({}, 'note', { n: 1 }, { timeoutMs: 60_000 })
    const failed = assert.rejects(call, { code: 'MESSAGE_DELIVERY_FAILURE', inDoubt: true })
    await until(() => router.chaos.counters.delayed === 1)
    assert.equal(router.chaos.dropConnections(), 2)
    await failed
    assert.equal(await client.call({}, 'note', { n: 2 }), 2)
    assert.deepEqual(seen, [1, 2])
  })

  it('keeps a call that has not left yet over a lost connection', async (t) => {
    const { router, client, seen } = await scene(t)
    const withheld = router.chaos.withholdCredit(REQUESTS)
    const call = client.call({}, 'note', { n: 1 }, { timeoutMs: 60_000 })
    await until(() => router.counters.producers === 1)
    assert.equal(router.chaos.dropConnections(), 2)
    await until(() => router.counters.connections === 2)
    withheld.stop()
    assert.equal(await call, 1)
    assert.deepEqual(seen, [1])
  })

  it('has servers attach again when their links are detached', async (t) => {
    const { router, client } = await scene(t)
    assert.ok(router.chaos.detachLinks({ address: 'openstack.org/om/rpc/#', role: 'receiver' }) >= 3)
    assert.equal(await client.call({}, 'note', { n: 1 }), 1)
  })

  it('has clients attach again when theirs are', async (t) => {
    const { router, client } = await scene(t)
    assert.equal(await client.call({}, 'note', { n: 1 }), 1)
    const detached = senderDetached(t)
    assert.ok(router.chaos.detachLinks({ role: 'sender', address: REQUESTS }) === 1)
    await detached // what leaves before it hears of that is in doubt
    assert.equal(await client.call({}, 'note', { n: 2 }), 2)
  })
})

describe('3000 casts to a slow server through a router that drops pre-settled messages', () => {
  /** A few at a time, each over several turns of the event loop. */
  const slow = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const CASTS = Array.from({ length: 3000 }, (_, n) => n)
  const asQpid: RouterOptions = { dropSettledOfSlow: true, product: 'qpid-dispatch-router' }

  it('all arrive where the product is known to drop: they are sent unsettled', async (t) => {
    const { router, client, seen } = await scene(t, { router: asQpid, slow })
    await Promise.all(CASTS.map((n) => client.cast({}, 'note', { n })))
    await until(() => seen.length >= 3000)
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      CASTS,
    )
    assert.equal(router.counters.droppedForSlow, 0)
  })

  it('are lost where the application insists on pre-settled ones, and each that is lost is counted', async (t) => {
    const { router, client, seen } = await scene(t, { router: asQpid, driver: { pre_settled: ['rpc-cast'] }, slow })
    await Promise.all(CASTS.map((n) => client.cast({}, 'note', { n })))
    await until(() => seen.length + router.counters.droppedForSlow === 3000)
    assert.ok(router.counters.droppedForSlow > 0)
    assert.equal(new Set(seen).size, seen.length)
  })

  it('all arrive pre-settled where nothing is dropped', async (t) => {
    const { router, client, seen } = await scene(t, { driver: { pre_settled: ['rpc-cast'] }, slow })
    await Promise.all(CASTS.map((n) => client.cast({}, 'note', { n })))
    await until(() => seen.length === 3000)
    assert.equal(router.counters.droppedForSlow, 0)
  })
})
