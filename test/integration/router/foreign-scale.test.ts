// Much of it, from rhea: large messages, a thousand links on a connection, a thousand connections.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Connection, EventContext, Receiver } from 'rhea'
import { Bus, until } from './bus.ts'
import { connectRhea, next } from './rhea-peer.ts'

const COUNT = 1_000
const LARGE = 10 * 1024 * 1024

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

describe('rhea', () => {
  it('sends and gets messages of 10 MB', async (t) => {
    const bus = await Bus.start(t)
    const receiver = connectRhea(t, bus).open_receiver('large')
    const digests: string[] = []
    receiver.on('message', ({ message }: EventContext) => void digests.push(digest(message?.body as Buffer)))
    const sender = connectRhea(t, bus).open_sender('large')
    await next(sender, 'sendable')
    const bodies = [1, 2, 3].map((seed) => Buffer.alloc(LARGE, `${seed} and so on`))
    for (const body of bodies) sender.send({ body })
    await until(() => digests.length === bodies.length)
    assert.deepEqual(digests, bodies.map(digest))
  })

  it('has a thousand receivers on one connection, and a thousand senders on another', async (t) => {
    const bus = await Bus.start(t)
    const got: string[] = []
    const receivers = connectRhea(t, bus)
    for (let n = 0; n < COUNT; n++) {
      receivers.open_receiver(`link.${n}`).on('message', ({ message, receiver }: EventContext) => {
        got.push(`${receiver?.source.address} ${message?.body}`)
      })
    }
    await until(() => bus.router.counters.consumers === COUNT)
    const senders = connectRhea(t, bus)
    for (let n = 0; n < COUNT; n++) {
      const sender = senders.open_sender(`link.${n}`)
      sender.once('sendable', () => void sender.send({ body: n }))
    }
    await until(() => got.length === COUNT)
    const expected = Array.from({ length: COUNT }, (_, n) => `link.${n} ${n}`)
    assert.deepEqual(got.toSorted(), expected.toSorted())
    await until(() => bus.router.counters.accepted === COUNT)
  })

  it('calls over a thousand connections', async (t) => {
    const bus = await Bus.start(t)
    serveEcho(connectRhea(t, bus))
    const answers = await Promise.all(Array.from({ length: COUNT }, (_, n) => call(connectRhea(t, bus), n)))
    assert.deepEqual(
      answers,
      Array.from({ length: COUNT }, (_, n) => `re: ${n}`),
    )
    assert.equal(bus.router.counters.connections, COUNT + 1)
  })
})

function serveEcho(connection: Connection): void {
  const replies = connection.open_sender({ target: {} })
  connection.open_receiver({ source: 'echo', credit_window: COUNT }).on('message', ({ message }: EventContext) => {
    replies.send({ to: message?.reply_to ?? '', body: `re: ${message?.body}` })
  })
}

async function call(connection: Connection, value: number): Promise<unknown> {
  const replies: Receiver = connection.open_receiver({ source: { address: '', dynamic: true } })
  await next(replies, 'receiver_open')
  const sender = connection.open_sender('echo')
  await next(sender, 'sendable')
  const reply = next(replies, 'message')
  sender.send({ reply_to: replies.source.address, body: value })
  return (await reply).message?.body
}
