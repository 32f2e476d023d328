// A receiver may make up its mind before it has all of a message (AMQP 1.0 part 3, 3.4.2 to 3.4.5).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { ACCEPTED, type DeliveryState, RELEASED } from '../../../src/codec/delivery-state.ts'
import { attachedSender, bodyOf, creditFor, Reported } from '../../support/amqp-fixtures.ts'
import type { ScriptedPeer } from '../../support/scripted-peer.ts'

const REJECTED = { type: 'rejected', error: { condition: 'my:reason' } } as const
const large = Buffer.from(Array.from({ length: 1200 }, (_, n) => n % 251))

/** A sender of ours amid a message of which the peer has one frame, and says that. */
async function amid(t: TestContext, settled: boolean, state: DeliveryState | undefined) {
  const small = { open: { maxFrameSize: 512 }, begin: { incomingWindow: 1 } }
  const { peer, sender, connection } = await attachedSender(t, 0, {}, small)
  const told = new Reported()
  sender.submit(large, { settled: false }, told)
  peer.send(creditFor(0, 2, { incomingWindow: 1 }))
  const { frame, payload } = await peer.expectFull('transfer')
  assert.equal(frame.more, true)
  peer.send({ type: 'disposition', role: true, first: 0, settled, state })
  if (!settled) assert.equal((await peer.expect('disposition')).settled, true)
  peer.send({ type: 'flow', nextIncomingId: 1, incomingWindow: 9, nextOutgoingId: 0, outgoingWindow: 9 })
  return { peer, sender, connection, told, payload }
}

/** The rest of the message, and whether it was aborted. */
async function rest(peer: ScriptedPeer): Promise<{ aborted: boolean; payload: Buffer }> {
  const parts: Buffer[] = []
  for (;;) {
    const { frame, payload } = await peer.expectFull('transfer')
    parts.push(payload)
    if (!frame.more) return { aborted: frame.aborted, payload: Buffer.concat(parts) }
  }
}

describe('an outcome that comes before the message has left as a whole', () => {
  for (const [what, settled] of [
    ['settled', true],
    ['not settled', false],
  ] as const)
    it(`is told once when it is accepted, ${what}, and the rest of the message leaves`, async (t) => {
      const { peer, sender, connection, told, payload } = await amid(t, settled, ACCEPTED)
      const more = await rest(peer)
      assert.deepEqual([more.aborted, Buffer.concat([payload, more.payload])], [false, large])
      assert.deepEqual([told.calls, sender.unsettled, sender.queued], [['accepted'], 0, 0])
      sender.submit(bodyOf('next'), { settled: true }, new Reported())
      assert.equal((await peer.expect('transfer')).deliveryId, 1)
      assert.equal(connection.isOpen, true)
    })

  for (const [what, settled, state] of [
    ['rejected', true, REJECTED],
    ['released', true, RELEASED],
    ['released and not settled', false, RELEASED],
    ['settled', true, undefined],
  ] as const)
    it(`is told once when it is ${what}, and the rest of the message is aborted`, async (t) => {
      const { peer, sender, connection, told } = await amid(t, settled, state)
      assert.deepEqual(await rest(peer), { aborted: true, payload: Buffer.alloc(0) })
      assert.deepEqual([told.calls, sender.unsettled, sender.queued], [[state?.type ?? 'settled'], 0, 0])
      sender.submit(bodyOf('next'), { settled: true }, new Reported())
      assert.equal((await peer.expect('transfer')).deliveryId, 1)
      assert.equal(connection.isOpen, true)
    })
})
