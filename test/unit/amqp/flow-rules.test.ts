// Flow control by the letter (AMQP 1.0 part 2: 2.5.6 for sessions, 2.6.7 and 2.7.4 for links).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import type { Flow } from '../../../src/codec/performatives.ts'
import {
  attachedReceiver,
  attachedSender,
  bodyOf,
  clientOf,
  creditFor,
  nextTurn,
  openClient,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import type { ScriptedPeer } from '../../support/scripted-peer.ts'

const SETTLED = { settled: true }
const WINDOW = { nextIncomingId: 0, incomingWindow: 1000, nextOutgoingId: 0, outgoingWindow: 1000 }

const linkFields = ({ handle, deliveryCount, linkCredit, available, drain }: Flow): unknown[] => [
  handle,
  deliveryCount,
  linkCredit,
  available,
  drain,
]

function transfer(peer: ScriptedPeer, deliveryId: number, more: Record<string, unknown> = {}): void {
  const deliveryTag = Buffer.from(String(deliveryId))
  peer.send({ type: 'transfer', handle: 0, deliveryId, deliveryTag, messageFormat: 0, ...more }, bodyOf('x'))
}

describe('the Flow of a session', () => {
  it('has no field of a link', async (t) => {
    const { peer } = await openSession(t)
    peer.send({ type: 'flow', ...WINDOW, echo: true })
    assert.deepEqual(linkFields(await peer.expect('flow')), [undefined, undefined, undefined, undefined, false])
  })

  it('says what number comes next in either direction, and how many the peer may send', async (t) => {
    const { connection, peer } = await openClient(t, { incomingWindow: 50 })
    const [session, begun] = await Promise.all([
      connection.openSession({ initialOutgoingId: 70 }),
      peer.beginAsServer({ nextOutgoingId: 30 }),
    ])
    assert.deepEqual([begun.frame.nextOutgoingId, begun.frame.incomingWindow], [70, 50])
    const [sender] = await Promise.all([session.attachSender({ address: 'q' }), peer.attachAsServer()])
    peer.send({ ...creditFor(0, 5), nextIncomingId: 70, nextOutgoingId: 30 })
    await until(() => sender.credit === 5)
    for (let n = 0; n < 2; n++) sender.submit(bodyOf('x'), SETTLED, new Reported())
    peer.send({ type: 'flow', ...WINDOW, nextIncomingId: 70, nextOutgoingId: 30, echo: true })
    const { nextIncomingId, incomingWindow, nextOutgoingId } = await peer.expectLater('flow')
    assert.deepEqual([nextIncomingId, incomingWindow, nextOutgoingId], [30, 50, 72])
  })

  it('of the peer says what number it sends next, whatever was counted here', async (t) => {
    const { peer } = await openSession(t, { nextOutgoingId: 5 })
    peer.send({ type: 'flow', ...WINDOW, nextOutgoingId: 9, echo: true })
    assert.equal((await peer.expect('flow')).nextIncomingId, 9)
  })

  it('of the peer is for the session alone when it has no handle, whatever else it has', async (t) => {
    const { peer, sender } = await attachedSender(t, 3)
    peer.send({ type: 'flow', ...WINDOW, deliveryCount: 0, linkCredit: 90, available: 4, drain: true, echo: true })
    assert.equal((await peer.expect('flow')).handle, undefined)
    assert.equal(sender.credit, 3)
  })

  it('grants what may be sent across the wrap of our numbers', async (t) => {
    const { connection, peer } = await openClient(t)
    const [session] = await Promise.all([
      connection.openSession({ initialOutgoingId: 0xfffffffe }),
      peer.beginAsServer({ incomingWindow: 1 }),
    ])
    const [sender] = await Promise.all([session.attachSender({ address: 'q' }), peer.attachAsServer()])
    peer.send({ ...creditFor(0, 10), nextIncomingId: 0xfffffffe, incomingWindow: 1 })
    await until(() => sender.credit === 10)
    for (let n = 0; n < 4; n++) sender.submit(bodyOf('x'), SETTLED, new Reported())
    assert.equal((await peer.expect('transfer')).deliveryId, 0xfffffffe)
    for (let n = 0; n < 5; n++) await nextTurn()
    assert.deepEqual(peer.unread, [])
    const window = { type: 'flow', nextOutgoingId: 0, outgoingWindow: 9 } as const
    // Counted from before the wrap, and from behind it: one more each time.
    peer.send({ ...window, nextIncomingId: 0xffffffff, incomingWindow: 1 })
    assert.equal((await peer.expect('transfer')).deliveryId, 0xffffffff)
    peer.send({ ...window, nextIncomingId: 0xffffffff, incomingWindow: 2 })
    assert.equal((await peer.expect('transfer')).deliveryId, 0)
    peer.send({ ...window, nextIncomingId: 1, incomingWindow: 1, echo: true })
    assert.equal((await peer.expect('flow')).nextOutgoingId, 1)
    assert.equal((await peer.expect('transfer')).deliveryId, 1)
  })

  it('grants the peer more across the wrap of its numbers', async (t) => {
    const { connection, peer } = await openClient(t, { incomingWindow: 4 })
    const [session] = await Promise.all([connection.openSession(), peer.beginAsServer({ nextOutgoingId: 0xfffffffe })])
    let seen = 0
    await Promise.all([
      session.attachReceiver({ address: 'q', onDelivery: () => void seen++ }),
      peer.attachAsServer({ initialDeliveryCount: 0xfffffffe }),
    ])
    assert.equal((await peer.expect('flow')).nextIncomingId, 0xfffffffe)
    for (let n = 0; n < 3; n++) transfer(peer, (0xfffffffe + n) >>> 0, { settled: true })
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.nextIncomingId, flow.incomingWindow, seen], [1, 4, 3])
  })
})

describe('the Flow of a sending link', () => {
  it('has the count of deliveries, the credit that is left and what waits for more', async (t) => {
    const { peer, sender } = await attachedSender(t, 2, { initialDeliveryCount: 100 })
    for (let n = 0; n < 5; n++) sender.submit(bodyOf('x'), SETTLED, new Reported())
    peer.send(creditFor(0, 2, { deliveryCount: 100, echo: true }))
    assert.deepEqual(linkFields(await peer.expectLater('flow')), [0, 102, 0, 3, false])
  })

  it('is not asked for and not sent when credit is used', async (t) => {
    const { peer, sender } = await attachedSender(t, 2)
    sender.submit(bodyOf('x'), SETTLED, new Reported())
    await peer.expect('transfer')
    assert.deepEqual([peer.unread, sender.credit], [[], 1])
  })

  it('answers a drain behind the last frame of the message that is on its way', async (t) => {
    const small = { open: { maxFrameSize: 512 }, begin: { incomingWindow: 1 } }
    const { peer, sender } = await attachedSender(t, 0, {}, small)
    sender.submit(Buffer.alloc(1200), SETTLED, new Reported())
    peer.send(creditFor(0, 5, { incomingWindow: 1 }))
    assert.equal((await peer.expect('transfer')).more, true)
    peer.send(creditFor(0, 5, { nextIncomingId: 1, incomingWindow: 9, drain: true }))
    while ((await peer.expect('transfer')).more);
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 5, 0, 0, true])
  })

  it('answers a drain when as many messages as may be are without an outcome', async (t) => {
    const { peer, sender } = await attachedSender(t, 5, { maxUnsettled: 1 })
    for (let n = 0; n < 2; n++) sender.submit(bodyOf('x'), { settled: false }, new Reported())
    await peer.expect('transfer')
    peer.send(creditFor(0, 4, { deliveryCount: 1, drain: true }))
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 5, 0, 1, true])
  })

  it('gives all the credit back that there can be, and counts on behind the wrap', async (t) => {
    const { peer, sender } = await attachedSender(t, 1, { initialDeliveryCount: 7 })
    peer.send(creditFor(0, 0xffffffff, { deliveryCount: 7, drain: true }))
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 6, 0, 0, true])
    peer.send(creditFor(0, 1, { deliveryCount: 6 }))
    await until(() => sender.credit === 1)
    sender.submit(bodyOf('x'), SETTLED, new Reported())
    await peer.expect('transfer')
  })
})

describe('the credit of a sending link', () => {
  it('counts from its first number when the receiver has not seen the attach', async (t) => {
    const { peer, sender } = await attachedSender(t, 0, { initialDeliveryCount: 1000 })
    peer.send(creditFor(0, 3, { deliveryCount: undefined, echo: true }))
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 1000, 3, 0, false])
    sender.submit(bodyOf('x'), SETTLED, new Reported())
    await peer.expect('transfer')
    peer.send(creditFor(0, 3, { deliveryCount: undefined, echo: true }))
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 1001, 2, 0, false])
  })

  it('holds across the wrap of the delivery-count', async (t) => {
    const { peer, sender } = await attachedSender(t, 0, { initialDeliveryCount: 0xfffffffe })
    for (let n = 0; n < 6; n++) sender.submit(bodyOf('x'), SETTLED, new Reported())
    peer.send(creditFor(0, 3, { deliveryCount: 0xfffffffe, echo: true }))
    for (let n = 0; n < 3; n++) await peer.expectLater('transfer')
    peer.send(creditFor(0, 3, { deliveryCount: 0xffffffff, echo: true })) // it has seen the first of them
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 1, 1, 3, false])
    await peer.expect('transfer')
    assert.equal(sender.credit, 0)
  })

  it('stays a number that can be sent, whatever the receiver claims to have seen', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    peer.send(creditFor(0, 0xffffffff, { deliveryCount: 9, echo: true }))
    assert.equal((await peer.expect('flow')).linkCredit, 0xffffffff)
    assert.equal(sender.credit, 0xffffffff)
  })

  it('is none once the receiver has taken it back', async (t) => {
    const { peer, sender } = await attachedSender(t, 5)
    peer.send(creditFor(0, 0, { echo: true }))
    await peer.expect('flow')
    sender.submit(bodyOf('x'), SETTLED, new Reported())
    for (let n = 0; n < 5; n++) await nextTurn()
    assert.deepEqual([peer.unread, sender.queued], [[], 1])
  })
})

describe('the Flow of a receiving link', () => {
  it("comes with the sender's count, once the sender has said it", async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachReceiver({ address: 'q', creditWindow: 5 })
    const attach = await peer.expect('attach')
    for (let n = 0; n < 5; n++) await nextTurn()
    assert.deepEqual(peer.unread, [])
    peer.send({ ...attach, role: false, initialDeliveryCount: 40 })
    await attaching
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 40, 5, undefined, false])
  })

  it('follows a sender that has moved its count on', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0 }, { initialDeliveryCount: 0xfffffffd })
    receiver.addCredit(10)
    await peer.expect('flow')
    peer.send({ type: 'flow', ...WINDOW, handle: 0, deliveryCount: 1, linkCredit: 6, echo: true })
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 1, 6, undefined, false])
    assert.equal(receiver.credit, 6)
  })

  it('never counts back, nor below zero', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0 }, { initialDeliveryCount: 10 })
    receiver.addCredit(5)
    await peer.expect('flow')
    peer.send({ type: 'flow', ...WINDOW, handle: 0, deliveryCount: 8, linkCredit: 7, echo: true })
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 10, 5, undefined, false])
    peer.send({ type: 'flow', ...WINDOW, handle: 0, deliveryCount: 60, linkCredit: 7, echo: true })
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 60, 0, undefined, false])
  })

  it('that drains says so until it is done, also while messages come', async (t) => {
    const deliveries: Delivery[] = []
    const { peer, receiver } = await attachedReceiver(t, {
      creditWindow: 0,
      onDelivery: (d) => void deliveries.push(d),
    })
    receiver.addCredit(3)
    let drained = false
    const draining = receiver.drain().then(() => {
      drained = true
    })
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 0, 3, undefined, true])
    transfer(peer, 0)
    transfer(peer, 1)
    await until(() => deliveries.length === 2)
    assert.equal(drained, false)
    peer.send({ type: 'flow', ...WINDOW, nextOutgoingId: 2, handle: 0, deliveryCount: 3, linkCredit: 0, drain: true })
    await draining
    receiver.addCredit(1)
    assert.deepEqual(linkFields(await peer.expect('flow')), [0, 3, 1, undefined, false])
  })
})

describe('a Flow for a link that we have detached', () => {
  it('is of no interest, in either direction', async (t) => {
    const listener = await startListener(t, {
      onLink: (request) => {
        const link = request.role === 'sender' ? request.acceptReceiver({ creditWindow: 0 }) : request.acceptSender({})
        void link.detach()
      },
    })
    const peer = await clientOf(t, listener)
    const attach = { type: 'attach', source: { address: 'q' }, target: { address: 'q' } } as const
    for (const [handle, role] of [true, false].entries()) {
      peer.send({ ...attach, name: `n${handle}`, handle, role, initialDeliveryCount: role ? undefined : 0 })
      await peer.expect('attach')
      await peer.expect('detach')
      peer.send({ ...creditFor(handle, 5), echo: true, drain: true })
    }
    peer.send({ type: 'flow', ...WINDOW, echo: true })
    assert.equal((await peer.expect('flow')).handle, undefined)
  })
})
