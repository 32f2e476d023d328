import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import { attachedReceiver, bodyOf, nextTurn, openSession, until } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import type { ScriptedPeer } from '../../support/scripted-peer.ts'

/** One message in one frame. */
function transfer(peer: ScriptedPeer, deliveryId: number, more: Record<string, unknown> = {}, text = 'x'): void {
  const deliveryTag = Buffer.of(deliveryId)
  peer.send({ type: 'transfer', handle: 0, deliveryId, deliveryTag, messageFormat: 0, ...more }, bodyOf(text))
}

const collect = (): { deliveries: Delivery[]; onDelivery: (delivery: Delivery) => void } => {
  const deliveries: Delivery[] = []
  return { deliveries, onDelivery: (delivery) => void deliveries.push(delivery) }
}

describe('the memory of messages that are not complete', () => {
  it('is bounded on a connection, whatever the number of links', async (t) => {
    const { peer, session } = await openSession(t, {}, { maxMessageSize: 10_000 })
    for (const name of ['a', 'b', 'c']) {
      await Promise.all([session.attachReceiver({ name, address: name, creditWindow: 5 }), peer.attachAsServer()])
      await peer.expect('flow')
    }
    // Twice its size is set aside for each.
    for (const handle of [0, 1, 2]) transfer(peer, handle, { more: true, handle }, 'x'.repeat(4_000))
    const close = await peer.expectLater('close')
    assert.equal(close.error?.condition, 'amqp:resource-limit-exceeded')
    assert.match(String(close.error?.description), /incomplete messages of more than 20000 bytes/)
  })
})

describe('the credit of a receiver', () => {
  it('is granted with the attach, and given back as deliveries are settled', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, {
      creditWindow: 4,
      onDelivery: (delivery) => delivery.accept(),
    })
    const first = await peer.expect('flow')
    assert.deepEqual([first.handle, first.deliveryCount, first.linkCredit, first.drain], [0, 0, 4, false])
    for (const id of [0, 1]) transfer(peer, id)
    const flow = await peer.expectLater('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit], [2, 4])
    assert.equal(receiver.credit, 4)
  })

  it('counts from the initial delivery-count of the peer, and wraps', async (t) => {
    const { peer } = await attachedReceiver(
      t,
      { creditWindow: 2, onDelivery: (delivery) => delivery.accept() },
      { initialDeliveryCount: 0xffffffff },
    )
    assert.equal((await peer.expect('flow')).deliveryCount, 0xffffffff)
    transfer(peer, 0)
    assert.equal((await peer.expectLater('flow')).deliveryCount, 0)
  })

  it('can be withdrawn: what was on its way still arrives, and no more than was granted', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0, onDelivery })
    receiver.addCredit(3)
    assert.equal((await peer.expect('flow')).linkCredit, 3)
    transfer(peer, 0)
    await until(() => deliveries.length === 1)
    receiver.withdrawCredit()
    const flow = await peer.expectLater('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit, flow.drain], [1, 0, false])
    assert.equal(receiver.credit, 0)
    transfer(peer, 1)
    transfer(peer, 2)
    await until(() => deliveries.length === 3)
    transfer(peer, 3)
    const detach = await peer.expectLater('detach')
    assert.equal(detach.error?.condition, 'amqp:link:transfer-limit-exceeded')
  })

  it('may be overdrawn by as many as were said, from one grant to the next', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0, overdraft: 2, onDelivery })
    receiver.addCredit(1)
    await peer.expect('flow')
    for (const n of [0, 1, 2]) transfer(peer, n)
    await until(() => deliveries.length === 3)
    receiver.addCredit(1)
    const flow = await peer.expectLater('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit], [3, 1])
    for (const n of [3, 4, 5, 6]) transfer(peer, n)
    const detach = await peer.expectLater('detach')
    assert.equal(detach.error?.condition, 'amqp:link:transfer-limit-exceeded')
    assert.equal(deliveries.length, 6)
  })

  it('is not given back for what is held unsettled', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 2, onDelivery })
    await peer.expect('flow')
    for (const id of [0, 1]) transfer(peer, id)
    await until(() => deliveries.length === 2)
    for (let n = 0; n < 5; n++) await nextTurn()
    assert.deepEqual(peer.unread, [])
    assert.deepEqual([receiver.credit, receiver.unsettled], [0, 2])
    deliveries[0]?.accept()
    assert.deepEqual((await peer.expectLater('flow')).linkCredit, 1)
  })

  it('counts a message of which only a part is there as held', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 2, onDelivery })
    await peer.expect('flow')
    transfer(peer, 0)
    transfer(peer, 1, { more: true })
    await until(() => deliveries.length === 1 && receiver.credit === 0)
    deliveries[0]?.accept()
    assert.equal((await peer.expectLater('flow')).linkCredit, 1)
  })

  it('is given back when the handler returns for what came settled', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer } = await attachedReceiver(t, { creditWindow: 1, onDelivery })
    await peer.expect('flow')
    transfer(peer, 0, { settled: true })
    assert.equal((await peer.expect('flow')).linkCredit, 1)
    assert.equal(deliveries[0]?.settled, true)
    deliveries[0]?.accept()
    await nextTurn()
    assert.deepEqual(peer.unread, [])
  })

  it('is granted by hand without a window', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, {
      creditWindow: 0,
      onDelivery: (delivery) => delivery.accept(),
    })
    receiver.addCredit(2)
    receiver.addCredit(1)
    assert.equal((await peer.expect('flow')).linkCredit, 3)
    transfer(peer, 0)
    await peer.expect('disposition')
    await nextTurn()
    assert.deepEqual(peer.unread, [])
    assert.equal(receiver.credit, 2)
  })

  it('goes out ahead of what is sent behind it when it is flushed, and once', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0 })
    receiver.addCredit(2)
    receiver.flushCredit()
    const detached = receiver.session.attachSender({ address: 'later' }).catch(() => undefined)
    receiver.flushCredit()
    assert.equal((await peer.expect('flow')).linkCredit, 2)
    assert.equal((await peer.expect('attach')).role, false)
    await nextTurn()
    assert.deepEqual(peer.unread, [])
    await receiver.connection.abort(new Error('over'))
    await detached
  })

  it('is a number that can be sent', async (t) => {
    const { receiver, connection } = await attachedReceiver(t, { creditWindow: 0 })
    for (const wrong of [-1, 0.5, Number.NaN, 2 ** 31, 2 ** 40])
      assert.throws(() => receiver.addCredit(wrong), RangeError)
    receiver.addCredit(2 ** 31 - 1)
    assert.throws(() => receiver.addCredit(1), RangeError)
    await nextTurn()
    assert.equal(connection.isOpen, true)
  })
})

describe('a receiver that drains', () => {
  it('has all the credit back when the peer says so', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, {
      creditWindow: 0,
      onDelivery: (delivery) => delivery.accept(),
    })
    receiver.addCredit(5)
    const draining = receiver.drain()
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.linkCredit, flow.drain], [5, true])
    transfer(peer, 0)
    peer.send({
      type: 'flow',
      nextIncomingId: 0,
      incomingWindow: 9,
      nextOutgoingId: 1,
      outgoingWindow: 9,
      handle: 0,
      deliveryCount: 5,
      linkCredit: 0,
      drain: true,
    })
    await draining
    assert.equal(receiver.credit, 0)
    await peer.expect('disposition')
    assert.deepEqual(peer.unread, [])
    await receiver.drain()
  })

  it('is done too when messages use up the credit', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, {
      creditWindow: 0,
      onDelivery: (delivery) => delivery.accept(),
    })
    receiver.addCredit(1)
    const draining = receiver.drain()
    transfer(peer, 0)
    await draining
  })

  it('is done too when the peer leaves credit over', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0 })
    receiver.addCredit(5)
    const draining = receiver.drain()
    peer.send({
      type: 'flow',
      nextIncomingId: 0,
      incomingWindow: 9,
      nextOutgoingId: 0,
      outgoingWindow: 9,
      handle: 0,
      deliveryCount: 0,
      linkCredit: 5,
      drain: true,
    })
    await draining
  })

  it('gives up in its time and is not stuck after that', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0 })
    receiver.addCredit(5)
    await receiver.drain(20)
    assert.equal((await peer.expect('flow')).drain, true)
    receiver.addCredit(1)
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.drain, flow.linkCredit], [false, 6])
  })

  it('is done when the link goes', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0 })
    receiver.addCredit(5)
    const draining = receiver.drain()
    peer.socket.destroy()
    await draining
  })
})

describe('a delivery', () => {
  it('has what the peer sent', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { onDelivery })
    transfer(peer, 7, { messageFormat: 3, deliveryTag: Buffer.from('tag') }, 'hello')
    await until(() => deliveries.length === 1)
    const [delivery] = deliveries as [Delivery]
    assert.deepEqual([delivery.id, delivery.messageFormat, Buffer.from(delivery.tag).toString()], [7, 3, 'tag'])
    assert.equal(delivery.receiver, receiver)
    assert.deepEqual(delivery.payload, bodyOf('hello'))
    assert.deepEqual(delivery.message.body, { type: 'value', value: 'hello' })
    assert.equal(delivery.settled, false)
  })

  it('can be kept apart from what came with it', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer } = await attachedReceiver(t, { onDelivery })
    transfer(peer, 0, {}, 'x'.repeat(100))
    transfer(peer, 1, {}, 'x'.repeat(30_000))
    await until(() => deliveries.length === 2)
    const [small] = deliveries as [Delivery]
    const { payload, tag } = small
    assert.ok(small.message.body)
    small.keepApart()
    assert.deepEqual([small.payload, Buffer.from(small.tag)], [payload, tag])
    assert.deepEqual(small.message.body, { type: 'value', value: 'x'.repeat(100) })
    assert.ok(small.payload.buffer.byteLength <= 8_192, `${small.payload.buffer.byteLength} bytes are kept`)
  })

  it('can give up its payload before it is settled', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer } = await attachedReceiver(t, { onDelivery })
    await peer.expect('flow')
    transfer(peer, 0)
    await until(() => deliveries.length === 1)
    const [delivery] = deliveries as [Delivery]
    assert.ok(delivery.message.body)
    delivery.dropPayload()
    assert.deepEqual([delivery.payload.length, delivery.tag.length, delivery.message.body], [0, 0, undefined])
    delivery.accept()
    assert.equal((await peer.expect('disposition')).state?.type, 'accepted')
  })

  it('is settled once, with any outcome', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer } = await attachedReceiver(t, { onDelivery })
    await peer.expect('flow')
    for (const id of [0, 1, 2, 3]) transfer(peer, id)
    await until(() => deliveries.length === 4)
    deliveries[0]?.accept()
    deliveries[0]?.release()
    deliveries[1]?.reject({ condition: 'my:reason' })
    deliveries[2]?.release()
    deliveries[3]?.modify({ deliveryFailed: true, undeliverableHere: true })
    const states: unknown[] = []
    for (const _ of deliveries) {
      const { role, first, settled, state } = await peer.expect('disposition')
      states.push([role, first, settled, state?.type])
    }
    assert.deepEqual(states, [
      [true, 0, true, 'accepted'],
      [true, 1, true, 'rejected'],
      [true, 2, true, 'released'],
      [true, 3, true, 'modified'],
    ])
    await nextTurn()
    assert.deepEqual(peer.unread, [])
  })

  it('is settled together with its neighbours in one frame', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer } = await attachedReceiver(t, { onDelivery })
    await peer.expect('flow')
    for (let id = 0; id < 20; id++) transfer(peer, id)
    await until(() => deliveries.length === 20)
    for (const delivery of deliveries) delivery.accept()
    const { first, last } = await peer.expect('disposition')
    assert.deepEqual([first, last], [0, 19])
  })

  it('settled by the peer is told of', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { onDelivery })
    await peer.expect('flow')
    for (const id of [0, 1]) transfer(peer, id)
    await until(() => deliveries.length === 2)
    let told = 0
    for (const delivery of deliveries) delivery.onSettledByPeer = () => void told++
    peer.send({ type: 'disposition', role: false, first: 0, last: 1, settled: true })
    await until(() => told === 2)
    deliveries[0]?.accept()
    await nextTurn()
    assert.deepEqual([receiver.unsettled, peer.unread], [0, []])
  })

  it('settled second is held until the peer has settled it', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { onDelivery, rcvSettleMode: 1 })
    await peer.expect('flow')
    transfer(peer, 0)
    await until(() => deliveries.length === 1)
    const [delivery] = deliveries as [Delivery]
    let told = 0
    delivery.onSettledByPeer = () => void told++
    delivery.accept()
    delivery.release()
    const disposition = await peer.expect('disposition')
    assert.deepEqual([disposition.settled, disposition.state?.type], [false, 'accepted'])
    assert.deepEqual([delivery.settled, receiver.unsettled, told], [false, 1, 0])
    peer.send({ type: 'disposition', role: false, first: 0, settled: true })
    await until(() => told === 1)
    assert.deepEqual([delivery.settled, receiver.unsettled], [true, 0])
  })

  it('with an outcome that cannot be sent is settled with a plain one, and that is reported', async (t) => {
    const defects = defectsOf(t)
    const condition = 'x'.repeat(100_000)
    const { peer, connection } = await attachedReceiver(t, {
      onDelivery: (delivery) => delivery.reject({ condition, description: '\ud800' }),
    })
    await peer.expect('flow')
    transfer(peer, 0)
    const { state } = await peer.expect('disposition')
    assert(state?.type === 'rejected')
    assert.equal(state.error?.condition, 'amqp:internal-error')
    assert.equal(defects.length, 1)
    assert.equal(connection.isOpen, true)
  })

  it('of a handler that throws stays unsettled, and the error is reported', async (t) => {
    const defects = defectsOf(t)
    const thrown = new Error('mine')
    const { peer, receiver, connection } = await attachedReceiver(t, {
      onDelivery: (delivery) => {
        if (delivery.id === 0) throw thrown
        return Promise.reject(thrown) as unknown as undefined
      },
    })
    for (const id of [0, 1]) transfer(peer, id)
    await until(() => defects.length === 2)
    assert.deepEqual([receiver.unsettled, connection.isOpen], [2, true])
    assert.deepEqual(defects[0], { where: 'onDelivery of receiver from "queue"', error: thrown })
  })

  it('of a link that is gone is settled in vain', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { onDelivery })
    await peer.expect('flow')
    transfer(peer, 0)
    await until(() => deliveries.length === 1)
    const detaching = receiver.detach()
    deliveries[0]?.accept()
    await peer.detachAsServer()
    await detaching
    assert.deepEqual([peer.unread, receiver.unsettled], [[], 0])
  })
})

describe('a message in several frames', () => {
  it('is put together, whatever the frames hold', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer } = await attachedReceiver(t, { creditWindow: 2, onDelivery })
    await peer.expect('flow')
    const bytes = Buffer.concat(Array.from({ length: 500 }, (_, n) => bodyOf(`part ${n}`)))
    for (const [n, cut] of [
      [0, 1],
      [1, 0],
      [2, 3000],
      [3, 3000],
      [4, 4321],
    ].entries()) {
      const [, to = 0] = cut
      const from = [0, 1, 1, 3000, 3000][n] ?? 0
      peer.send(
        {
          type: 'transfer',
          handle: 0,
          deliveryId: n === 0 ? 5 : undefined,
          deliveryTag: n === 0 ? Buffer.of(1) : undefined,
          more: true,
        },
        bytes.subarray(from, Math.max(from, to)),
      )
    }
    peer.send({ type: 'transfer', handle: 0, deliveryId: 5, settled: true }, bytes.subarray(4321))
    await until(() => deliveries.length === 1)
    assert.deepEqual(deliveries[0]?.payload, bytes)
    assert.equal(deliveries[0]?.settled, true)
  })

  it('uses one credit', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0, onDelivery })
    receiver.addCredit(2)
    transfer(peer, 0, { more: true })
    transfer(peer, 0, { more: true })
    transfer(peer, 0)
    await until(() => deliveries.length === 1)
    assert.equal(receiver.credit, 1)
  })

  it('is dropped when it is aborted, and its credit is given back', async (t) => {
    const { deliveries, onDelivery } = collect()
    const { peer } = await attachedReceiver(t, { creditWindow: 1, onDelivery })
    await peer.expect('flow')
    transfer(peer, 0, { more: true })
    transfer(peer, 0, { aborted: true, more: true })
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit], [1, 1])
    transfer(peer, 1, {}, 'next')
    await until(() => deliveries.length === 1)
    assert.deepEqual(deliveries[0]?.payload, bodyOf('next'))
  })

  it('larger than allowed ends the link, and only the link', async (t) => {
    const { peer, receiver, session } = await attachedReceiver(t, { maxMessageSize: 100 })
    await peer.expect('flow')
    for (let n = 0; n < 30; n++) transfer(peer, 0, { more: true })
    const detach = await peer.expect('detach')
    assert.equal(detach.error?.condition, 'amqp:link:message-size-exceeded')
    assert.match(detach.error?.description ?? '', /more than 100 bytes/)
    peer.send({ type: 'detach', handle: 0, closed: true })
    assert.equal((await receiver.closed)?.condition, 'amqp:link:message-size-exceeded')
    assert.equal(session.isOpen, true)
  })
})

describe('a receiver without handler', () => {
  it('hands its deliveries to the iterator, which holds the credit back', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 2 })
    await peer.expect('flow')
    for (const id of [0, 1]) transfer(peer, id, {}, `m${id}`)
    for (let n = 0; n < 5; n++) await nextTurn()
    assert.deepEqual(peer.unread, [])
    const seen: unknown[] = []
    for await (const delivery of receiver) {
      seen.push(delivery.id)
      delivery.accept()
      if (seen.length === 2) break
    }
    assert.deepEqual(seen, [0, 1])
    assert.equal((await peer.expectLater('flow')).linkCredit, 2)
  })

  it('holds the credit of what came settled until it is taken', async (t) => {
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 2 })
    await peer.expect('flow')
    for (const id of [0, 1]) transfer(peer, id, { settled: true })
    await until(() => receiver.credit === 0)
    for (let n = 0; n < 5; n++) await nextTurn()
    assert.deepEqual(peer.unread, [])
    const iterator = receiver[Symbol.asyncIterator]()
    assert.equal((await iterator.next()).value?.id, 0)
    assert.equal((await peer.expect('flow')).linkCredit, 1)
  })

  it('ends the iteration when the link goes; what came settled is still handed out', async (t) => {
    const { peer, receiver } = await attachedReceiver(t)
    await peer.expect('flow')
    transfer(peer, 0)
    transfer(peer, 1, { settled: true })
    peer.send({ type: 'detach', handle: 0, closed: true })
    await receiver.closed
    const seen: number[] = []
    for await (const delivery of receiver) seen.push(delivery.id)
    assert.deepEqual(seen, [1])
  })

  it('wakes the iterator that waits, and takes one at a time', async (t) => {
    const { peer, receiver } = await attachedReceiver(t)
    const iterator = receiver[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await assert.rejects(receiver[Symbol.asyncIterator]().next(), /iterated already/)
    transfer(peer, 0)
    assert.equal((await waiting).value?.id, 0)
    const last = iterator.next()
    peer.send({ type: 'detach', handle: 0, closed: true })
    assert.deepEqual(await last, { done: true, value: undefined })
  })
})

describe('inside the handler of a delivery', () => {
  it('the connection may be closed: nothing more is handed over', async (t) => {
    let seen = 0
    const { peer, connection, receiver } = await attachedReceiver(t, {
      onDelivery: () => {
        seen += 1
        void connection.close()
      },
    })
    await peer.expect('flow')
    const frame = { type: 'transfer', handle: 0, deliveryTag: Buffer.of(1) } as const
    peer.sendAll({ ...frame, deliveryId: 0 }, { ...frame, deliveryId: 1 })
    await peer.expect('close')
    peer.send({ type: 'close' })
    assert.equal(await connection.closed, undefined)
    assert.equal(seen, 1)
    assert.equal((await receiver.closed)?.origin, 'parent')
  })

  it('the session may be ended and other links attached', async (t) => {
    const { peer, session, connection } = await attachedReceiver(t, {
      onDelivery: () => {
        void session.end()
        void connection.openSession().catch(() => {})
      },
    })
    await peer.expect('flow')
    transfer(peer, 0)
    await peer.expect('end')
    await peer.expect('begin')
  })
})
