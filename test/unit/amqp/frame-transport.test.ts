// When what is encoded in one turn of the event loop is written: at its end, and much of it before.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Sender } from '../../../src/amqp/sender.ts'
import { nextTurn, Reported } from '../../support/amqp-fixtures.ts'
import { MemoryPeer } from '../../support/memory-peer.ts'

const SETTLED = { settled: true }
const UNSETTLED = { settled: false }
const SMALL = Buffer.alloc(100, 1)
const LARGE = Buffer.alloc(5_000, 1)

async function senderTo(peer: MemoryPeer): Promise<Sender> {
  const connection = await peer.open()
  const session = await peer.begin(connection, { nextOutgoingId: 0, incomingWindow: 100, outgoingWindow: 100 })
  const sender = await peer.attach(session.attachSender({ address: 'a' }), session.channel)
  const window = { nextIncomingId: 0, incomingWindow: 100, nextOutgoingId: 0, outgoingWindow: 100 }
  peer.send({ type: 'flow', ...window, handle: 0, deliveryCount: 0, linkCredit: 50 }, undefined, session.channel)
  await nextTurn()
  assert.equal(sender.credit, 50)
  return sender
}

const transfers = (peer: MemoryPeer): number => peer.log.of('transfer').length

describe('messages that are sent in one turn of the event loop', () => {
  it('leave at its end when they are little', async () => {
    const peer = new MemoryPeer()
    const sender = await senderTo(peer)
    for (let n = 0; n < 20; n++) sender.submit(SMALL, SETTLED, new Reported())
    assert.equal(transfers(peer), 0)
    await nextTurn()
    assert.equal(transfers(peer), 20)
  })

  it('leave in parts when they are much, and are reported at its end', async () => {
    const peer = new MemoryPeer()
    const sender = await senderTo(peer)
    const handlers = [1, 2, 3, 4, 5].map(() => new Reported())
    const seen = handlers.map((handler) => {
      sender.submit(LARGE, SETTLED, handler)
      return transfers(peer)
    })
    assert.deepEqual(seen, [0, 2, 2, 4, 4])
    assert.deepEqual(
      handlers.flatMap(({ calls }) => calls),
      [],
    )
    await nextTurn()
    assert.equal(transfers(peer), 5)
    assert.deepEqual(
      handlers.map(({ calls }) => calls),
      handlers.map(() => ['sent']),
    )
  })

  it('wait for its end while the socket holds bytes of before', async () => {
    const peer = new MemoryPeer()
    const sender = await senderTo(peer)
    peer.socket.hold()
    for (let n = 0; n < 4; n++) sender.submit(LARGE, SETTLED, new Reported())
    assert.equal(transfers(peer), 2)
    await nextTurn()
    peer.socket.release()
    await nextTurn()
    assert.equal(transfers(peer), 4)
  })

  it('may have arrived when they left and the connection breaks before its end, and others have not', async () => {
    const peer = new MemoryPeer()
    const sender = await senderTo(peer)
    const handlers = [1, 2, 3].map(() => new Reported())
    for (const handler of handlers) sender.submit(LARGE, UNSETTLED, handler)
    peer.socket.destroy()
    await nextTurn()
    assert.deepEqual(
      handlers.flatMap(({ calls }) => calls),
      [true, true, false].map((sent) => ({ failed: 'parent', sent })),
    )
  })
})
