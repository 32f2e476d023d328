import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SendError } from '../../../src/amqp/errors.ts'
import type { Sender } from '../../../src/amqp/sender.ts'
import { ACCEPTED, type Outcome } from '../../../src/codec/delivery-state.ts'
import type { Transfer } from '../../../src/codec/performatives.ts'
import { EncodedMessage } from '../../../src/codec/sections.ts'
import { addSender, attachedSender, bodyOf, creditFor, nextTurn, Reported, until } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import type { ScriptedPeer } from '../../support/scripted-peer.ts'

const UNSETTLED = { settled: false }
const SETTLED = { settled: true }

const accept = (peer: ScriptedPeer, first: number, last = first): void =>
  peer.send({ type: 'disposition', role: true, first, last, settled: true, state: ACCEPTED })

/** The frames of one message, and its bytes. */
async function message(peer: ScriptedPeer): Promise<{ frames: readonly Transfer[]; payload: Buffer }> {
  const frames: Transfer[] = []
  const parts: Buffer[] = []
  do {
    const { frame, payload } = await peer.expectFull('transfer')
    frames.push(frame)
    parts.push(payload)
  } while (frames.at(-1)?.more)
  return { frames, payload: Buffer.concat(parts) }
}

describe('a sender with credit', () => {
  it('transfers at once and resolves with the outcome', async (t) => {
    const { peer, sender } = await attachedSender(t, 2)
    assert.deepEqual([sender.credit, sender.hadCredit], [2, true])
    const sending = sender.send({ properties: { to: 'x' }, body: { type: 'value', value: 'hello' } })
    assert.deepEqual([sender.credit, sender.unsettled, sender.queued], [1, 1, 0])
    const { frame, payload } = await peer.expectFull('transfer')
    assert.deepEqual([frame.handle, frame.deliveryId, frame.settled, frame.more], [0, 0, false, false])
    const { body } = new EncodedMessage(payload)
    assert.deepEqual(body, { type: 'value', value: 'hello' })
    accept(peer, 0)
    assert.deepEqual(await sending, { type: 'accepted' })
    assert.equal(sender.unsettled, 0)
  })

  it('takes a message that is encoded already as it is', async (t) => {
    const { peer, sender } = await attachedSender(t, 2)
    sender.submit(new Uint8Array(bodyOf('raw')), SETTLED, new Reported())
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('raw'))
  })

  it('passes on every outcome with its fields', async (t) => {
    const { peer, sender } = await attachedSender(t, 10)
    const annotations = new Map([['x-opt', 'y']])
    const outcomes: Outcome[] = [
      { type: 'accepted' },
      { type: 'released' },
      { type: 'rejected', error: { condition: 'my:reason', description: 'bad', info: undefined } },
      { type: 'modified', deliveryFailed: true, undeliverableHere: true, messageAnnotations: annotations },
    ]
    for (const [id, state] of outcomes.entries()) {
      const sending = sender.send(bodyOf('x'))
      await peer.expect('transfer')
      peer.send({ type: 'disposition', role: true, first: id, settled: true, state })
      assert.deepEqual(await sending, state)
    }
  })

  it('is told once of a settlement, for a range of deliveries too', async (t) => {
    const { peer, sender } = await attachedSender(t, 10)
    const told = [0, 1, 2, 3].map(() => new Reported())
    for (const handler of told) sender.submit(bodyOf('x'), UNSETTLED, handler)
    for (const _ of told) await peer.expect('transfer')
    accept(peer, 1, 2)
    accept(peer, 0, 0x7fffffff)
    accept(peer, 0, 3)
    await until(() => sender.unsettled === 0)
    for (const { calls } of told) assert.deepEqual(calls, ['sent', 'accepted'])
  })

  it('settles second what the receiver only gave an outcome', async (t) => {
    const { peer, sender } = await attachedSender(t, 10)
    const told = new Reported()
    sender.submit(bodyOf('x'), UNSETTLED, told)
    await peer.expect('transfer')
    peer.send({
      type: 'disposition',
      role: true,
      first: 0,
      settled: false,
      state: { type: 'received', sectionNumber: 0, sectionOffset: 0 },
    })
    peer.send({ type: 'disposition', role: true, first: 0, settled: false, state: ACCEPTED })
    const disposition = await peer.expect('disposition')
    assert.deepEqual([disposition.role, disposition.first, disposition.settled], [false, 0, true])
    assert.deepEqual(told.calls, ['sent', 'accepted'])
  })

  it('fails a send that is settled without an outcome', async (t) => {
    const { peer, sender } = await attachedSender(t, 1)
    const sending = sender.send(bodyOf('x'))
    const failed = assert.rejects(sending, {
      name: 'SendError',
      origin: 'remote',
      inDoubt: true,
      message: /without an outcome/,
    })
    await peer.expect('transfer')
    peer.send({ type: 'disposition', role: true, first: 0, settled: true })
    await failed
  })

  it('reports a settled message when it has left, and remembers nothing of it', async (t) => {
    const { peer, sender } = await attachedSender(t, 2)
    const told = new Reported()
    sender.submit(bodyOf('x'), SETTLED, told)
    assert.deepEqual(told.calls, [])
    assert.equal((await peer.expect('transfer')).settled, true)
    await until(() => told.calls.length > 0)
    assert.deepEqual(told.calls, ['sent'])
    assert.equal(sender.unsettled, 0)
    assert.deepEqual(await sender.send(bodyOf('y'), { settled: true }), ACCEPTED)
  })

  it('keeps to the settle mode that the peer insists on', async (t) => {
    const { sender: always } = await attachedSender(t, 1, {}, { attach: { sndSettleMode: 1 } })
    assert.equal(always.submit(bodyOf('x'), UNSETTLED, new Reported()).settled, true)
    const { sender: never } = await attachedSender(t, 1, {}, { attach: { sndSettleMode: 0 } })
    assert.equal(never.submit(bodyOf('x'), SETTLED, new Reported()).settled, false)
    const { sender: own } = await attachedSender(t, 1, { sndSettleMode: 1 }, { attach: { sndSettleMode: 2 } })
    assert.equal(own.submit(bodyOf('x'), UNSETTLED, new Reported()).settled, true)
  })

  it('leaves the stream whole when a message cannot be encoded', async (t) => {
    const { peer, sender } = await attachedSender(t, 2)
    const broken = { body: { type: 'value', value: Symbol('no') as unknown as string } } as const
    assert.throws(() => sender.submit(broken, SETTLED, new Reported()), { code: 'AMQP_ENCODE' })
    await assert.rejects(sender.send(broken), { code: 'AMQP_ENCODE' })
    assert.deepEqual([sender.credit, sender.unsettled, sender.queued], [2, 0, 0])
    sender.submit(bodyOf('good'), SETTLED, new Reported())
    const { frame, payload } = await peer.expectFull('transfer')
    assert.deepEqual([frame.deliveryId, payload], [0, bodyOf('good')])
  })

  it('refuses a message that is larger than the peer takes', async (t) => {
    const { sender } = await attachedSender(t, 2, {}, { attach: { maxMessageSize: 100 } })
    const large = { name: 'LinkError', condition: 'amqp:link:message-size-exceeded', message: /and the peer takes 100/ }
    await assert.rejects(sender.send({ body: { type: 'value', value: 'x'.repeat(100) } }), large)
    assert.equal(sender.credit, 2)
    await assert.rejects(sender.send(Buffer.alloc(200_000)), large)
    const { sender: unlimited } = await attachedSender(t, 2, {}, { attach: { maxMessageSize: 0 } })
    unlimited.submit(Buffer.alloc(200_000), SETTLED, new Reported())
  })

  it('calls nobody from inside submit, and may be used from inside every handler', async (t) => {
    const { peer, sender } = await attachedSender(t, 10)
    const order: string[] = []
    const inner = new Reported()
    sender.submit(bodyOf('a'), UNSETTLED, {
      onSent: () => {
        order.push('sent')
        sender.submit(bodyOf('b'), SETTLED, inner)
      },
      onOutcome: () => {
        order.push('outcome')
        sender.submit(bodyOf('c'), SETTLED, inner)
        void sender.detach()
      },
      onFailed: assert.fail,
    })
    order.push('submitted')
    await peer.expect('transfer')
    await peer.expect('transfer')
    accept(peer, 0)
    await peer.expect('transfer')
    await peer.expect('detach')
    assert.deepEqual(order, ['submitted', 'sent', 'outcome'])
    assert.deepEqual(inner.calls, ['sent', 'sent'])
  })

  it('reports what a handler throws and goes on', async (t) => {
    const defects = defectsOf(t)
    const { peer, sender } = await attachedSender(t, 10)
    const mine = new Error('mine')
    const thrower = {
      onSent: () => {
        throw mine
      },
      onOutcome: () => {
        throw mine
      },
      onFailed: () => {},
    }
    sender.submit(bodyOf('a'), UNSETTLED, thrower)
    await peer.expect('transfer')
    accept(peer, 0)
    await until(() => sender.unsettled === 0)
    assert.deepEqual(await sender.send(bodyOf('b'), { settled: true }), ACCEPTED)
    assert.deepEqual(
      defects.map(({ error }) => error),
      [mine, mine],
    )
  })
})

describe('a sender without credit', () => {
  it('lets messages wait, in order, and sends as many as are granted', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    const told = ['a', 'b', 'c'].map((text) => {
      const handler = new Reported()
      sender.submit(bodyOf(text), SETTLED, handler)
      return handler
    })
    assert.deepEqual([sender.queued, sender.hadCredit], [3, false])
    peer.send(creditFor(0, 2))
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('a'))
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('b'))
    assert.deepEqual([sender.queued, sender.credit], [1, 0])
    assert.deepEqual(told[2]?.calls, [])
    peer.send(creditFor(0, 1, { deliveryCount: 2 }))
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('c'))
  })

  it('does not keep all that a waiting message was cut out of', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    const received = Buffer.alloc(65_536, bodyOf('x'))
    const { payload } = sender.submit(received.subarray(0, bodyOf('x').length), SETTLED, new Reported())
    assert.ok((payload?.buffer.byteLength ?? 0) <= 8_192, `${payload?.buffer.byteLength} bytes are kept`)
    peer.send(creditFor(sender.handle, 1))
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('x'))
  })

  it('never delays another link', async (t) => {
    const opened = await attachedSender(t, 0)
    opened.sender.submit(bodyOf('stuck'), SETTLED, new Reported())
    const other = await addSender(opened, 1)
    other.submit(bodyOf('free'), SETTLED, new Reported())
    assert.deepEqual((await opened.peer.expectFull('transfer')).payload, bodyOf('free'))
  })

  it('forgets a message that is cancelled in time', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    const told = new Reported()
    const submission = sender.submit(bodyOf('a'), UNSETTLED, told)
    sender.submit(bodyOf('b'), SETTLED, new Reported())
    assert.equal(submission.cancel(), true)
    assert.equal(submission.cancel(), false)
    peer.send(creditFor(0, 1))
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('b'))
    assert.deepEqual(told.calls, [])
  })

  it('cannot cancel what has left', async (t) => {
    const { peer, sender } = await attachedSender(t, 1)
    const submission = sender.submit(bodyOf('a'), UNSETTLED, new Reported())
    assert.equal(submission.cancel(), false)
    await peer.expect('transfer')
  })

  it('fails a send in its time, and says whether credit or the outcome was missing', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    await assert.rejects(sender.send(bodyOf('a'), { timeoutMs: 20 }), /never granted credit within 20 ms/)
    peer.send(creditFor(0, 1))
    await until(() => sender.credit === 1)
    await assert.rejects(sender.send(bodyOf('b'), { timeoutMs: 20 }), /no outcome within 20 ms/)
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('b'))
    await assert.rejects(sender.send(bodyOf('c'), { timeoutMs: 20 }), /no more credit within 20 ms/)
  })

  it('says of a failed send whether it may have arrived', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    const inDoubt = (sending: Promise<Outcome>) =>
      sending.then(
        () => assert.fail('it was sent'),
        (error) => error instanceof SendError && error.inDoubt,
      )
    assert.equal(await inDoubt(sender.send(bodyOf('a'), { timeoutMs: 20 })), false)
    peer.send(creditFor(0, 2))
    await until(() => sender.credit === 2)
    assert.equal(await inDoubt(sender.send(bodyOf('b'), { timeoutMs: 20 })), true)
    const sent = inDoubt(sender.send(bodyOf('c')))
    const waiting = inDoubt(sender.send(bodyOf('d')))
    await peer.expect('transfer')
    await peer.expect('transfer')
    peer.send({ type: 'detach', handle: 0, closed: true, error: { condition: 'amqp:not-found' } })
    assert.deepEqual([await sent, await waiting], [true, false])
    await assert.rejects(
      waiting.then(() => sender.send(bodyOf('e'))),
      { name: 'LinkError' },
    )
  })

  it('hands on what the peer said when it ends a send', async (t) => {
    const { peer, sender } = await attachedSender(t, 1)
    const info = new Map([['why', 'gone']])
    const refused = assert.rejects(sender.send(bodyOf('a')), {
      name: 'SendError',
      code: 'AMQP_SEND',
      origin: 'remote',
      condition: 'amqp:not-found',
      description: 'no queue',
      info,
    })
    await peer.expect('transfer')
    peer.send({
      type: 'detach',
      handle: 0,
      closed: true,
      error: { condition: 'amqp:not-found', description: 'no queue', info },
    })
    await refused
  })

  it('ends a send with the reason of its signal', async (t) => {
    const { sender } = await attachedSender(t, 0)
    const controller = new AbortController()
    const sending = sender.send(bodyOf('a'), { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await assert.rejects(sending, (error) => error === reason)
    await assert.rejects(sender.send(bodyOf('a'), { signal: controller.signal }), (error) => error === reason)
    assert.equal(sender.queued, 0)
  })

  it('refuses more than may wait', async (t) => {
    const { sender } = await attachedSender(t, 0, { maxQueued: 1 })
    sender.submit(bodyOf('a'), SETTLED, new Reported())
    assert.throws(() => sender.submit(bodyOf('b'), SETTLED, new Reported()), {
      name: 'LinkError',
      condition: 'amqp:resource-limit-exceeded',
    })
  })

  it('tells when it gets some, and may be used or detached there', async (t) => {
    let calls = 0
    const { peer, sender } = await attachedSender(t, 0, {
      onCredit: (link) => {
        calls += 1
        link.submit(bodyOf('now'), SETTLED, new Reported())
        void link.detach()
      },
    })
    peer.send(creditFor(0, 5))
    await peer.expect('transfer')
    await peer.detachAsServer()
    await sender.closed
    assert.equal(calls, 1)
  })
})

describe('a sender that is asked to drain', () => {
  it('lets its owner use the credit that came with the request', async (t) => {
    const { peer, sender } = await attachedSender(t, 0, {
      onCredit: (link) => void link.submit(bodyOf('ready'), SETTLED, new Reported()),
    })
    peer.send(creditFor(0, 5, { drain: true }))
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('ready'))
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit, flow.drain], [5, 0, true])
    assert.equal(sender.credit, 0)
  })

  it('without messages gives the credit back at once', async (t) => {
    const { peer, sender } = await attachedSender(t, 5)
    peer.send(creditFor(0, 5, { drain: true }))
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.handle, flow.deliveryCount, flow.linkCredit, flow.drain], [0, 5, 0, true])
    assert.equal(sender.credit, 0)
  })

  it('sends what waits first, and then gives the rest back', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    sender.submit(bodyOf('a'), SETTLED, new Reported())
    peer.send(creditFor(0, 5, { drain: true }))
    await peer.expect('transfer')
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit], [5, 0])
  })

  it('waits for more of the owner, who is told that the first has left', async (t) => {
    const { peer, sender } = await attachedSender(t, 0, {}, { begin: { incomingWindow: 0 } })
    const more = ['b', 'c']
    const handler = {
      onSent: () => void more.splice(0, 1).map((text) => sender.submit(bodyOf(text), SETTLED, handler)),
      onOutcome: () => {},
      onFailed: () => {},
    }
    sender.submit(bodyOf('a'), SETTLED, handler)
    peer.send(creditFor(0, 5, { drain: true, incomingWindow: 9 }))
    for (const text of ['a', 'b', 'c']) assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf(text))
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit, flow.drain], [5, 0, true])
  })

  it('answers too when all the credit was used and messages still wait', async (t) => {
    const { peer, sender } = await attachedSender(t, 0)
    for (const text of ['a', 'b', 'c']) sender.submit(bodyOf(text), SETTLED, new Reported())
    peer.send(creditFor(0, 2, { drain: true }))
    await peer.expect('transfer')
    await peer.expect('transfer')
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit, flow.available, flow.drain], [2, 0, 1, true])
  })

  it('answers too when what waited is cancelled', async (t) => {
    const { peer, sender } = await attachedSender(t, 0, {}, { begin: { incomingWindow: 0 } })
    const submission = sender.submit(bodyOf('a'), UNSETTLED, new Reported())
    peer.send(creditFor(0, 2, { drain: true, incomingWindow: 0 }))
    await until(() => sender.credit === 2)
    assert.equal(submission.cancel(), true)
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit], [2, 0])
  })

  it('answers an echo with what it has', async (t) => {
    const { peer } = await attachedSender(t, 5)
    peer.send(creditFor(0, 7, { echo: true }))
    const flow = await peer.expect('flow')
    assert.deepEqual([flow.deliveryCount, flow.linkCredit, flow.drain], [0, 7, false])
  })
})

describe('the credit that a Flow grants', () => {
  it('counts from what the receiver has seen', async (t) => {
    const { peer, sender } = await attachedSender(t, 3)
    sender.submit(bodyOf('a'), SETTLED, new Reported())
    await peer.expect('transfer')
    peer.send(creditFor(0, 3, { echo: true })) // sent before the transfer came
    await peer.expect('flow')
    assert.equal(sender.credit, 2)
    peer.send(creditFor(0, 0xffffffff, { deliveryCount: 1, echo: true }))
    await peer.expect('flow')
    assert.equal(sender.credit, 0xffffffff)
    peer.send(creditFor(0, 0, { deliveryCount: 1, echo: true }))
    await peer.expect('flow')
    assert.equal(sender.credit, 0)
  })
})

describe('a message larger than a frame', () => {
  const large = Buffer.from(Array.from({ length: 3000 }, (_, n) => n % 251))

  it('goes in frames that the peer takes', async (t) => {
    const { peer, sender } = await attachedSender(t, 2, {}, { open: { maxFrameSize: 512 } })
    const told = new Reported()
    sender.submit(large, { settled: false, messageFormat: 7 }, told)
    const { frames, payload } = await message(peer)
    assert.deepEqual(payload, large)
    assert(frames.length > 5)
    assert.deepEqual([frames[0]?.deliveryId, frames[0]?.messageFormat, frames[0]?.deliveryTag?.length], [0, 7, 4])
    for (const frame of frames.slice(1)) assert.deepEqual([frame.deliveryId, frame.deliveryTag], [undefined, undefined])
    for (const chunk of split(Buffer.concat(peer.chunks).subarray(8))) assert(chunk.length <= 512)
    assert.deepEqual([sender.credit, sender.unsettled], [1, 1])
    accept(peer, 0)
    await until(() => told.calls.length === 2)
  })

  it('takes turns with those of other links, frame by frame', async (t) => {
    const opened = await attachedSender(t, 2, {}, { open: { maxFrameSize: 512 } })
    const other = await addSender(opened, 2)
    opened.sender.submit(large, SETTLED, new Reported())
    other.submit(large, SETTLED, new Reported())
    const handles: number[] = []
    for (let ends = 0; ends < 2; ) {
      const { frame } = await opened.peer.expectFull('transfer')
      handles.push(frame.handle)
      if (!frame.more) ends += 1
    }
    assert.deepEqual(
      handles,
      handles.map((_, n) => n % 2),
    )
  })

  it('waits in the middle for the window of the session', async (t) => {
    const { peer, sender } = await attachedSender(
      t,
      0,
      {},
      { open: { maxFrameSize: 512 }, begin: { incomingWindow: 2 } },
    )
    const told = new Reported()
    sender.submit(large, SETTLED, told)
    peer.send(creditFor(0, 1, { incomingWindow: 2 }))
    await peer.expect('transfer')
    await peer.expect('transfer')
    for (let n = 0; n < 10; n++) await nextTurn()
    assert.deepEqual([peer.unread, told.calls, sender.queued], [[], [], 1])
    peer.send({ type: 'flow', nextIncomingId: 2, incomingWindow: 100, nextOutgoingId: 0, outgoingWindow: 1 })
    await message(peer)
    await until(() => told.calls.length > 0)
    assert.deepEqual(told.calls, ['sent'])
  })

  it('is encoded ahead only as far as the socket takes it', async (t) => {
    const { connection, peer, sender } = await attachedSender(t, 1, {}, { begin: { incomingWindow: 100_000 } })
    peer.socket.pause()
    const told = new Reported()
    sender.submit(Buffer.alloc(50_000_000), SETTLED, told)
    await until(() => !connection.output.writable)
    for (let n = 0; n < 20; n++) await nextTurn()
    assert(connection.output.encoder.length < 1_000_000)
    assert.equal(sender.queued, 1)
    assert.deepEqual(told.calls, [])
    peer.socket.resume()
    const { payload } = await message(peer)
    assert.equal(payload.length, 50_000_000)
    await until(() => told.calls.length > 0)
  })

  it('counts as sent when it breaks off in the middle', async (t) => {
    const { peer, sender } = await attachedSender(
      t,
      1,
      {},
      { open: { maxFrameSize: 512 }, begin: { incomingWindow: 1 } },
    )
    const [partial, waiting] = [new Reported(), new Reported()]
    sender.submit(large, UNSETTLED, partial)
    sender.submit(large, UNSETTLED, waiting)
    peer.send(creditFor(0, 1, { incomingWindow: 1 }))
    await peer.expect('transfer')
    peer.send({ type: 'detach', handle: 0, closed: true })
    await until(() => waiting.calls.length > 0)
    assert.deepEqual(partial.calls, [{ failed: 'remote', sent: true }])
    assert.deepEqual(waiting.calls, [{ failed: 'remote', sent: false }])
  })

  it('is broken off when the peer settles it before it has all of it, and the next one follows', async (t) => {
    const defects = defectsOf(t)
    const small = { open: { maxFrameSize: 512 }, begin: { incomingWindow: 2 } }
    const { peer, sender } = await attachedSender(t, 0, {}, small)
    const [early, next] = [new Reported(), new Reported()]
    sender.submit(large, UNSETTLED, early)
    sender.submit(bodyOf('next'), UNSETTLED, next)
    peer.send(creditFor(0, 2, { incomingWindow: 2 }))
    for (let n = 0; n < 2; n++) assert.equal((await peer.expect('transfer')).more, true)
    peer.send({ type: 'disposition', role: true, first: 0, settled: true, state: { type: 'rejected' } })
    await until(() => early.calls.length > 0)
    peer.send(creditFor(0, 2, { nextIncomingId: 2 }))
    const { frame, payload } = await peer.expectFull('transfer')
    assert.deepEqual([frame.aborted, frame.more, payload.length], [true, false, 0])
    assert.deepEqual((await peer.expectFull('transfer')).payload, bodyOf('next'))
    accept(peer, 1)
    await until(() => next.calls.length > 1)
    assert.deepEqual([early.calls, next.calls], [['rejected'], ['sent', 'accepted']])
    assert.deepEqual(defects, [])
  })
})

describe('a sender that is detached', () => {
  it('fails what waits and what is unsettled, later than detach()', async (t) => {
    const { peer, sender } = await attachedSender(t, 1)
    const [unsettled, queued] = [new Reported(), new Reported()]
    sender.submit(bodyOf('a'), UNSETTLED, unsettled)
    sender.submit(bodyOf('b'), UNSETTLED, queued)
    await peer.expect('transfer')
    void sender.detach()
    assert.deepEqual(queued.calls, [])
    await until(() => queued.calls.length > 0)
    assert.deepEqual(unsettled.calls, ['sent', { failed: 'local', sent: true }])
    assert.deepEqual(queued.calls, [{ failed: 'local', sent: false }])
    accept(peer, 0)
    await peer.detachAsServer()
    assert.throws(() => sender.submit(bodyOf('c'), UNSETTLED, new Reported()), { name: 'LinkError' })
    assert.equal(unsettled.calls.length, 2)
  })

  it('says nothing more, whatever the peer sends', async (t) => {
    const { peer, sender, session } = await attachedSender(t, 1)
    const detaching = (sender as Sender).detach()
    peer.send(creditFor(0, 5, { drain: true, echo: true }))
    await peer.detachAsServer()
    await detaching
    peer.send({ type: 'end' })
    await session.closed
    await peer.expect('end')
  })
})

/** The frames of a stream. */
function split(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    frames.push(bytes.subarray(at, at + bytes.readUInt32BE(at)))
  return frames
}
