// Who settles what, and when (AMQP 1.0 part 2: 2.6.12, 2.7.5, 2.7.6, 2.8.2, 2.8.3).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import type { Sender } from '../../../src/amqp/sender.ts'
import { ACCEPTED, type Outcome, RELEASED } from '../../../src/codec/delivery-state.ts'
import {
  addSender,
  attachedReceiver,
  attachedSender,
  bodyOf,
  clientOf,
  creditFor,
  openClient,
  openSession,
  Reported,
  startListener,
  until,
} from '../../support/amqp-fixtures.ts'
import { mirrored, type ScriptedPeer } from '../../support/scripted-peer.ts'

const UNSETTLED = { settled: false }
const ECHO = {
  type: 'flow',
  nextIncomingId: 0,
  incomingWindow: 9,
  nextOutgoingId: 0,
  outgoingWindow: 9,
  echo: true,
} as const

const ofReceiver = (first: number, more: Record<string, unknown>) =>
  ({ type: 'disposition', role: true, first, ...more }) as const
const ofSender = (first: number, more: Record<string, unknown>) =>
  ({ type: 'disposition', role: false, first, ...more }) as const

function transfer(peer: ScriptedPeer, deliveryId: number, more: Record<string, unknown> = {}): void {
  peer.send({ type: 'transfer', handle: 0, deliveryId, deliveryTag: Buffer.of(deliveryId), ...more }, bodyOf('x'))
}

async function receiving(t: TestContext, rcvSettleMode: number) {
  const deliveries: Delivery[] = []
  const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery)
  const opened = await attachedReceiver(t, { rcvSettleMode, onDelivery })
  await opened.peer.expect('flow')
  return { ...opened, deliveries }
}

/** Passes when all that was sent before has been worked on; nothing was answered. */
async function nothingBut(peer: ScriptedPeer): Promise<void> {
  peer.send(ECHO)
  assert.equal((await peer.expect('flow')).handle, undefined)
}

describe('a transfer that says how it is to be settled', () => {
  it('is settled at once when it says first, on a link that settles second', async (t) => {
    const { peer, deliveries, receiver } = await receiving(t, 1)
    transfer(peer, 0, { rcvSettleMode: 0 })
    transfer(peer, 1)
    await until(() => deliveries.length === 2)
    for (const delivery of deliveries) delivery.accept()
    assert.deepEqual(
      [(await peer.expect('disposition')).settled, (await peer.expect('disposition')).settled],
      [true, false],
    )
    assert.deepEqual([deliveries[0]?.settled, deliveries[1]?.settled, receiver.unsettled], [true, false, 1])
  })

  it('says no more than its link when it says the same', async (t) => {
    const { peer, deliveries } = await receiving(t, 1)
    transfer(peer, 0, { rcvSettleMode: 1 })
    await until(() => deliveries.length === 1)
    deliveries[0]?.accept()
    assert.equal((await peer.expect('disposition')).settled, false)
  })

  for (const [what, mode, rcvSettleMode, description] of [
    ['second on a link that settles first', 0, 1, /rcv-settle-mode: expected 0 \(first\), as the link has it, found 1/],
    ['a mode that there is not', 1, 2, /rcv-settle-mode: expected 0 or 1, found 2/],
  ] as const)
    it(`ends its link when it says ${what}`, async (t) => {
      const { peer, session, receiver } = await receiving(t, mode)
      transfer(peer, 0, { rcvSettleMode })
      const { error } = await peer.expect('detach')
      assert.equal(error?.condition, 'amqp:invalid-field')
      assert.match(error?.description ?? '', description)
      peer.send({ type: 'detach', handle: 0, closed: true })
      assert.equal((await receiver.closed)?.condition, 'amqp:invalid-field')
      assert.equal(session.isOpen, true)
    })

  it('is taken when it comes settled, whatever it says', async (t) => {
    const { peer, deliveries } = await receiving(t, 0)
    transfer(peer, 0, { rcvSettleMode: 1, settled: true })
    await until(() => deliveries.length === 1)
    assert.equal(deliveries[0]?.settled, true)
  })
})

describe('a receiver that settles second', () => {
  it('says its outcome once, waits, and says nothing when the sender has settled', async (t) => {
    const { peer, deliveries, receiver } = await receiving(t, 1)
    for (const id of [0, 1]) transfer(peer, id)
    await until(() => deliveries.length === 2)
    for (const delivery of deliveries) delivery.release()
    const { first, last, settled, state } = await peer.expect('disposition')
    assert.deepEqual([first, last, settled, state], [0, 1, false, RELEASED])
    peer.send(ofSender(0, { last: 1, settled: true, state: RELEASED }))
    await until(() => receiver.unsettled === 0)
    await nothingBut(peer)
  })

  it('is told of a sender that settles first', async (t) => {
    const { peer, deliveries, receiver } = await receiving(t, 1)
    transfer(peer, 0)
    await until(() => deliveries.length === 1)
    let told = 0
    if (deliveries[0]) deliveries[0].onSettledByPeer = () => void told++
    peer.send(ofSender(0, { settled: true }))
    await until(() => told === 1)
    deliveries[0]?.accept()
    assert.equal(receiver.unsettled, 0)
    await nothingBut(peer)
  })
})

describe('a sender whose receiver settles second', () => {
  it('settles what has an outcome, with its neighbours, and is settled by that', async (t) => {
    const { peer, sender } = await attachedSender(t, 9, { rcvSettleMode: 1 })
    const told = [0, 1, 2].map(() => new Reported())
    for (const handler of told) sender.submit(bodyOf('x'), UNSETTLED, handler)
    for (const _ of told) await peer.expect('transfer')
    peer.send(ofReceiver(0, { last: 2, settled: false, state: ACCEPTED }))
    const { role, first, last, settled } = await peer.expect('disposition')
    assert.deepEqual([role, first, last, settled], [false, 0, 2, true])
    assert.equal(sender.unsettled, 0)
    peer.send(ofReceiver(0, { last: 2, settled: true, state: RELEASED })) // too late to change anything
    await nothingBut(peer)
    for (const { calls } of told) assert.deepEqual(calls, ['sent', 'accepted'])
  })
})

describe('a disposition', () => {
  it('of a state on the way is no outcome', async (t) => {
    const { peer, sender } = await attachedSender(t, 1)
    const told = new Reported()
    sender.submit(bodyOf('x'), UNSETTLED, told)
    await peer.expect('transfer')
    peer.send(ofReceiver(0, { settled: false, state: { type: 'received', sectionNumber: 0, sectionOffset: 3 } }))
    peer.send(ofReceiver(0, { settled: false }))
    await nothingBut(peer)
    assert.deepEqual([told.calls, sender.unsettled], [['sent'], 1])
  })

  it('of deliveries that are not there, or not any more, is ignored', async (t) => {
    const { peer, sender, session } = await attachedSender(t, 3)
    const told = new Reported()
    sender.submit(bodyOf('x'), UNSETTLED, told)
    await peer.expect('transfer')
    for (const settled of [true, false]) {
      peer.send(ofReceiver(5, { settled, state: ACCEPTED }))
      peer.send(ofReceiver(0xfffffff0, { last: 0xffffffff, settled, state: ACCEPTED }))
      peer.send(ofSender(0, { last: 100, settled, state: ACCEPTED }))
    }
    await nothingBut(peer)
    assert.deepEqual([told.calls, sender.unsettled, session.isOpen], [['sent'], 1, true])
    for (let n = 0; n < 3; n++) peer.send(ofReceiver(0, { settled: true, state: ACCEPTED }))
    await nothingBut(peer)
    assert.deepEqual(told.calls, ['sent', 'accepted'])
  })

  it('is for the direction that its role says, though both have the same ids', async (t) => {
    const opened = await openSession(t)
    const { session, peer } = opened
    const sender = await addSender(opened, 5)
    const deliveries: Delivery[] = []
    const [receiver] = await Promise.all([
      session.attachReceiver({ address: 'q', onDelivery: (delivery) => void deliveries.push(delivery) }),
      peer.attachAsServer(),
    ])
    await peer.expect('flow')
    sender.submit(bodyOf('x'), UNSETTLED, new Reported())
    await peer.expect('transfer')
    transfer(peer, 0, { handle: receiver.handle })
    await until(() => deliveries.length === 1)
    peer.send(ofSender(0, { settled: true }))
    await until(() => receiver.unsettled === 0)
    assert.equal(sender.unsettled, 1)
    peer.send(ofReceiver(0, { settled: true, state: ACCEPTED }))
    await until(() => sender.unsettled === 0)
  })

  it('reaches what we sent across the wrap of delivery-ids', async (t) => {
    const { connection, peer } = await openClient(t)
    const [session] = await Promise.all([
      connection.openSession({ initialOutgoingId: 0xfffffffe }),
      peer.beginAsServer(),
    ])
    const sender = await addSender({ connection, peer, session }, 0)
    peer.send(creditFor(0, 9, { nextIncomingId: 0xfffffffe }))
    await until(() => sender.credit === 9)
    const told = [0, 1, 2, 3].map(() => new Reported())
    for (const handler of told) sender.submit(bodyOf('x'), UNSETTLED, handler)
    for (const _ of told) await peer.expect('transfer')
    peer.send(ofReceiver(0xffffffff, { last: 0, settled: true, state: ACCEPTED }))
    await until(() => sender.unsettled === 2)
    assert.deepEqual(
      told.map(({ calls }) => calls.length),
      [1, 2, 2, 1],
    )
    peer.send(ofReceiver(0xf0000000, { last: 0x6fffffff, settled: true, state: RELEASED }))
    await until(() => sender.unsettled === 0)
    assert.deepEqual(told[3]?.calls, ['sent', 'released'])
  })

  it('has no effect once the link that it is for has gone', async (t) => {
    const { peer, sender } = await attachedSender(t, 1)
    const told = new Reported()
    sender.submit(bodyOf('x'), UNSETTLED, told)
    await peer.expect('transfer')
    const detaching = sender.detach()
    await peer.expect('detach')
    peer.send(ofReceiver(0, { settled: true, state: ACCEPTED }))
    peer.send({ type: 'detach', handle: 0, closed: true })
    await detaching
    peer.send(ofReceiver(0, { settled: false, state: ACCEPTED }))
    await nothingBut(peer)
    assert.deepEqual(told.calls, ['sent', { failed: 'local', sent: true }])
  })
})

describe('the settle modes of a link', () => {
  it('are what the sender says for sending, whatever the receiver would like', async (t) => {
    const { session, peer } = await openSession(t)
    const deliveries: Delivery[] = []
    const attaching = session.attachReceiver({
      address: 'q',
      sndSettleMode: 1,
      onDelivery: (delivery) => void deliveries.push(delivery),
    })
    const attach = await peer.expect('attach')
    assert.equal(attach.sndSettleMode, 1)
    peer.send(mirrored(attach, { sndSettleMode: 2 }))
    await attaching
    await peer.expect('flow')
    transfer(peer, 0)
    await until(() => deliveries.length === 1)
    deliveries[0]?.accept()
    assert.equal((await peer.expect('disposition')).settled, true)
  })

  it('are what the receiver says for settling, whatever the sender would like', async (t) => {
    const { peer, sender } = await attachedSender(t, 1, { rcvSettleMode: 1 }, { attach: { rcvSettleMode: 0 } })
    const outcome = sender.send(bodyOf('x'))
    await peer.expect('transfer')
    peer.send(ofReceiver(0, { settled: true, state: ACCEPTED }))
    assert.deepEqual((await outcome) satisfies Outcome, ACCEPTED)
    await nothingBut(peer)
  })

  it('of a sender that the peer asks for are as it asks', async (t) => {
    const senders: Sender[] = []
    const listener = await startListener(t, { onLink: (request) => void senders.push(request.acceptSender({})) })
    const peer = await clientOf(t, listener)
    const attach = { type: 'attach', role: true, source: { address: 'q' }, target: {} } as const
    for (const sndSettleMode of [0, 1, 2]) {
      peer.send({ ...attach, name: `n${sndSettleMode}`, handle: sndSettleMode, sndSettleMode, rcvSettleMode: 1 })
      const answer = await peer.expect('attach')
      assert.deepEqual([answer.sndSettleMode, answer.rcvSettleMode], [sndSettleMode, 1])
      peer.send(creditFor(sndSettleMode, 2))
    }
    await until(() => senders.every((sender) => sender.credit === 2))
    const sent = senders.map((sender) =>
      [true, false].map((settled) => sender.submit(bodyOf('x'), { settled }, new Reported()).settled),
    )
    assert.deepEqual(sent, [
      [false, false],
      [true, true],
      [true, false],
    ])
  })
})
