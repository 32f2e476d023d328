import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingRequest } from '../../src/messaging/driver.ts'
import { DriverClosedError, MalformedMessageError, MessageDeliveryFailureError } from '../../src/messaging/errors.ts'
import { defectsOf } from '../support/defects.ts'
import {
  answerWith,
  BRIEF,
  type CreateBus,
  Inbox,
  listen,
  listenNotifications,
  openFixture,
  request,
  serve,
  WAIT,
} from './bus-fixture.ts'

const group = { topic: 'compute' }
const node = { topic: 'compute', server: 'node-1' }

export function lifeCycleCases(createBus: CreateBus): void {
  describe('closing a driver', () => {
    it('settles everything that waits with DriverClosedError', async (t) => {
      const { bus, client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const waiting = [
        client.call(group, request('slow'), WAIT),
        client.call({ topic: 'nobody' }, request('echo'), WAIT),
        client.cast({ topic: 'nobody' }, request('note'), WAIT),
        // Where notifications are stored, there is none that waits for somebody.
        ...(bus.storesNotifications
          ? []
          : [client.notify({ topic: 'nobody.info' }, request('event'), { ...WAIT, format: 2 })]),
      ].map((promise) => assert.rejects(promise, DriverClosedError))
      await inbox.at(0)
      await client.close()
      await Promise.all(waiting)
    })

    it('lets nothing begin afterwards', async (t) => {
      const { client } = await openFixture(t, createBus)
      await client.close()
      await assert.rejects(client.call(group, request('echo'), WAIT), DriverClosedError)
      await assert.rejects(client.cast(group, request('note'), WAIT), DriverClosedError)
      await assert.rejects(
        client.notify({ topic: 'events.info' }, request('event'), { ...WAIT, format: 2 }),
        DriverClosedError,
      )
      await assert.rejects(listen(client, node), DriverClosedError)
      await assert.rejects(
        listenNotifications(client, [{ target: { topic: 'events' }, priority: 'info' }]),
        DriverClosedError,
      )
    })

    it('is harmless when it was never used, and when repeated', async (t) => {
      const { client } = await openFixture(t, createBus)
      await Promise.all([client.close(), client.close()])
      await client.close()
    })

    it('settles the answers of a server whose driver is gone', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listen(server, node)
      const call = client.call(group, request('slow'), BRIEF).catch((error: unknown) => error)
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      await server.close()
      await incoming.reply('nobody will hear it').catch(() => {})
      await incoming.heartbeat().catch(() => {})
      incoming.requeue()
      incoming.done()
      assert.ok((await call) instanceof Error)
    })

    it('takes a server off the bus: the others go on', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      await serve(server, node, () => 'closing')
      await serve(newDriver(), { topic: 'compute', server: 'node-2' }, () => 'staying')
      await server.close()
      for (let i = 0; i < 5; i += 1) assert.equal(await client.call(group, request('who'), WAIT), 'staying')
    })
  })

  describe('stopping a subscription', () => {
    it('lets what was handed over still be settled and answered', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox, subscription } = await listen(server, node)
      const call = client.call(group, request('last'), WAIT)
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      await subscription.stop()
      await incoming.reply('answered')
      incoming.done()
      assert.equal(await call, 'answered')
    })

    it('brings nothing new', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const { inbox, subscription } = await serve(server, node)
      assert.equal(await client.call(group, request('echo', { value: 1 }), WAIT), 1)
      await subscription.stop()
      await serve(newDriver(), { topic: 'compute', server: 'node-2' }, () => 'other')
      assert.equal(await client.call(group, request('echo', { value: 2 }), WAIT), 'other')
      assert.equal(inbox.received.length, 1)
    })

    it('gives what was handed over and not settled to others when it is requeued', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const { inbox, subscription } = await listen(server, node)
      const call = client.call(group, request('who'), WAIT)
      const incoming = await inbox.at(0)
      const stopped = subscription.stop()
      incoming.requeue()
      incoming.done()
      await stopped
      await serve(newDriver(), { topic: 'compute', server: 'node-2' }, () => 'other')
      assert.equal(await call, 'other')
    })

    it('is harmless when repeated, and after the driver was closed', async (t) => {
      const { server } = await openFixture(t, createBus)
      const { subscription } = await listen(server, node)
      await Promise.all([subscription.stop(), subscription.stop()])
      await server.close()
      await subscription.stop()
    })
  })

  describe('subscribing', () => {
    it('rejects with the reason of its signal when that was aborted before', async (t) => {
      const { server } = await openFixture(t, createBus)
      const reason = new Error('never wanted')
      await assert.rejects(listen(server, node, { signal: AbortSignal.abort(reason) }), reason)
    })

    it('twice in one driver serves both', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      await serve(server, node, () => 'compute')
      await serve(server, { topic: 'storage', server: 'node-1' }, () => 'storage')
      assert.equal(await client.call({ topic: 'storage' }, request('who'), WAIT), 'storage')
      assert.equal(await client.call(group, request('who'), WAIT), 'compute')
    })

    it('goes on after a message that is none, and tells about it', async (t) => {
      const { bus, client, server } = await openFixture(t, createBus)
      if (!bus.sendMalformed) return t.skip('this bus cannot send one')
      const errors = new Inbox<Error>()
      const { inbox } = await listen(server, node, { onMalformed: errors.add })
      for (const body of [
        'not JSON',
        '[]',
        '{}',
        '{"request": 1}',
        '{"request": {"oslo.version": "3.0", "oslo.message": "{}"}}',
      ]) {
        await bus.sendMalformed(node, body)
      }
      for (const error of await errors.count(5)) assert.ok(error instanceof MalformedMessageError)
      const call = client.call(group, request('echo'), WAIT)
      await answerWith(await inbox.at(0), 'still here')
      assert.equal(await call, 'still here')
    })
  })

  describe('an application that throws', () => {
    it('in its handler has the message refused, and the subscription goes on', async (t) => {
      const defects = defectsOf(t)
      const { client, server } = await openFixture(t, createBus)
      const inbox = new Inbox<IncomingRequest>()
      await server.listen(
        node,
        (incoming) => {
          if (incoming.message.method === 'broken') throw new Error('a defect')
          inbox.add(incoming)
        },
        {},
      )
      await assert.rejects(client.call(group, request('broken'), WAIT), MessageDeliveryFailureError)
      assert.deepEqual(
        defects.map(({ error }) => String(error)),
        ['Error: a defect'],
      )
      const call = client.call(group, request('echo'), WAIT)
      await answerWith(await inbox.at(0), 'still here')
      assert.equal(await call, 'still here')
    })

    it('when it is told of a malformed message is reported, and the subscription goes on', async (t) => {
      const defects = defectsOf(t)
      const { client, server, bus } = await openFixture(t, createBus)
      if (!bus.sendMalformed) return t.skip('this bus cannot send one')
      const onMalformed = (): void => {
        throw new Error('a defect')
      }
      const { inbox } = await listen(server, node, { onMalformed })
      await bus.sendMalformed(node, 'not JSON')
      const call = client.call(group, request('echo'), WAIT)
      await answerWith(await inbox.at(0), 'still here')
      assert.equal(await call, 'still here')
      assert.deepEqual(
        defects.map(({ error }) => String(error)),
        ['Error: a defect'],
      )
    })
  })

  describe('a driver', () => {
    it('calls servers of its own', async (t) => {
      const { client } = await openFixture(t, createBus)
      await serve(client, node)
      assert.equal(await client.call(group, request('echo', { value: 'me' }), WAIT), 'me')
    })
  })
}
