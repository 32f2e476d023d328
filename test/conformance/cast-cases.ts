import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingRequest } from '../../src/messaging/driver.ts'
import { MessageDeliveryFailureError } from '../../src/messaging/errors.ts'
import { BRIEF, type CreateBus, Inbox, listen, openFixture, PATIENCE_MS, request, WAIT } from './bus-fixture.ts'

const group = { topic: 'compute' }
const node = { topic: 'compute', server: 'node-1' }
const payloadOf = (incoming: IncomingRequest): unknown => (incoming.message.args as { value: unknown }).value

export function castCases(createBus: CreateBus): void {
  describe('a cast', () => {
    it('reaches one server, which has nothing to answer', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      await client.cast(group, request('note', { value: 1 }, { user: 'alice' }), WAIT)
      const incoming = await inbox.at(0)
      assert.equal(incoming.expectsReply, false)
      assert.deepEqual(incoming.context, { user: 'alice' })
      incoming.acknowledge()
      await incoming.reply('ignored')
      await incoming.fail('ignored')
      await incoming.heartbeat()
      incoming.done()
    })

    it('reaches the one server that it names', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const first = await listen(server, node)
      const second = await listen(newDriver(), { topic: 'compute', server: 'node-2' })
      await client.cast({ topic: 'compute', server: 'node-2' }, request('note', { value: 2 }), WAIT)
      assert.equal(payloadOf(await second.inbox.at(0)), 2)
      assert.equal(first.inbox.received.length, 0)
    })

    it('keeps its order on the way to one server', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await acknowledging(server)
      const values = Array.from({ length: 50 }, (_, value) => value)
      await Promise.all(values.map((value) => client.cast(group, request('note', { value }), WAIT)))
      assert.deepEqual((await inbox.count(50)).map(payloadOf), values)
    })

    it('with fanout reaches each of three servers exactly once', async (t) => {
      const { client, newDriver } = await openFixture(t, createBus)
      const servers = await Promise.all(
        ['node-1', 'node-2', 'node-3'].map((name) => listen(newDriver(), { topic: 'compute', server: name })),
      )
      await client.cast({ ...group, fanout: true }, request('note', { value: 'first' }), WAIT)
      await client.cast({ ...group, fanout: true }, request('note', { value: 'last' }), WAIT)
      for (const { inbox } of servers) {
        await inbox.count(2)
        assert.deepEqual(inbox.received.map(payloadOf), ['first', 'last'])
      }
    })

    it('with fanout wins over a server that is named too', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const first = await listen(server, node)
      const second = await listen(newDriver(), { topic: 'compute', server: 'node-2' })
      await client.cast({ ...node, fanout: true }, request('note', { value: 1 }), WAIT)
      await Promise.all([first.inbox.at(0), second.inbox.at(0)])
    })

    it('with fanout stays within its exchange', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const one = await listen(server, { ...node, exchange: 'one' })
      const two = await listen(newDriver(), { ...node, exchange: 'two' })
      await client.cast({ ...group, exchange: 'one', fanout: true }, request('note', { value: 1 }), WAIT)
      await client.cast({ ...group, exchange: 'two', fanout: true }, request('note', { value: 2 }), WAIT)
      assert.equal(payloadOf(await one.inbox.at(0)), 1)
      assert.equal(payloadOf(await two.inbox.at(0)), 2)
    })

    it('to nobody rejects with MessageDeliveryFailureError at its deadline', async (t) => {
      const { client } = await openFixture(t, createBus)
      await assert.rejects(client.cast(group, request('note'), BRIEF), MessageDeliveryFailureError)
      await assert.rejects(client.cast({ ...group, fanout: true }, request('note'), BRIEF), MessageDeliveryFailureError)
    })

    it('to nobody is given up when aborted', async (t) => {
      const { client } = await openFixture(t, createBus)
      const controller = new AbortController()
      const cast = client.cast(group, request('note'), { ...WAIT, signal: controller.signal })
      const reason = new Error('changed my mind')
      controller.abort(reason)
      await assert.rejects(cast, reason)
    })

    it('waits for a server that is slow to take more, and is not lost', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const casts = Promise.all(
        Array.from({ length: 500 }, (_, value) => client.cast(group, request('note', { value }), WAIT)),
      )
      for (let i = 0; i < 500; i += 1) {
        const incoming = await inbox.at(i)
        incoming.acknowledge()
        incoming.done()
      }
      await casts
      const values = inbox.received.map(payloadOf)
      assert.equal(new Set(values).size, 500)
    })

    it('with arguments that JSON cannot express rejects with a TypeError', async (t) => {
      const { client } = await openFixture(t, createBus)
      await assert.rejects(client.cast(group, request('note', { value: 1, when: Promise.resolve() }), WAIT), TypeError)
    })
  })
}

async function acknowledging(driver: Parameters<typeof listen>[0]): Promise<{ inbox: Inbox<IncomingRequest> }> {
  const inbox = new Inbox<IncomingRequest>()
  const take = (incoming: IncomingRequest): void => {
    incoming.acknowledge()
    incoming.done()
    inbox.add(incoming)
  }
  await driver.listen(node, take, { readyTimeoutMs: PATIENCE_MS })
  return { inbox }
}
