// What a transfer may be, as we send it and as we take it (AMQP 1.0 part 2: 2.6.12, 2.6.13, 2.6.14, 2.7.5).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import type { ReceiverOptions } from '../../../src/amqp/options.ts'
import type { Transfer } from '../../../src/codec/performatives.ts'
import {
  addSender,
  attachedReceiver,
  attachedSender,
  bodyOf,
  creditFor,
  nextTurn,
  type OpenSession,
  openClient,
  openSession,
  Reported,
  until,
} from '../../support/amqp-fixtures.ts'
import { frameBytes, type ScriptedPeer } from '../../support/scripted-peer.ts'

const UNSETTLED = { settled: false }
const SETTLED = { settled: true }
const SMALL = { open: { maxFrameSize: 512 } }

const first = (deliveryId: number, more: Record<string, unknown> = {}) =>
  ({ type: 'transfer', handle: 0, deliveryId, deliveryTag: Buffer.of(deliveryId), messageFormat: 0, ...more }) as const
const next = (more: Record<string, unknown> = {}) => ({ type: 'transfer', handle: 0, ...more }) as const

interface Taking extends OpenSession {
  readonly deliveries: Delivery[]
}

async function taking(t: TestContext, options: ReceiverOptions = {}): Promise<Taking> {
  const deliveries: Delivery[] = []
  const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery)
  const opened = await attachedReceiver(t, { onDelivery, ...options })
  await opened.peer.expect('flow')
  return { ...opened, deliveries }
}

/** Passes when everything that was sent before has been worked on. */
async function settle(peer: ScriptedPeer): Promise<void> {
  peer.send({ type: 'flow', nextIncomingId: 0, incomingWindow: 9, nextOutgoingId: 0, outgoingWindow: 9, echo: true })
  await peer.expectLater('flow')
}

describe('a transfer of ours', () => {
  it('names its delivery by id, tag and format in the first frame, and is never a resumed one', async (t) => {
    const { peer, sender } = await attachedSender(t, 9, {}, SMALL)
    for (const size of [10, 1200]) sender.submit(Buffer.alloc(size), SETTLED, new Reported())
    for (const id of [0, 1]) {
      const frame = await peer.expect('transfer')
      assert.deepEqual([frame.deliveryId, frame.messageFormat, frame.more], [id, 0, id === 1])
      assert((frame.deliveryTag?.length ?? 99) <= 32)
      assert.deepEqual(
        [frame.state, frame.resume, frame.aborted, frame.rcvSettleMode],
        [undefined, false, false, undefined],
      )
    }
  })

  it('has a tag that no other unsettled delivery of its link has', async (t) => {
    const { peer, sender } = await attachedSender(t, 300)
    for (let n = 0; n < 300; n++) sender.submit(bodyOf('x'), UNSETTLED, new Reported())
    const tags = new Set<string>()
    for (let n = 0; n < 300; n++) tags.add(String((await peer.expect('transfer')).deliveryTag?.toString('hex')))
    assert.equal(tags.size, 300)
  })

  it('has ids that count for the session, over all links and across the wrap', async (t) => {
    const { connection, peer } = await openClient(t)
    const [session] = await Promise.all([
      connection.openSession({ initialOutgoingId: 0xffffffff }),
      peer.beginAsServer(),
    ])
    const senders = [
      await addSender({ connection, peer, session }, 0),
      await addSender({ connection, peer, session }, 0),
    ]
    const window = { nextIncomingId: 0xffffffff }
    for (const sender of senders) peer.send(creditFor(sender.handle, 9, window))
    await until(() => senders.every((sender) => sender.credit === 9))
    for (const n of [0, 1, 0]) senders[n]?.submit(bodyOf('x'), SETTLED, new Reported())
    const ids: unknown[] = []
    for (let n = 0; n < 3; n++) ids.push((await peer.expect('transfer')).deliveryId)
    assert.deepEqual(ids, [0xffffffff, 0, 1])
  })

  it('never comes between the frames of another message of its link', async (t) => {
    const { peer, sender } = await attachedSender(t, 3, {}, SMALL)
    for (let n = 0; n < 3; n++) sender.submit(Buffer.alloc(1200), SETTLED, new Reported())
    const frames: Transfer[] = []
    while (frames.filter(({ more }) => !more).length < 3) frames.push(await peer.expect('transfer'))
    let open = false
    for (const { deliveryId, more } of frames) {
      assert.equal(deliveryId === undefined, open, 'a delivery begins when the one before has ended')
      open = more
    }
  })

  it('says in each frame whether it is settled, as the link has it', async (t) => {
    for (const [sndSettleMode, settled] of [
      [0, false],
      [1, true],
    ] as const) {
      const { peer, sender } = await attachedSender(t, 3, { sndSettleMode }, SMALL)
      sender.submit(Buffer.alloc(1200), { settled: !settled }, new Reported())
      for (let more = true; more; ) {
        const frame = await peer.expect('transfer')
        assert.equal(frame.settled, settled)
        more = frame.more
      }
    }
  })

  it('that is taken back between two frames ends with an aborted one, and its link goes on', async (t) => {
    const { peer, sender } = await attachedSender(t, 0, {}, { ...SMALL, begin: { incomingWindow: 1 } })
    const submission = sender.submit(Buffer.alloc(1200), UNSETTLED, new Reported())
    peer.send(creditFor(0, 9, { incomingWindow: 1 }))
    assert.equal((await peer.expect('transfer')).more, true)
    assert.equal(submission.cancel(), true)
    sender.submit(bodyOf('next'), SETTLED, new Reported())
    peer.send({ type: 'flow', nextIncomingId: 1, incomingWindow: 9, nextOutgoingId: 0, outgoingWindow: 9 })
    const { frame, payload } = await peer.expectFull('transfer')
    assert.deepEqual([frame.aborted, frame.more, payload.length], [true, false, 0])
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('next'))
    assert.equal(sender.unsettled, 0)
  })
})

describe('a message of the peer', () => {
  const bytes = Buffer.concat(['a', 'bc', 'def'].map(bodyOf))

  it('is whole wherever it is cut in two', async (t) => {
    const { peer, deliveries } = await taking(t, { creditWindow: 1000 })
    for (let cut = 0; cut <= bytes.length; cut++) {
      peer.send(first(cut, { more: true }), bytes.subarray(0, cut))
      peer.send(next(), bytes.subarray(cut))
    }
    await until(() => deliveries.length === bytes.length + 1)
    for (const { payload } of deliveries) assert.deepEqual(payload, bytes)
  })

  it('is whole byte by byte, with empty frames between', async (t) => {
    const { peer, deliveries } = await taking(t)
    peer.send(first(0, { more: true }))
    for (let at = 0; at < bytes.length; at++) {
      peer.send(next({ more: true }), bytes.subarray(at, at + 1))
      peer.send(next({ more: true }))
    }
    peer.send(next())
    await until(() => deliveries.length === 1)
    assert.deepEqual(deliveries[0]?.payload, bytes)
  })

  it('may come between the frames of those of other links', async (t) => {
    const opened = await openSession(t)
    const { session, peer } = opened
    const deliveries: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery)
    for (const name of ['a', 'b', 'c']) {
      await Promise.all([session.attachReceiver({ name, address: name, onDelivery }), peer.attachAsServer()])
      await peer.expect('flow')
    }
    const messages = ['first', 'second', 'third'].map(bodyOf)
    for (const [handle] of messages.entries()) peer.send(first(handle, { handle, more: true }))
    for (let at = 0; at < 20; at++)
      for (const [handle, message] of messages.entries())
        peer.send(next({ handle, more: true }), message.subarray(at, at + 1))
    for (const handle of [2, 0, 1]) peer.send(next({ handle }))
    await until(() => deliveries.length === 3)
    assert.deepEqual(
      deliveries.map(({ id, payload }) => [id, payload]),
      [2, 0, 1].map((id) => [id, messages[id]]),
    )
  })

  for (const [frames, settled] of [
    [[undefined], false],
    [[false], false],
    [[true], true],
    [[undefined, undefined], false],
    [[true, undefined], true],
    [[undefined, true], true],
    [[undefined, true, undefined], true],
    [[false, undefined, true], true],
  ] as const)
    it(`is ${settled ? 'settled' : 'not settled'} when its frames say ${frames.join(', ')}`, async (t) => {
      const { peer, deliveries } = await taking(t)
      for (const [n, flag] of frames.entries()) {
        const more = { settled: flag, more: n < frames.length - 1 }
        peer.send(n === 0 ? first(0, more) : next(more), bodyOf('x'))
      }
      await until(() => deliveries.length === 1)
      assert.equal(deliveries[0]?.settled, settled)
    })

  it('is taken with whatever state its sender says that it has', async (t) => {
    const { peer, deliveries } = await taking(t)
    peer.send(first(0, { state: { type: 'accepted' } }), bytes)
    peer.send(first(1, { state: { type: 'received', sectionNumber: 0, sectionOffset: 0 } }), bytes)
    await until(() => deliveries.length === 2)
    assert.deepEqual([deliveries[0]?.settled, deliveries[1]?.settled], [false, false])
  })

  it('may leave ids out: each is settled by its own', async (t) => {
    const { peer, deliveries, receiver } = await takingThree(t, [0, 7, 9])
    for (const delivery of deliveries) delivery.accept()
    const ranges: unknown[] = []
    for (let n = 0; n < 3; n++) {
      const { first: from, last } = await peer.expect('disposition')
      ranges.push([from, last])
    }
    assert.deepEqual(ranges, [
      [0, undefined],
      [7, undefined],
      [9, undefined],
    ])
    assert.equal(receiver.unsettled, 0)
  })

  it('may have an id from before the wrap and the next from behind it', async (t) => {
    const { peer, deliveries, receiver } = await takingThree(t, [0xfffffffe, 0xffffffff, 0])
    deliveries[0]?.accept()
    deliveries[1]?.accept()
    deliveries[2]?.accept()
    const { first: from, last } = await peer.expect('disposition')
    assert.deepEqual([from, last, receiver.unsettled], [0xfffffffe, 0, 0])
  })

  it('is settled across the wrap by the peer', async (t) => {
    const { peer, receiver } = await takingThree(t, [0xfffffffe, 0xffffffff, 0])
    peer.send({ type: 'disposition', role: false, first: 0xffffffff, last: 5, settled: true })
    await until(() => receiver.unsettled === 1)
    peer.send({ type: 'disposition', role: false, first: 0xfffffff0, last: 0xfffffffe, settled: true })
    await until(() => receiver.unsettled === 0)
  })
})

async function takingThree(t: TestContext, ids: readonly number[]) {
  const deliveries: Delivery[] = []
  const opened = await attachedReceiver(t, { onDelivery: (delivery) => void deliveries.push(delivery) })
  await opened.peer.expect('flow')
  for (const id of ids) opened.peer.send(first(id), bodyOf('x'))
  await until(() => deliveries.length === ids.length)
  return { ...opened, deliveries }
}

describe('an aborted message', () => {
  for (const [what, frames] of [
    ['in its only frame', [first(0, { aborted: true })]],
    ['in a later frame', [first(0, { more: true }), next({ more: true }), next({ aborted: true })]],
    ['with more to come, which is not meant', [first(0, { more: true }), next({ aborted: true, more: true })]],
    ['with a state', [first(0, { more: true }), next({ aborted: true, state: { type: 'released' } })]],
    ['settled', [first(0, { more: true }), next({ aborted: true, settled: true })]],
    ['by its name', [first(0, { more: true }), first(0, { aborted: true })]],
  ] as const)
    it(`${what} is dropped with all its bytes, has used one credit, and is settled by that`, async (t) => {
      const { peer, session, deliveries } = await taking(t, { creditWindow: 2, maxMessageSize: 100 })
      for (const frame of frames) {
        const payload = 'aborted' in frame ? Buffer.alloc(500, 0xff) : bodyOf('part')
        peer.sendRaw(frameBytes(frame, payload))
      }
      const flow = await peer.expect('flow')
      assert.deepEqual([flow.deliveryCount, flow.linkCredit, deliveries.length], [1, 2, 0])
      peer.send({ type: 'disposition', role: false, first: 0, settled: true })
      peer.send(first(0), bodyOf('whole'))
      await until(() => deliveries.length === 1)
      assert.deepEqual([deliveries[0]?.payload, session.isOpen, peer.unread], [bodyOf('whole'), true, []])
    })
})

describe('a resumed delivery', () => {
  it('is ignored, since nothing here knows it, and has used one credit', async (t) => {
    const { peer, session, deliveries } = await taking(t, { creditWindow: 4 })
    peer.send(first(0, { resume: true }), bodyOf('old'))
    peer.send(first(1, { resume: true, more: true }), bodyOf('old'))
    peer.send(next({ more: true }), bodyOf('older'))
    peer.send(next({ resume: true }), bodyOf('oldest'))
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit], [2, 4])
    peer.send(first(2, { resume: true, settled: true, state: { type: 'accepted' } }))
    peer.send({ type: 'disposition', role: false, first: 0, last: 2, settled: true, state: { type: 'accepted' } })
    peer.send(first(3), bodyOf('new'))
    await until(() => deliveries.length === 1)
    assert.deepEqual([deliveries[0]?.id, deliveries[0]?.payload], [3, bodyOf('new')])
    deliveries[0]?.accept()
    assert.equal((await peer.expect('disposition')).first, 3)
    assert.equal(session.isOpen, true)
  })

  it('may be aborted, and may be larger than a message', async (t) => {
    const { peer, session, deliveries } = await taking(t, { maxMessageSize: 10 })
    peer.send(first(0, { resume: true, more: true }), Buffer.alloc(1000))
    peer.send(next({ aborted: true }))
    await settle(peer)
    for (let n = 0; n < 3; n++) await nextTurn()
    assert.deepEqual([deliveries.length, session.isOpen], [0, true])
  })
})
