import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SessionFlow } from '../../../src/amqp/session-flow.ts'
import type { Begin, Flow } from '../../../src/codec/performatives.ts'

const WINDOW = 8

const begun = (begin: Partial<Begin> = {}, initialOutgoingId = 0): SessionFlow => {
  const flow = new SessionFlow(WINDOW, initialOutgoingId)
  flow.onBegin({ nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10, ...begin } as Begin)
  return flow
}

describe("the session's window for what we send", () => {
  it('is what the peer said in its Begin, less the frames sent', () => {
    const flow = begun({ incomingWindow: 2 })
    flow.transferSent()
    assert.equal(flow.open, true)
    flow.transferSent()
    assert.equal(flow.open, false)
  })

  it('counts from what the peer has received', () => {
    const flow = begun({ incomingWindow: 5 })
    for (let n = 0; n < 5; n++) flow.transferSent()
    flow.onFlow({ nextIncomingId: 3, incomingWindow: 2 } as Flow)
    assert.equal(flow.open, false)
    flow.onFlow({ nextIncomingId: 3, incomingWindow: 3 } as Flow)
    assert.equal(flow.open, true)
  })

  it('counts from our first number while the peer has not seen our Begin', () => {
    const flow = begun({ incomingWindow: 0 })
    flow.onFlow({ incomingWindow: 1 } as Flow)
    assert.equal(flow.open, true)
  })

  it('goes on where our numbers wrap', () => {
    const flow = begun({ incomingWindow: 2 }, 0xffffffff)
    flow.transferSent()
    flow.transferSent()
    assert.deepEqual([flow.nextOutgoingId, flow.open], [1, false])
    flow.onFlow({ nextIncomingId: 0, incomingWindow: 2 } as Flow)
    assert.equal(flow.open, true)
    flow.onFlow({ incomingWindow: 2 } as Flow)
    assert.equal(flow.open, false)
  })

  it('may be as large as a uint', () => {
    const flow = begun({ incomingWindow: 0xffffffff })
    flow.transferSent()
    flow.onFlow({ nextIncomingId: 1, incomingWindow: 0xffffffff } as Flow)
    assert.equal(flow.open, true)
  })
})

describe("the session's window for what we receive", () => {
  it('starts from the number in the Begin of the peer, and wraps', () => {
    const flow = begun({ nextOutgoingId: 0xfffffffe })
    flow.transferReceived()
    assert.equal(flow.nextIncomingId, 0xffffffff)
    flow.transferReceived()
    assert.equal(flow.nextIncomingId, 0)
    flow.transferReceived()
    assert.equal(flow.nextIncomingId, 1)
  })

  it('asks for a Flow when half of it is used', () => {
    const flow = begun()
    for (let n = 0; n < WINDOW / 2; n++) {
      flow.transferReceived()
      assert.equal(flow.worthRenewing, false)
    }
    flow.transferReceived()
    assert.equal(flow.worthRenewing, true)
    flow.renewIncomingWindow()
    assert.equal(flow.incomingWindow, WINDOW)
  })

  it('is not to be exceeded', () => {
    const flow = begun()
    for (let n = 0; n < WINDOW; n++) flow.transferReceived()
    assert.throws(() => flow.transferReceived(), { condition: 'amqp:session:window-violation', scope: 'session' })
  })
})
