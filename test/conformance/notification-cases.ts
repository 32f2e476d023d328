import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingNotification } from '../../src/messaging/driver.ts'
import { MessageDeliveryFailureError } from '../../src/messaging/errors.ts'
import { BRIEF, type CreateBus, Inbox, listenNotifications, openFixture, PATIENCE_MS, WAIT } from './bus-fixture.ts'

const topic = { topic: 'events' }
const info = { topic: 'events.info' }
const infoSource = [{ target: topic, priority: 'info' }]
const event = (value: unknown): { message: Record<string, unknown>; context: Record<string, unknown> } => ({
  message: { message_id: 'm-1', event_type: 'test', payload: value },
  context: { user_id: 'alice' },
})
const accept = (incoming: IncomingNotification): void => {
  incoming.acknowledge()
  incoming.done()
}

const assertUndelivered = (sent: Promise<void>): Promise<void> => assert.rejects(sent, MessageDeliveryFailureError)

export function notificationCases(createBus: CreateBus): void {
  describe('a notification', () => {
    for (const format of [1, 2] as const) {
      it(`in format ${format} arrives as it was sent, and resolves when it is acknowledged or stored`, async (t) => {
        const { client, server } = await openFixture(t, createBus)
        const { inbox } = await listenNotifications(server, infoSource)
        const sent = client.notify(info, event({ name: 'é €', big: 9007199254740993n }), { ...WAIT, format })
        const incoming = await inbox.at(0)
        assert.deepEqual(incoming.message, event({ name: 'é €', big: 9007199254740993n }).message)
        assert.deepEqual(incoming.context, { user_id: 'alice' })
        assert.equal(incoming.priority, 'info')
        accept(incoming)
        await sent
      })
    }

    it('arrives under its topic and priority only', async (t) => {
      const { bus, client, server } = await openFixture(t, createBus)
      const { inbox } = await listenNotifications(server, [
        { target: topic, priority: 'info' },
        { target: topic, priority: 'error' },
        { target: { topic: 'other' }, priority: 'info' },
      ])
      const sends = [
        client.notify({ topic: 'events.error' }, event(1), { ...WAIT, format: 2 }),
        client.notify({ topic: 'other.info' }, event(2), { ...WAIT, format: 2 }),
        client.notify(info, event(3), { ...WAIT, format: 2 }),
      ]
      const received = [...(await inbox.count(3))]
      const seen = received.map(({ priority, message }) => `${priority} ${String(message.payload)}`)
      assert.deepEqual(seen.sort(), ['error 1', 'info 2', 'info 3'])
      received.forEach(accept)
      await Promise.all(sends)
      const elsewhere = { topic: 'events.debug' }
      if (bus.storesNotifications) await client.notify(elsewhere, event(4), { ...WAIT, format: 2 })
      else await assertUndelivered(client.notify(elsewhere, event(4), { ...BRIEF, format: 2 }))
      const last = client.notify(info, event(5), { ...WAIT, format: 2 })
      const next = await inbox.at(3)
      assert.equal(next.message.payload, 5)
      accept(next)
      await last
    })

    it('to nobody waits for its listener where it is stored, else it rejects at its deadline', async (t) => {
      const { bus, client, server } = await openFixture(t, createBus)
      if (!bus.storesNotifications) {
        return await assertUndelivered(client.notify(info, event(1), { ...BRIEF, format: 2 }))
      }
      await client.notify(info, event('early'), { ...WAIT, format: 2 })
      const { inbox } = await listenNotifications(server, infoSource)
      assert.equal((await inbox.at(0)).message.payload, 'early')
    })

    it('that the listener requeues is delivered again, and resolves when it is acknowledged or stored', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      if (!server.features.requeue) return t.skip('this driver cannot requeue')
      const { inbox } = await listenNotifications(server, infoSource)
      const sent = client.notify(info, event('again'), { ...WAIT, format: 2 })
      const first = await inbox.at(0)
      first.requeue()
      first.done()
      const second = await inbox.at(1)
      assert.deepEqual(second.message, first.message)
      accept(second)
      await sent
    })

    it('that the listener refuses does not come again; where it is not stored, it rejects', async (t) => {
      const { bus, client, server } = await openFixture(t, createBus)
      const { inbox } = await listenNotifications(server, infoSource)
      const sent = client.notify(info, event(1), { ...WAIT, format: 2 })
      const incoming = await inbox.at(0)
      incoming.reject('poison')
      incoming.done()
      if (bus.storesNotifications) await sent
      else await assertUndelivered(sent)
      const next = client.notify(info, event(2), { ...WAIT, format: 2 })
      const second = await inbox.at(1)
      assert.equal(second.message.payload, 2)
      accept(second)
      await next
    })

    it('can be settled twice: the first counts', async (t) => {
      const { client, server } = await openFixture(t, createBus)
      const { inbox } = await listenNotifications(server, infoSource)
      const sent = client.notify(info, event(1), { ...WAIT, format: 2 })
      const incoming = await inbox.at(0)
      incoming.acknowledge()
      incoming.reject('too late')
      incoming.requeue()
      incoming.done()
      incoming.done()
      await sent
      assert.equal(inbox.received.length, 1)
    })

    it('is shared between the listeners of a topic: each event reaches one', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const first = await listenNotifications(server, infoSource)
      const second = await listenNotifications(newDriver(), infoSource)
      const sends = Array.from({ length: 10 }, (_, value) => client.notify(info, event(value), { ...WAIT, format: 2 }))
      // Nothing is acknowledged before both have something: a bus that gives all to one never gets there.
      await Promise.all([first.inbox.at(0), second.inbox.at(0)])
      let accepted = 0
      while (accepted < 10) {
        const all = [...first.inbox.received, ...second.inbox.received]
        for (const incoming of all) accept(incoming)
        accepted = all.length
        if (accepted < 10)
          await Promise.race([
            first.inbox.count(first.inbox.received.length + 1),
            second.inbox.count(second.inbox.received.length + 1),
          ])
      }
      await Promise.all(sends)
      const values = [...first.inbox.received, ...second.inbox.received].map(({ message }) => message.payload as number)
      assert.deepEqual(
        values.sort((a, b) => a - b),
        Array.from({ length: 10 }, (_, value) => value),
      )
    })

    it('is there once for each pool of listeners, and once for the listeners without a pool', async (t) => {
      const { client, newDriver } = await openFixture(t, createBus)
      const heard = new Map<string | undefined, Inbox<unknown>>()
      for (const pool of [undefined, undefined, 'billing', 'billing', 'audit, too']) {
        const inbox = heard.get(pool) ?? new Inbox()
        heard.set(pool, inbox)
        await newDriver().listenForNotifications(
          infoSource,
          (incoming) => {
            inbox.add(incoming.message.payload)
            accept(incoming)
          },
          { readyTimeoutMs: PATIENCE_MS, ...(pool === undefined ? {} : { pool }) },
        )
      }
      const values = Array.from({ length: 20 }, (_, value) => value)
      await Promise.all(values.map((value) => client.notify(info, event(value), { ...WAIT, format: 2 })))
      for (const inbox of heard.values()) await inbox.count(20)
      await client.notify(info, event(20), { ...WAIT, format: 2 })
      for (const inbox of heard.values()) {
        const received = (await inbox.count(21)) as number[]
        assert.deepEqual(
          received.toSorted((a, b) => a - b),
          [...values, 20],
        )
      }
    })

    it('that a listener of a pool requeues is delivered again to that pool only', async (t) => {
      const { client, server, newDriver } = await openFixture(t, createBus)
      const one = await listenNotifications(server, infoSource, { pool: 'one' })
      const two = await listenNotifications(newDriver(), infoSource, { pool: 'two' })
      const sent = client.notify(info, event('again'), { ...WAIT, format: 2 })
      const first = await one.inbox.at(0)
      first.requeue()
      first.done()
      const second = await one.inbox.at(1)
      assert.deepEqual(second.message, first.message)
      accept(second)
      accept(await two.inbox.at(0))
      await sent
      const next = client.notify(info, event('next'), { ...WAIT, format: 2 })
      const rest = [await one.inbox.at(2), await two.inbox.at(1)]
      assert.deepEqual(
        rest.map(({ message }) => message.payload),
        ['next', 'next'],
      )
      rest.forEach(accept)
      await next
    })

    it('with a payload that JSON cannot express rejects with a TypeError', async (t) => {
      const { client } = await openFixture(t, createBus)
      await assert.rejects(client.notify(info, event({ f: () => 1 }), { ...WAIT, format: 2 }), TypeError)
      await assert.rejects(client.notify(info, event({ f: () => 1 }), { ...WAIT, format: 1 }), TypeError)
    })

    it('is given up when aborted', async (t) => {
      const { client } = await openFixture(t, createBus)
      const controller = new AbortController()
      const sent = client.notify(info, event(1), { ...WAIT, format: 2, signal: controller.signal })
      const reason = new Error('changed my mind')
      controller.abort(reason)
      await assert.rejects(sent, reason)
    })
  })
}
