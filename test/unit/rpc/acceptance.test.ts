// When a request is accepted: as its method starts, and never on arrival.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Transport } from '../../../src/messaging/transport.ts'
import { parseTransportUrl } from '../../../src/messaging/transport-url.ts'
import { RpcClient } from '../../../src/rpc/client.ts'
import { type FailedRequest, serveRpc } from '../../../src/rpc/server.ts'
import { ANYCAST, testDriver, testRelay } from '../amqp1/drivers.ts'

describe('a request to a server over AMQP', () => {
  it('is accepted when its method starts, before it has run, and not while it waits for its turn', async (t) => {
    const relay = await testRelay(t)
    const url = parseTransportUrl(relay.url)
    const ends: (() => void)[] = []
    const endpoint = { work: () => new Promise<void>((resolve) => void ends.push(resolve)) }
    const server = await serveRpc(
      new Transport(url, testDriver(t, relay.url)),
      { topic: 'tt', server: 's1' },
      [endpoint],
      { concurrency: 1 },
    )
    const client = new RpcClient(new Transport(url, testDriver(t, relay.url)), { topic: 'tt' })
    const calls = [client.call({}, 'work'), client.call({}, 'work')]
    const requests = () => relay.messages.filter(({ address }) => address === ANYCAST)
    const isAccepted = () => requests().map(({ delivery }) => delivery.settled)
    await relay.until(() => isAccepted()[0] === true && requests().length === 2)
    assert.deepEqual([ends.length, isAccepted()], [1, [true, false]])
    ends[0]?.()
    await relay.until(() => isAccepted()[1] === true)
    ends[1]?.()
    assert.deepEqual(await Promise.all(calls), [null, null])
    assert.deepEqual(await server.stop(), { done: 2, released: 0, lost: 0 })
  })

  it('that was not started is released when the server stops', async (t) => {
    const relay = await testRelay(t)
    const url = parseTransportUrl(relay.url)
    let end: (() => void) | undefined
    const endpoint = { work: () => new Promise<void>((resolve) => (end = resolve)) }
    const transport = new Transport(url, testDriver(t, relay.url))
    const server = await serveRpc(transport, { topic: 'tt', server: 's1' }, [endpoint], { concurrency: 1 })
    const client = new RpcClient(new Transport(url, testDriver(t, relay.url)), { topic: 'tt' })
    const running = client.call({}, 'work')
    await relay.until(() => relay.messages[0]?.delivery.settled === true)
    const waiting = client.call({}, 'work', {}, { retry: 0 })
    const failed = assert.rejects(waiting, { code: 'MESSAGE_DELIVERY_FAILURE', inDoubt: false, message: /released/ })
    await relay.until(() => relay.messages.length === 2)
    const stopped = server.stop()
    await failed
    end?.()
    assert.equal(await running, null)
    assert.deepEqual(await stopped, { done: 1, released: 1, lost: 0 })
  })

  it('whose reply nobody takes is told to onError, with the reason, and holds up nobody', async (t) => {
    const relay = await testRelay(t)
    const transport = new Transport(
      parseTransportUrl(relay.url),
      testDriver(t, relay.url, { defaultReplyTimeoutMs: 1_000 }),
    )
    const told = new Promise<[unknown, FailedRequest]>((resolve) => {
      const onError = (error: unknown, request: FailedRequest): void => resolve([error, request])
      void serveRpc(transport, { topic: 'tt', server: 's1' }, [{ hit: () => 'hit' }], { onError }).then(() =>
        relay.consumers(ANYCAST)[0]?.send({
          properties: { messageId: 'x', replyTo: 'temp.nobody' },
          body: { type: 'value', value: '{"request": {"method": "hit", "args": {}}, "context": {}}' },
        }),
      )
    })
    const [error, { method }] = await told
    assert.equal(method, 'hit')
    assert.match(
      String(error),
      /^MessageDeliveryFailureError: reply of "hit" to "temp.nobody" on .*: not sent within 1000 ms, no consumer: the peer never granted credit/,
    )
    const client = new RpcClient(transport, { topic: 'tt' })
    assert.equal(await client.call({}, 'hit', {}, { timeoutMs: 10_000 }), 'hit')
  })
})
