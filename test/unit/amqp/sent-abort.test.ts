// A message of several frames that is taken back when some of them have left (AMQP 1.0 part 2, 2.6.14).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import {
  attachedSender,
  bodyOf,
  creditFor,
  nextTurn,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'

const LONG = Buffer.alloc(3_000, 1)
/** Room for one frame of a session whose peer takes frames of 1,000 bytes. */
async function senderOfOneFrame(t: TestContext) {
  const opened = await attachedSender(t, 0, {}, { open: { maxFrameSize: 1_000 } })
  opened.peer.send(creditFor(0, 5, { incomingWindow: 1 }))
  await until(() => opened.sender.credit > 0)
  return opened
}

describe('a message that is taken back after a part of it has left', () => {
  it('is aborted with the next frame, and its handler hears nothing more', async (t) => {
    const { peer, sender } = await senderOfOneFrame(t)
    const handler = new Reported()
    const submission = sender.submit(LONG, { settled: false }, handler)
    assert.equal((await peer.expect('transfer')).more, true)
    assert.equal(submission.begun, true)
    assert.equal(submission.cancel(), true)
    assert.equal(submission.cancel(), false)
    assert.equal(sender.unsettled, 0)
    peer.send(creditFor(0, 5, { nextIncomingId: 1, incomingWindow: 10 }))
    const last = await peer.expectFull('transfer')
    assert.deepEqual([last.frame.aborted, last.frame.more, last.payload.length], [true, false, 0])
    peer.send({ type: 'disposition', role: true, first: 0, settled: true, state: { type: 'accepted' } })
    sender.submit(bodyOf('next'), { settled: true }, new Reported())
    assert.equal((await peer.expect('transfer')).deliveryId, 1)
    assert.deepEqual(handler.calls, [])
  })

  it('does not let a message of another link wait', async (t) => {
    const { peer, sender, session } = await attachedSender(t, 5, {}, { open: { maxFrameSize: 1_000 } })
    const [other] = await Promise.all([session.attachSender({ address: 'other' }), peer.attachAsServer()])
    peer.send(creditFor(1, 5))
    await nextTurn()
    sender.submit(Buffer.alloc(2_000_000), { settled: false }, new Reported()).cancel()
    other.submit(bodyOf('small'), { settled: true }, new Reported())
    for (;;) if ((await peer.expect('transfer')).handle === 1) return
  })

  it('ends a send() at its deadline with a reason that says so', async (t) => {
    const { peer, sender } = await senderOfOneFrame(t)
    const sending = sender.send(LONG, { timeoutMs: 50 })
    await peer.expect('transfer')
    await assert.rejects(sending, {
      code: 'AMQP_SEND',
      inDoubt: false,
      message: /the peer took only a part of the message within 50 ms/,
    })
  })

  it('answers a drain when it was the last', async (t) => {
    const { peer, sender } = await senderOfOneFrame(t)
    const submission = sender.submit(LONG, { settled: false }, new Reported())
    await peer.expect('transfer')
    submission.cancel()
    peer.send(creditFor(0, 5, { nextIncomingId: 1, incomingWindow: 10, drain: true }))
    assert.equal((await peer.expect('transfer')).aborted, true)
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.linkCredit, flow.deliveryCount, flow.drain], [0, 5, true])
  })

  it('never reaches the application of the other end', async (t) => {
    const arrived: number[] = []
    const listener = await startListener(t, {
      onLink: (request) =>
        void request.acceptReceiver({
          onDelivery: (delivery) => {
            arrived.push(delivery.payload.length)
            delivery.accept()
          },
        }),
    })
    const connection = await connect({ host: listener.host, port: listener.port })
    t.after(() => connection.abort(new Error('the test is over')))
    const sender = await (await connection.openSession()).attachSender({ address: 'q' })
    await sender.send(bodyOf('first'))
    const aborter = new AbortController()
    const sending = sender.send(Buffer.alloc(50_000_000), { signal: aborter.signal })
    await nextTurn()
    aborter.abort(new Error('changed my mind'))
    await assert.rejects(sending, { message: 'changed my mind' })
    await sender.send(bodyOf('last'))
    assert.deepEqual(arrived, [bodyOf('first').length, bodyOf('last').length])
  })
})
