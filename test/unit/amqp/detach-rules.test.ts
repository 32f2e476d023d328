// How a link ends, and what may still come for it (AMQP 1.0 part 2: 2.6.4, 2.6.5, 2.6.6, 2.7.7).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import {
  addSender,
  attachedReceiver,
  attachedSender,
  bodyOf,
  clientOf,
  creditFor,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import type { ScriptedPeer } from '../../support/scripted-peer.ts'

const ECHO = {
  type: 'flow',
  nextIncomingId: 0,
  incomingWindow: 9,
  nextOutgoingId: 0,
  outgoingWindow: 9,
  echo: true,
} as const
const transfer = (deliveryId: number, more: Record<string, unknown> = {}) =>
  ({ type: 'transfer', handle: 0, deliveryId, deliveryTag: Buffer.of(deliveryId), ...more }) as const

/** Passes when all that was sent before has been worked on, and was answered with nothing. */
async function nothingBut(peer: ScriptedPeer, more: Record<string, unknown> = {}): Promise<void> {
  peer.send({ ...ECHO, ...more })
  assert.equal((await peer.expect('flow')).handle, undefined)
}

describe('a link error', () => {
  it('detaches the link with what was wrong, and ends nothing else', async (t) => {
    const opened = await attachedReceiver(t, { creditWindow: 0 })
    const { peer, session, receiver } = opened
    peer.send(transfer(0), bodyOf('x'))
    const { handle, closed, error } = await peer.expect('detach')
    assert.deepEqual([handle, closed, error?.condition], [0, true, 'amqp:link:transfer-limit-exceeded'])
    assert.equal(receiver.isAttached, false)
    peer.send({ type: 'detach', handle: 0, closed: true })
    assert.equal((await receiver.closed)?.origin, 'local')
    assert.equal(session.isOpen, true)
    assert.equal((await addSender(opened, 0)).handle, 0)
  })

  it('leaves what was on its way for the link without effect, counted by the session', async (t) => {
    const deliveries: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery)
    const { peer, session, receiver } = await attachedReceiver(t, { maxMessageSize: 10, creditWindow: 9, onDelivery })
    await peer.expect('flow')
    peer.send(transfer(0), Buffer.alloc(11))
    peer.send(transfer(1), bodyOf('x'))
    peer.send(transfer(2, { more: true }), bodyOf('x'))
    peer.send({ ...transfer(2), aborted: true })
    peer.send({ type: 'disposition', role: false, first: 0, last: 2, settled: true })
    peer.send({ ...creditFor(0, 5), echo: true })
    assert.equal((await peer.expect('detach')).error?.condition, 'amqp:link:message-size-exceeded')
    peer.send({ ...ECHO, nextOutgoingId: 4 })
    assert.equal((await peer.expect('flow')).nextIncomingId, 4)
    assert.deepEqual([deliveries.length, receiver.unsettled, session.isOpen], [0, 0, true])
    peer.send({ type: 'detach', handle: 0, closed: true })
    assert.equal((await receiver.closed)?.condition, 'amqp:link:message-size-exceeded')
  })
})

describe('what comes for a link after our detach', () => {
  it('is dropped when we received: nothing is handed over, granted or answered', async (t) => {
    const deliveries: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery)
    const { peer, session, receiver } = await attachedReceiver(t, { onDelivery })
    await peer.expect('flow')
    const detaching = receiver.detach()
    await peer.expect('detach')
    for (let id = 0; id < 200; id++) peer.send(transfer(id), bodyOf('x')) // more than it had credit for
    await nothingBut(peer, { nextOutgoingId: 200 })
    peer.send({ type: 'detach', handle: 0, closed: true })
    await detaching
    assert.deepEqual([deliveries.length, session.isOpen], [0, true])
  })

  it('is dropped when we sent: credit and outcomes come too late', async (t) => {
    const { peer, sender, session } = await attachedSender(t, 1)
    const told = new Reported()
    for (let n = 0; n < 2; n++) sender.submit(bodyOf('x'), { settled: false }, told)
    await peer.expect('transfer')
    const detaching = sender.detach()
    await peer.expect('detach')
    peer.send({ ...creditFor(0, 9), drain: true, echo: true })
    peer.send({ type: 'disposition', role: true, first: 0, settled: true, state: { type: 'accepted' } })
    await nothingBut(peer)
    peer.send({ type: 'detach', handle: 0, closed: true })
    await detaching
    assert.deepEqual([told.calls.length, session.isOpen], [3, true])
  })

  it('ends the session when it comes after the detach of the peer, whose handle is free by that', async (t) => {
    const { peer, receiver } = await attachedReceiver(t)
    await peer.expect('flow')
    const detaching = receiver.detach()
    await peer.expect('detach')
    peer.send({ type: 'detach', handle: 0, closed: true })
    await detaching
    peer.send(transfer(0), bodyOf('x'))
    assert.equal((await peer.expect('end')).error?.condition, 'amqp:session:unattached-handle')
  })
})

describe('a detach of the peer', () => {
  for (const closed of [true, false])
    it(`that ${closed ? 'closes' : 'does not close'} the link is answered in kind`, async (t) => {
      const { peer, sender } = await attachedSender(t, 0)
      peer.send({ type: 'detach', handle: 0, closed })
      assert.deepEqual((({ handle, closed, error }) => [handle, closed, error])(await peer.expect('detach')), [
        0,
        closed,
        undefined,
      ])
      assert.equal((await sender.closed)?.origin, 'remote')
    })

  for (const [ours, theirs] of [
    [false, true],
    [true, false],
    [false, false],
    [true, true],
  ] as const)
    it(`(closed: ${theirs}) that crosses ours (closed: ${ours}) ends the link for both`, async (t) => {
      const opened = await attachedSender(t, 0, { name: 'n' })
      const { peer, sender } = opened
      const detaching = sender.detach({ closed: ours })
      peer.send({ type: 'detach', handle: 0, closed: theirs })
      await detaching
      assert.equal((await peer.expect('detach')).closed, ours)
      await nothingBut(peer)
      assert.equal((await addSender(opened, 0, { name: 'n' })).handle, 0)
    })

  it('frees its handle and its name for the next link at once', async (t) => {
    const attached: string[] = []
    const listener = await startListener(t, {
      onLink: (request) => {
        attached.push(request.name)
        request.acceptReceiver({ creditWindow: 0 })
      },
    })
    const peer = await clientOf(t, listener)
    const attach = { type: 'attach', name: 'n', handle: 3, role: false, source: {}, target: {} } as const
    for (let n = 0; n < 3; n++) {
      peer.sendAll({ ...attach, initialDeliveryCount: 0 }, { type: 'detach', handle: 3, closed: true })
      assert.equal((await peer.expect('attach')).handle, 0)
      await peer.expect('detach')
    }
    assert.deepEqual(attached, ['n', 'n', 'n'])
    await until(() => peer.unread.length === 0)
  })
})
