// A client need not wait for an answer before it goes on: open, begin, attach and flow may come in one piece, as the Python
// driver sends them. What such a Flow says of what has not been seen yet is left out of it (AMQP 1.0 part 2, 2.7.4).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LinkRequest } from '../../../src/amqp/link-request.ts'
import type { ListenOptions } from '../../../src/amqp/options.ts'
import type { Sender } from '../../../src/amqp/sender.ts'
import { bodyOf, Reported, startListener, until } from '../../support/amqp-fixtures.ts'
import { dial, frameBytes, headerBytes, type Scripted, type ScriptedPeer } from '../../support/scripted-peer.ts'

const OPEN = { type: 'open', containerId: 'scripted' } as const
const BEGIN = { type: 'begin', nextOutgoingId: 7, incomingWindow: 10, outgoingWindow: 10 } as const
const RECEIVE = { type: 'attach', name: 'down', handle: 3, role: true, source: { address: 'q' }, target: {} } as const
const SEND = { ...RECEIVE, name: 'up', handle: 4, role: false, initialDeliveryCount: 0 } as const
/** Of a peer that has not seen our Begin: there is no next-incoming-id to name. */
const WINDOW = { type: 'flow', incomingWindow: 10, nextOutgoingId: 7, outgoingWindow: 10 } as const
const credit = (linkCredit: number, more: object = {}) => ({ ...WINDOW, handle: 3, linkCredit, ...more })

/** Sends it all in one piece and resolves when our Open and Begin are there. */
async function pipeline(t: TestContext, options: ListenOptions, ...frames: Scripted[]): Promise<ScriptedPeer> {
  const listener = await startListener(t, options)
  const peer = await dial(t, listener.port)
  peer.sendRaw(Buffer.concat([headerBytes(), ...[OPEN, ...frames].map((frame) => frameBytes(frame))]))
  await peer.expectHeader()
  await peer.expect('open')
  await peer.expect('begin')
  return peer
}

const sendOne = (sender: Sender): void => void sender.submit(bodyOf('x'), { settled: true }, new Reported())
const acceptAndSend = (request: LinkRequest): void => sendOne(request.acceptSender({}))

describe('a client that does not wait for answers', () => {
  for (const [what, flows] of [
    ['after the attach', [RECEIVE, credit(1)]],
    ['after a Flow of the session', [WINDOW, RECEIVE, credit(1)]],
    ['in the second of two Flows', [RECEIVE, credit(0), credit(1)]],
    ['before a Flow of the session', [RECEIVE, credit(1), WINDOW]],
    ['with the delivery-count', [RECEIVE, credit(1, { deliveryCount: 0 })]],
    ['with a next-incoming-id', [RECEIVE, credit(1, { nextIncomingId: 0 })]],
    ['and asks for an echo', [RECEIVE, credit(1, { echo: true })]],
  ] as const)
    it(`grants credit ${what}, and is sent what it may have`, async (t) => {
      const peer = await pipeline(t, { onLink: acceptAndSend }, BEGIN, ...flows)
      assert.equal((await peer.expect('attach')).name, 'down')
      assert.equal((await peer.expectLater('transfer')).deliveryId, 0)
    })

  it('has its credit counted when its link is accepted later', async (t) => {
    const requests: LinkRequest[] = []
    const onLink = (request: LinkRequest): void => void requests.push(request)
    const peer = await pipeline(t, { onLink }, BEGIN, RECEIVE, credit(5), credit(2))
    await until(() => requests.length === 1)
    const sender = (requests[0] as LinkRequest).acceptSender({})
    assert.equal(sender.credit, 2)
    sendOne(sender)
    await peer.expect('attach')
    await peer.expect('transfer')
  })

  it('asks for an echo on the session before it has seen our Begin', async (t) => {
    const peer = await pipeline(t, {}, BEGIN, { ...WINDOW, echo: true })
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.handle, flow.nextIncomingId, flow.nextOutgoingId], [undefined, 7, 0])
  })

  it('grants credit to a link that is refused, and goes on', async (t) => {
    const onLink = (request: LinkRequest): void => request.refuse({ condition: 'amqp:not-found' })
    const peer = await pipeline(t, { onLink }, BEGIN, RECEIVE, credit(1))
    await peer.expect('attach')
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:not-found')
    peer.send(credit(2))
    peer.send({ type: 'detach', handle: 3, closed: true })
    peer.send({ ...WINDOW, echo: true })
    await peer.expect('flow')
  })

  it('says with a Flow what its sending link has, and is granted credit', async (t) => {
    const onLink = (request: LinkRequest): void => void request.acceptReceiver({ creditWindow: 5 })
    const peer = await pipeline(t, { onLink }, BEGIN, SEND, { ...WINDOW, handle: 4, deliveryCount: 0, available: 9 })
    await peer.expect('attach')
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.linkCredit, flow.deliveryCount, flow.nextIncomingId], [5, 0, 7])
  })

  it('asks for an echo on its sending link, and gets it even without credit', async (t) => {
    const onLink = (request: LinkRequest): void => void request.acceptReceiver({ creditWindow: 0 })
    const flow = { ...WINDOW, handle: 4, deliveryCount: 0, echo: true }
    const peer = await pipeline(t, { onLink }, BEGIN, SEND, flow)
    await peer.expect('attach')
    assert.equal((await peer.expect('flow')).linkCredit, 0)
  })

  it('begins, attaches and grants on two sessions at once', async (t) => {
    const listener = await startListener(t, { onLink: acceptAndSend })
    const peer = await dial(t, listener.port)
    const frames = [BEGIN, RECEIVE, credit(1)]
    const on = (channel: number): Buffer[] => frames.map((frame) => frameBytes(frame, undefined, channel))
    peer.sendRaw(Buffer.concat([headerBytes(), frameBytes(OPEN), ...on(5), ...on(2)]))
    for (let n = 0; n < 2; n++) await peer.expectLater('transfer')
    assert.equal(peer.log.filter(({ type }) => type === 'begin').length, 2)
  })
})
