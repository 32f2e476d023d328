import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MessageDeliveryFailureError, MessagingTimeoutError } from '../../src/messaging/errors.ts'
import { serializeFailure } from '../../src/messaging/failure.ts'
import { RemoteError } from '../../src/messaging/remote-errors.ts'
import { answerWith, BRIEF, type CreateBus, listen, openFixture, request, serve, WAIT } from './bus-fixture.ts'

const group = { topic: 'compute' }
const node = { topic: 'compute', server: 'node-1' }

export function callCases(createBus: CreateBus): void {
  describe('a call', () => {
    it('is answered with what the server replies', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      await serve(server, node)
      assert.equal(await client.call(group, request('echo', { value: 'hi' }), WAIT), 'hi')
    })

    it('brings method, arguments and context to the server as they were', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await serve(server, node)
      await client.call(group, request('echo', { value: [1, { a: null }] }, { user: 'alice' }), WAIT)
      const incoming = await inbox.at(0)
      assert.deepEqual(incoming.message, { method: 'echo', args: { value: [1, { a: null }] } })
      assert.deepEqual(incoming.context, { user: 'alice' })
      assert.equal(incoming.expectsReply, true)
    })

    it('tells the server how long the caller waits', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await serve(server, node)
      await client.call(group, request('echo', { value: 1 }), { ...WAIT, callMonitorTimeoutMs: 2500 })
      const incoming = await inbox.at(0)
      assert.equal(incoming.callMonitorTimeoutMs, 2500)
      assert.ok(incoming.ttlMs !== undefined && incoming.ttlMs > 0 && incoming.ttlMs <= WAIT.timeoutMs)
    })

    it('reaches the one server that it names', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      await serve(server, node, () => 'node-1')
      await serve(newDriver(), { topic: 'compute', server: 'node-2' }, () => 'node-2')
      assert.equal(await client.call({ topic: 'compute', server: 'node-2' }, request('who'), WAIT), 'node-2')
      assert.equal(await client.call({ topic: 'compute', server: 'node-1' }, request('who'), WAIT), 'node-1')
    })

    it('to a group is answered by one server only', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const first = await serve(server, node)
      const second = await serve(newDriver(), { topic: 'compute', server: 'node-2' })
      for (let value = 0; value < 10; value += 1)
        assert.equal(await client.call(group, request('echo', { value }), WAIT), value)
      assert.equal(first.inbox.received.length + second.inbox.received.length, 10)
    })

    it('stays within its exchange', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      await serve(server, { ...node, exchange: 'one' }, () => 'one')
      await serve(newDriver(), { ...node, exchange: 'two' }, () => 'two')
      assert.equal(await client.call({ ...group, exchange: 'two' }, request('who'), WAIT), 'two')
      assert.equal(await client.call({ ...group, exchange: 'one' }, request('who'), WAIT), 'one')
      await assert.rejects(client.call({ ...group, exchange: 'three' }, request('who'), BRIEF), MessagingTimeoutError)
    })

    it('carries text of all scripts, escapes and control characters', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      await serve(server, node)
      const value = { text: 'héllo € 😀 "quoted" \\ \b\f\n\r\t \u0000 \u2028 \u007f', ключ: '値' }
      assert.deepEqual(await client.call(group, request('echo', { value }), WAIT), value)
    })

    it('carries integers beyond 2^53, NaN and the infinities', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      await serve(server, node)
      const value = [
        9007199254740993n,
        -18446744073709551616n,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        -0,
      ]
      assert.deepEqual(await client.call(group, request('echo', { value }), WAIT), value)
    })

    it('carries a megabyte both ways', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      await serve(server, node)
      const value = 'x'.repeat(1024 * 1024)
      assert.equal(await client.call(group, request('echo', { value }), WAIT), value)
    })

    it('that returns nothing resolves with null', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      await serve(server, node, () => undefined)
      assert.equal(await client.call(group, request('nothing'), WAIT), null)
    })

    it('is one of many: 64 at a time each get their own reply', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      await serve(server, node)
      const values = Array.from({ length: 64 }, (_, value) => value)
      assert.deepEqual(
        await Promise.all(values.map((value) => client.call(group, request('echo', { value }), WAIT))),
        values,
      )
    })

    it('gets its own reply also when replies come in another order', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const calls = Promise.all([1, 2, 3].map((value) => client.call(group, request('echo', { value }), WAIT)))
      for (const incoming of [...(await inbox.count(3))].reverse()) {
        await answerWith(incoming, (incoming.message.args as { value: number }).value * 10)
      }
      assert.deepEqual(await calls, [10, 20, 30])
    })

    it('rejects with a RemoteError when the endpoint failed', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('fail'), WAIT)
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      await incoming.fail(serializeFailure(new RangeError('boom €')))
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof RemoteError)
        assert.deepEqual([error.excType, error.module, error.value], ['ValueError', 'builtins', 'boom €'])
        return true
      })
    })

    it('rejects with a RemoteError also when the failure cannot be understood', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('fail'), WAIT)
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      await incoming.fail('certainly not JSON')
      await assert.rejects(call, (error) => error instanceof RemoteError && error.value === 'certainly not JSON')
    })

    it('times out when nobody listens', async (t) => {
      const { client } = await openFixture(t, createBus)
      await assert.rejects(client.call(group, request('echo'), BRIEF), MessagingTimeoutError)
    })

    it('times out when nobody answers, and a late reply harms nobody', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      await assert.rejects(client.call(group, request('slow'), BRIEF), MessagingTimeoutError)
      const incoming = await inbox.at(0)
      await answerWith(incoming, 'late').catch(() => {})
      const next = client.call(group, request('next'), WAIT)
      await answerWith(await inbox.at(1), 'in time')
      assert.equal(await next, 'in time')
    })

    it('waits for a server that comes in time', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const call = client.call(group, request('echo', { value: 'patience' }), WAIT)
      await serve(server, node)
      assert.equal(await call, 'patience')
    })

    it('counts its first reply only', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('twice'), WAIT)
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      await incoming.reply('first')
      await incoming.reply('second').catch(() => {})
      assert.equal(await call, 'first')
    })

    it('that a server gives back is delivered again', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('echo'), WAIT)
      const first = await inbox.at(0)
      first.requeue()
      first.done()
      await answerWith(await inbox.at(1), 'second try')
      assert.equal(await call, 'second try')
    })

    it('that a server refuses rejects with MessageDeliveryFailureError', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('echo'), WAIT)
      const incoming = await inbox.at(0)
      incoming.reject('nobody understands it')
      incoming.done()
      await assert.rejects(call, MessageDeliveryFailureError)
    })

    it('with arguments that JSON cannot express rejects with a TypeError that names them', async (t) => {
      const { client } = await openFixture(t, createBus)
      await assert.rejects(client.call(group, request('echo', { value: () => 1 }), WAIT), (error) => {
        return error instanceof TypeError && error.message.includes('args.value')
      })
    })

    it('can be failed when its result cannot be expressed in JSON', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('echo'), WAIT)
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      await assert.rejects(incoming.reply(Symbol('nothing to send')), TypeError)
      await incoming.fail(serializeFailure(new TypeError('no result')))
      await assert.rejects(call, (error) => error instanceof RemoteError && error.excType === 'TypeError')
    })

    it('rejects with the reason of its signal when aborted', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const controller = new AbortController()
      const call = client.call(group, request('slow'), { ...WAIT, signal: controller.signal })
      const incoming = await inbox.at(0)
      const reason = new Error('not needed any more')
      controller.abort(reason)
      await assert.rejects(call, reason)
      await answerWith(incoming, 'too late').catch(() => {})
    })

    it('rejects with the reason of its signal when that was aborted before', async (t) => {
      const { client } = await openFixture(t, createBus)
      const reason = new Error('never wanted')
      await assert.rejects(client.call(group, request('echo'), { ...WAIT, signal: AbortSignal.abort(reason) }), reason)
    })
  })
}
