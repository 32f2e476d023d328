// A receiver may make up its mind before it has all of a message (AMQP 1.0 part 3, 3.4: the rest of it is sent all the same).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attachedSender, bodyOf, creditFor, Reported } from '../../support/amqp-fixtures.ts'

const REJECTED = { type: 'rejected', error: { condition: 'my:reason' } } as const

describe('an outcome that comes before the message has left as a whole', () => {
  for (const settled of [true, false])
    it(`is told once, ${settled ? 'settled' : 'not settled'}, and the rest leaves`, async (t) => {
      const small = { open: { maxFrameSize: 512 }, begin: { incomingWindow: 1 } }
      const { peer, sender, connection } = await attachedSender(t, 0, {}, small)
      const told = new Reported()
      sender.submit(Buffer.alloc(1200), { settled: false }, told)
      peer.send(creditFor(0, 2, { incomingWindow: 1 }))
      assert.equal((await peer.expect('transfer')).more, true)
      peer.send({ type: 'disposition', role: true, first: 0, settled, state: REJECTED })
      peer.send({ type: 'flow', nextIncomingId: 1, incomingWindow: 9, nextOutgoingId: 0, outgoingWindow: 9 })
      while ((await peer.expectLater('transfer')).more);
      assert.deepEqual([told.calls, sender.unsettled, sender.queued], [['rejected'], 0, 0])
      sender.submit(bodyOf('next'), { settled: true }, new Reported())
      assert.equal((await peer.expectLater('transfer')).deliveryId, 1)
      assert.equal(connection.isOpen, true)
    })
})
