// A large message holds up nobody else: senders take turns frame by frame, and little is encoded ahead.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addSender, bodyOf, nextTurn, openSession, Reported, until } from '../../support/amqp-fixtures.ts'
import type { ScriptedPeer } from '../../support/scripted-peer.ts'

const LARGE = 50_000_000
const OPEN = { maxFrameSize: 65_536, idleTimeOut: 1_000 }

/** Transfers and empty frames until the large message is complete; what came before its last frame, by handle. */
async function before(peer: ScriptedPeer, handle: number): Promise<number[]> {
  const others: number[] = []
  for (;;) {
    const { frame } = await peer.expectFull('transfer')
    if (frame.handle !== handle) others.push(frame.handle)
    else if (!frame.more) return others
  }
}

describe('while a message of 50 MB is sent', () => {
  it('small ones of other links and sessions go out between its frames', async (t) => {
    const opened = await openSession(t, { incomingWindow: 100_000 }, {}, OPEN)
    const large = await addSender(opened, 1)
    const small = await addSender(opened, 100)
    large.submit(Buffer.alloc(LARGE), { settled: true }, new Reported())
    for (let n = 0; n < 10; n++) {
      small.submit(bodyOf('small'), { settled: true }, new Reported())
      await nextTurn()
    }
    assert.deepEqual(await before(opened.peer, large.handle), Array(10).fill(small.handle))
  })

  it('only a bounded part of it is encoded ahead of what the peer takes', async (t) => {
    const opened = await openSession(t, { incomingWindow: 100_000 }, {}, OPEN)
    const { connection, peer } = opened
    const large = await addSender(opened, 1)
    peer.socket.pause()
    large.submit(Buffer.alloc(LARGE), { settled: true }, new Reported())
    // What the socket's own buffers hold has gone; from then on nothing more is encoded.
    let ahead = -1
    await until(() => {
      const now = connection.output.encoder.length + peer.socket.bytesRead
      const still = now === ahead && !connection.output.writable
      ahead = now
      return still
    })
    assert.ok(connection.output.encoder.length < 256 * 1024)
    assert.equal(large.queued, 1)
    peer.socket.resume()
    await before(peer, large.handle)
  })

  it('two large ones share the way', async (t) => {
    const opened = await openSession(t, { incomingWindow: 100_000 }, {}, OPEN)
    const [one, two] = [await addSender(opened, 1), await addSender(opened, 1)]
    for (const sender of [one, two]) sender.submit(Buffer.alloc(5_000_000), { settled: true }, new Reported())
    const others = await before(opened.peer, one.handle)
    assert.ok(others.length > 60, `${others.length} frames of the other came before the first was complete`)
  })

  it('it is in time for the peer that would otherwise hear nothing', async (t) => {
    const opened = await openSession(t, { incomingWindow: 1 }, {}, { ...OPEN, idleTimeOut: 200 })
    const large = await addSender(opened, 0)
    // Credit, but window for one frame only: the rest waits, and empty frames show that we are alive.
    opened.peer.send({
      type: 'flow',
      nextIncomingId: 0,
      incomingWindow: 1,
      nextOutgoingId: 0,
      outgoingWindow: 0,
      handle: 0,
      deliveryCount: 0,
      linkCredit: 1,
    })
    await until(() => large.credit > 0)
    large.submit(Buffer.alloc(LARGE), { settled: true }, new Reported())
    assert.equal((await opened.peer.expect('transfer')).more, true)
    await opened.peer.expectEmptyFrame()
    await opened.peer.expectEmptyFrame()
  })
})
