// RPC over the imitated Service Bus, where the suite of intermediaries has no scenario: tokens, and sessions that are lost.

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type TestContext, test } from 'node:test'
import { createTransport, RpcClient, serveRpc, type Transport } from '../../../src/index.ts'
import { ServiceBusBroker, type ServiceBusOptions } from '../../intermediaries/service-bus-broker.ts'

const TOKEN = 'SharedAccessSignature sr=blue&sig=c2VjcmV0&se=4102444800&skn=all'

interface Bus {
  open(options?: Record<string, unknown>): Transport
}

async function start(t: TestContext, options: ServiceBusOptions, tokens: boolean): Promise<Bus> {
  const broker = new ServiceBusBroker(options)
  const { port } = await broker.listen({}, tokens)
  const transports: Transport[] = []
  t.after(async () => {
    await Promise.all(transports.map((transport) => transport.close()))
    await broker.close()
  })
  return {
    open(values = {}) {
      const transport = createTransport(`amqp://127.0.0.1:${port}?profile=service-bus`, { options: values })
      transports.push(transport)
      return transport
    },
  }
}

const echo = (_: object, { value }: { value?: unknown }): unknown => value

test('who shows the token for each entity may call, serve and fan out', async (t) => {
  const bus = await start(t, { token: TOKEN }, true)
  const options = { cbs_token: TOKEN }
  let told: (value: unknown) => void = () => {}
  const fanOut = new Promise<unknown>((resolve) => {
    told = resolve
  })
  const note = (_: object, { value }: { value?: unknown }): void => told(value)
  await serveRpc(bus.open(options), { topic: 't', server: 's' }, [{ echo, note }])
  const client = new RpcClient(bus.open(options), { topic: 't' })
  assert.equal(await client.call({}, 'echo', { value: 1 }), 1)
  assert.equal(await client.prepare({ server: 's' }).call({}, 'echo', { value: 2 }), 2)
  await client.prepare({ fanout: true }).cast({}, 'note', { value: 3 })
  assert.equal(await fanOut, 3)
})

test('a token that is refused is said to be, and not shown', async (t) => {
  const bus = await start(t, { token: TOKEN }, true)
  const wrong = 'SharedAccessSignature sr=blue&sig=d3Jvbmc%3D&se=1&skn=all'
  const serving = serveRpc(bus.open({ cbs_token: wrong }), { topic: 't', server: 's' }, [{ echo }], {
    readyTimeoutMs: 1_000,
  })
  await assert.rejects(serving, (error: Error & { code?: string }) => {
    assert.equal(error.code, 'MESSAGING_TIMEOUT')
    assert.match(error.message, /put-token unicast\.openstack\.t: refused by the peer, status 401: InvalidSignature/)
    assert.doesNotMatch(error.message, /SharedAccess|d3Jv/)
    return true
  })
  const client = new RpcClient(bus.open({ cbs_token: wrong }), { topic: 't' }, { timeoutMs: 1_000 })
  await assert.rejects(client.call({}, 'echo'), /put-token unicast\.openstack\.t: .*status 401/)
})

test('a reply link whose session is lost is attached again, and calls go on', async (t) => {
  const bus = await start(t, { sessionLockMs: 100 }, false)
  await serveRpc(bus.open(), { topic: 't', server: 's' }, [{ echo }])
  const client = new RpcClient(bus.open(), { topic: 't' })
  const lost = new Promise<void>((resolve) => {
    const onLink = (message: unknown): void => {
      const { link, event } = message as { link: string; event: string }
      if (link === 'reply-receiver' && event === 'lost') resolve()
    }
    subscribe('oslo-messaging:link', onLink)
    t.after(() => unsubscribe('oslo-messaging:link', onLink))
  })
  assert.equal(await client.call({}, 'echo', { value: 1 }), 1)
  await lost
  assert.equal(await client.call({}, 'echo', { value: 2 }), 2)
})
