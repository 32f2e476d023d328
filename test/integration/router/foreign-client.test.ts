// The router through the eyes of another client library: rhea.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery, EventContext, Sender } from 'rhea'
import { Bus, texts } from './bus.ts'
import { connectRhea, next } from './rhea-peer.ts'

/** Sends when there is credit, and resolves with the name of the event that settles it. */
async function sendRhea(sender: Sender, body: unknown): Promise<string> {
  if (!sender.sendable()) await next(sender, 'sendable')
  const sent: Delivery = sender.send({ body })
  return await new Promise((resolve) => {
    const events = ['accepted', 'rejected', 'modified', 'released'] as const
    const listeners = events.map((event) => ({ event, listener: (context: EventContext) => settled(event, context) }))
    for (const { event, listener } of listeners) sender.on(event, listener)
    function settled(event: string, { delivery }: EventContext): void {
      if (delivery !== sent) return
      for (const { event: name, listener } of listeners) sender.removeListener(name, listener)
      resolve(event)
    }
  })
}

describe('rhea', () => {
  it('sends and receives, and hears the outcome of the other end', async (t) => {
    const bus = await Bus.start(t)
    const receiver = connectRhea(t, bus).open_receiver({ source: 'x', autoaccept: false })
    const bodies: unknown[] = []
    receiver.on('message', ({ message, delivery }: EventContext) => {
      bodies.push(message?.body)
      if (message?.body === 'no') delivery?.reject({ condition: 'x:y' })
      else delivery?.accept()
    })
    const sender = connectRhea(t, bus).open_sender('x')
    assert.equal(await sendRhea(sender, 'yes'), 'accepted')
    assert.equal(await sendRhea(sender, 'no'), 'rejected')
    assert.deepEqual(bodies, ['yes', 'no'])
  })

  it('calls with a dynamic reply address over an anonymous sender', async (t) => {
    const bus = await Bus.start(t)
    const server = connectRhea(t, bus)
    const replies = server.open_sender({ target: {} })
    server.open_receiver('service').on('message', ({ message }: EventContext) => {
      replies.send({
        to: message?.reply_to ?? '',
        correlation_id: message?.message_id ?? '',
        body: `re: ${message?.body}`,
      })
    })
    const client = connectRhea(t, bus)
    const responses = client.open_receiver({ source: { address: '', dynamic: true } })
    await next(responses, 'receiver_open')
    const requests = client.open_sender('service')
    const reply = next(responses, 'message')
    await next(requests, 'sendable')
    requests.send({ message_id: '7', reply_to: responses.source.address, body: 'hello' })
    const { message } = await reply
    assert.equal(message?.body, 're: hello')
    assert.equal(message?.correlation_id, '7')
  })

  it('gets each multicast message', async (t) => {
    const bus = await Bus.start(t)
    const count = 50
    const all = [connectRhea(t, bus), connectRhea(t, bus)].map(async (connection) => {
      const receiver = connection.open_receiver('broadcast.x')
      const bodies: unknown[] = []
      await new Promise<void>((resolve) => {
        receiver.on('message', ({ message }: EventContext) => {
          bodies.push(message?.body)
          if (bodies.length === count) resolve()
        })
      })
      return bodies
    })
    while (bus.router.counters.consumers < 2) await new Promise((resolve) => setImmediate(resolve))
    const sender = connectRhea(t, bus).open_sender('broadcast.x')
    for (const text of texts(count)) assert.equal(await sendRhea(sender, text), 'accepted')
    for (const bodies of await Promise.all(all)) assert.deepEqual(bodies, texts(count))
  })

  it('is refused a link with the condition', async (t) => {
    const bus = await Bus.start(t)
    const sender = connectRhea(t, bus).open_sender('amqp:/_topo/0/other/temp.x')
    const { sender: refused } = await next(sender, 'sender_error')
    assert.equal((refused?.error as { condition?: string } | undefined)?.condition, 'amqp:not-found')
  })
})
