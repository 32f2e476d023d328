// Messages in several frames, those of several links and sessions mixed in any order that the specification allows (AMQP 1.0 part
// 2, 2.6.14), some of them broken off, and all of it in any chunks.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import { nextTurn } from '../../support/amqp-fixtures.ts'
import { MemoryPeer } from '../../support/memory-peer.ts'
import { frameBytes } from '../../support/scripted-peer.ts'
import { SEED } from '../../support/seed.ts'

const SESSIONS = 3
/** Of the peer's deliveries and transfers: they wrap on the way. */
const FIRST = 0xfffffffc

const message = fc.record({
  parts: fc.array(fc.nat(80), { minLength: 1, maxLength: 5 }),
  settled: fc.boolean(),
  aborted: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})
const linksOfMessages = fc.array(
  fc.record({ session: fc.nat(SESSIONS - 1), messages: fc.array(message, { maxLength: 6 }) }),
  { minLength: 1, maxLength: 6 },
)
/** Whose turn it is, and how long the chunks are; both go round. */
const order = fc.array(fc.nat(100), { minLength: 1, maxLength: 30 })
const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 10 })

interface Frame {
  readonly first: boolean
  readonly last: boolean
  readonly aborted: boolean
  readonly settled: boolean
  readonly payload: Buffer
}

/** The frames of a link, and what has to arrive. */
function framesOf(at: number, messages: readonly { parts: number[]; settled: boolean; aborted: boolean }[]) {
  const expected: { payload: Buffer; settled: boolean }[] = []
  const frames = messages.flatMap(({ parts, settled, aborted }, n) => {
    const payloads = parts.map((size, part) => Buffer.alloc(size, at * 40 + n * 6 + part))
    if (!aborted) expected.push({ payload: Buffer.concat(payloads), settled })
    return payloads.map((payload, part): Frame => {
      const last = part === payloads.length - 1
      return { first: part === 0, last, aborted: aborted && last, settled, payload }
    })
  })
  return { frames, expected }
}

describe('for any mixture of messages in several frames', () => {
  it('all arrive whole, in order and on their links, but those that were broken off', async () => {
    const property = fc.asyncProperty(linksOfMessages, order, lengths, async (links, turns, chunks) => {
      const peer = new MemoryPeer()
      const connection = await peer.open()
      const begin = { nextOutgoingId: FIRST, incomingWindow: 10, outgoingWindow: 10 }
      const sessions = []
      for (let n = 0; n < SESSIONS; n++) sessions.push(await peer.begin(connection, begin))
      const received: { payload: Buffer; settled: boolean }[][] = []
      const open = []
      const expected: unknown[] = []
      for (const [n, { session: number, messages }] of links.entries()) {
        const session = sessions[number]!
        const arrived: { payload: Buffer; settled: boolean }[] = []
        received.push(arrived)
        const onDelivery = (delivery: Delivery): void => {
          arrived.push({ payload: Buffer.from(delivery.payload), settled: delivery.settled })
          delivery.accept()
        }
        const attaching = session.attachReceiver({ name: `link ${n}`, address: 'q', onDelivery })
        const receiver = await peer.attach(attaching, session.channel, { initialDeliveryCount: FIRST })
        const { frames, expected: whole } = framesOf(n, messages)
        expected.push(whole)
        open.push({ handle: receiver.handle, channel: session.channel, frames, deliveryId: 0 })
      }
      const stream = mixed(open, turns)
      for (let at = 0, n = 0; at < stream.length; n++) {
        const length = chunks[n % chunks.length]!
        peer.socket.feed(stream.subarray(at, at + length))
        at += length
        if (n % 3 === 0) await nextTurn()
      }
      await nextTurn()
      assert.deepEqual(received, expected)
      const settled = peer.log
        .of('disposition')
        .reduce((sum, { first, last = first }) => sum + ((last - first) | 0) + 1, 0)
      assert.equal(settled, received.flat().filter((each) => !each.settled).length)
      connection.abort(new Error('the run is over'))
      await connection.closed
    })
    await fc.assert(property, { numRuns: 300, seed: SEED })
  })
})

/** Gives the links their turns until none has anything left. Ids count within the session, in the order of first frames. */
function mixed(
  open: { readonly handle: number; readonly channel: number; readonly frames: Frame[]; deliveryId: number }[],
  turns: readonly number[],
): Buffer {
  const nextIds = new Map<number, number>()
  const stream: Buffer[] = []
  for (let n = 0; ; n++) {
    const left = open.filter(({ frames }) => frames.length > 0)
    if (left.length === 0) return Buffer.concat(stream)
    const link = left[turns[n % turns.length]! % left.length]!
    const { first, last, aborted, settled, payload } = link.frames.shift() as Frame
    if (first) {
      link.deliveryId = nextIds.get(link.channel) ?? FIRST
      nextIds.set(link.channel, (link.deliveryId + 1) >>> 0)
    }
    const { handle, channel, deliveryId } = link
    // The id may be repeated, or left out.
    const naming = first
      ? { deliveryId, deliveryTag: Buffer.from(String(deliveryId)) }
      : n % 2 === 0
        ? { deliveryId }
        : {}
    const transfer = { type: 'transfer', handle, ...naming, more: !last, aborted, settled: settled && last } as const
    stream.push(frameBytes(transfer, payload, channel))
  }
}
