// What real peers do that the specification does not say, or says otherwise, and that is taken all the same. Each is named with a
// peer that is known for it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '../../../src/amqp/connection.ts'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { encodeMessage } from '../../../src/codec/sections.ts'
import {
  addSender,
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
import { dial, frameBytes, headerBytes, mirrored, type ScriptedPeer } from '../../support/scripted-peer.ts'
import { listBytes } from '../../support/wire-fields.ts'

const SETTLED = { settled: true }
const WINDOW = { incomingWindow: 100, nextOutgoingId: 0, outgoingWindow: 100 }
const RECEIVE = { type: 'attach', name: 'down', handle: 0, role: true, source: { address: 'q' }, target: {} } as const
const transfer = (deliveryId: number, more: Record<string, unknown> = {}) =>
  ({ type: 'transfer', handle: 0, deliveryId, deliveryTag: Buffer.of(deliveryId), ...more }) as const

/** A frame with that body. */
function framed(body: Buffer): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0])
  head.writeUInt32BE(8 + body.length)
  return Buffer.concat([head, body])
}

describe('a peer that attaches', () => {
  it('with a max-message-size of 0 sets no limit, as qpid-proton does', async (t) => {
    const { sender, peer } = await attachedSender(t, 1, {}, { attach: { maxMessageSize: 0 } })
    sender.submit(Buffer.alloc(300_000), SETTLED, new Reported())
    let size = 0
    for (let more = true; more; ) {
      const { frame, payload } = await peer.expectFull('transfer')
      size += payload.length
      more = frame.more
    }
    assert.equal(size, 300_000)
  })

  it('as a receiver, with an initial-delivery-count, does not move the count of the sender', async (t) => {
    const { sender, peer } = await attachedSender(t, 0, {}, { attach: { initialDeliveryCount: 77 } })
    peer.send(creditFor(0, 2, { echo: true }))
    assert.deepEqual(
      (({ deliveryCount, linkCredit }) => [deliveryCount, linkCredit])(await peer.expect('flow')),
      [0, 2],
    )
    assert.equal(sender.credit, 2)
  })

  it('as a sender, without an initial-delivery-count, begins at 0', async (t) => {
    const { peer } = await attachedReceiver(t, { creditWindow: 3 }, { initialDeliveryCount: undefined })
    assert.equal((await peer.expect('flow')).deliveryCount, 0)
  })

  it('with an address and dynamic false, where a dynamic node was asked for, has made it, as qpidd says it', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachReceiver({ source: { dynamic: true } })
    peer.send(mirrored(await peer.expect('attach'), { source: { dynamic: false, address: 'temp.1' } }))
    const receiver = await attaching
    assert.deepEqual([receiver.isAttached, receiver.remoteSource?.address], [true, 'temp.1'])
  })

  it('without the terminus that is ours is taken: it says nothing about ours', async (t) => {
    const { receiver } = await attachedReceiver(t, { target: { address: 'mine' } }, { target: undefined })
    assert.equal(receiver.isAttached, true)
    const opened = await openSession(t)
    assert.equal((await addSender(opened, 0, { source: { address: 'mine' } }, { source: undefined })).isAttached, true)
  })

  it('with one capability as a symbol alone has that one', async (t) => {
    const opened: Connection[] = []
    const listener = await startListener(t, { onConnection: (connection) => opened.push(connection) })
    const peer = await dial(t, listener.port)
    const open = listBytes(0x10, ['a10161', ...Array(6).fill('40'), 'a30161'])
    peer.sendRaw(Buffer.concat([headerBytes(), framed(open)]))
    await peer.expectHeader()
    await peer.expect('open')
    assert.deepEqual(opened[0]?.remote.offeredCapabilities, ['a'])
  })
})

describe('a peer that refuses an attach', () => {
  for (const role of ['sender', 'receiver'] as const)
    it(`of a ${role} by an attach without terminus and a detach is understood, with its reason and without`, async (t) => {
      const { session, peer } = await openSession(t)
      for (const error of [{ condition: 'amqp:not-found', description: 'no queue' }, undefined]) {
        const attaching =
          role === 'sender' ? session.attachSender({ address: 'q' }) : session.attachReceiver({ address: 'q' })
        const refused = assert.rejects(attaching, {
          name: 'LinkError',
          origin: 'remote',
          condition: error?.condition,
          message: error
            ? /refused by the peer, amqp:not-found: no queue/
            : /refused by the peer, without giving a reason/,
        })
        const attach = await peer.expect('attach')
        peer.send(mirrored(attach, { [role === 'sender' ? 'target' : 'source']: undefined }))
        peer.send({ type: 'detach', handle: attach.handle, closed: true, error })
        await refused
        await peer.expect('detach')
      }
      assert.equal(session.isOpen, true)
    })

  it('by ending the session, as RabbitMQ before 4.2 does, is understood: the LinkError has the condition and says so', async (t) => {
    const { connection, session, peer } = await openSession(t)
    const attaching = session.attachReceiver({ address: '/queues/none' })
    const refused = assert.rejects(attaching, {
      name: 'LinkError',
      origin: 'parent',
      condition: 'amqp:not-found',
      message: /receiver from "\/queues\/none": session 0: ended by the peer, amqp:not-found: no queue 'none'/,
    })
    await peer.expect('attach')
    peer.send({ type: 'end', error: { condition: 'amqp:not-found', description: "no queue 'none'" } })
    await refused
    await peer.expect('end')
    assert.equal(connection.isOpen, true)
    assert.equal((await session.closed)?.condition, 'amqp:not-found')
  })

  it('by closing the connection is understood in the same way', async (t) => {
    const { session, peer } = await openSession(t)
    const attaching = session.attachSender({ address: 'q' })
    const refused = assert.rejects(attaching, {
      name: 'LinkError',
      origin: 'parent',
      condition: 'amqp:unauthorized-access',
      message: /closed by the peer, amqp:unauthorized-access/,
    })
    await peer.expect('attach')
    peer.send({ type: 'close', error: { condition: 'amqp:unauthorized-access' } })
    await refused
  })
})

describe('a peer that grants credit', () => {
  it('before it has seen our Begin, and says so by leaving next-incoming-id out, is sent what it may have', async (t) => {
    const listener = await startListener(t, {
      onLink: (request) => void request.acceptSender({}).submit(bodyOf('x'), SETTLED, new Reported()),
    })
    const peer = await dial(t, listener.port)
    peer.sendRaw(
      Buffer.concat([
        headerBytes(),
        frameBytes({ type: 'open', containerId: 'pipelining' }),
        frameBytes({ type: 'begin', ...WINDOW }),
        frameBytes({ type: 'flow', ...WINDOW }),
        frameBytes(RECEIVE),
        frameBytes({ type: 'flow', ...WINDOW, handle: 0, linkCredit: 1 }),
      ]),
    )
    assert.equal((await peer.expectLater('transfer')).deliveryId, 0)
  })

  it('and still leaves next-incoming-id out later is counted from our first number', async (t) => {
    const { peer, sender } = await attachedSender(t, 5)
    sender.submit(bodyOf('x'), SETTLED, new Reported())
    await peer.expect('transfer')
    peer.send({ type: 'flow', ...WINDOW, incomingWindow: 1, nextIncomingId: undefined })
    peer.send({ type: 'flow', ...WINDOW, incomingWindow: 1, nextIncomingId: undefined, echo: true })
    await peer.expect('flow')
    sender.submit(bodyOf('y'), SETTLED, new Reported())
    for (let n = 0; n < 5; n++) await nextTurn()
    assert.deepEqual(peer.unread, [])
    peer.send({ type: 'flow', ...WINDOW, incomingWindow: 2, nextIncomingId: undefined })
    await peer.expect('transfer')
  })

  it('answers a drain with credit left, as RabbitMQ 3.10 does: the drain is over, and nothing is sent twice', async (t) => {
    const deliveries: Delivery[] = []
    const onDelivery = (delivery: Delivery): void => void deliveries.push(delivery)
    const { peer, receiver } = await attachedReceiver(t, { creditWindow: 0, onDelivery })
    receiver.addCredit(5)
    const draining = receiver.drain()
    assert.equal((await peer.expect('flow')).drain, true)
    peer.send(transfer(0), bodyOf('x'))
    const flow = { type: 'flow', ...WINDOW, nextIncomingId: 0, nextOutgoingId: 1, handle: 0, drain: true } as const
    peer.send({ ...flow, deliveryCount: 1, linkCredit: 4 })
    await draining
    assert.deepEqual([deliveries.length, receiver.credit], [1, 4])
    receiver.addCredit(1)
    const next = await peer.expect('flow')
    assert.deepEqual([next.drain, next.deliveryCount, next.linkCredit], [false, 1, 5])
  })
})

describe('a peer that sends', () => {
  it('without message-format means 0', async (t) => {
    const deliveries: Delivery[] = []
    const { peer } = await attachedReceiver(t, { onDelivery: (delivery) => void deliveries.push(delivery) })
    peer.send(transfer(0), bodyOf('x'))
    await until(() => deliveries.length === 1)
    assert.equal(deliveries[0]?.messageFormat, 0)
  })

  it('strings where symbols are meant in maps, and symbols where strings are, is read', async (t) => {
    const deliveries: Delivery[] = []
    const listener = await startListener(t, {
      onLink: (request) => {
        assert.deepEqual(
          [...(request.properties ?? [])],
          [
            ['k', 'v'],
            ['l', 'w'],
          ],
        )
        request.acceptReceiver({ onDelivery: (delivery) => void deliveries.push(delivery) })
      },
    })
    const peer = await dial(t, listener.port)
    // Open.properties under a string, Attach.properties under both.
    const open = listBytes(0x10, ['a10161', ...Array(8).fill('40'), 'c10702a1016ba10176'])
    peer.sendRaw(Buffer.concat([headerBytes(), framed(open)]))
    await peer.expectHeader()
    await peer.expect('open')
    const [connection] = listener.connections
    assert.equal(connection?.remote.properties.get('k'), 'v')
    await peer.beginAsClient()
    const properties = 'c10d04a1016ba10176a3016ca10177'
    const nulls = Array(6).fill('40')
    const attach = ['a1016e', '43', '42', '40', '40', '00532845', '00532945', ...nulls, properties]
    peer.sendRaw(framed(listBytes(0x12, attach)))
    await peer.expectLater('attach')
    // Message annotations under a string, application properties under a symbol.
    const annotations = Buffer.from('005372c10702a1016ba10176', 'hex')
    const application = Buffer.from('005374c10702a3016ba10176', 'hex')
    peer.send(transfer(0), Buffer.concat([annotations, application, bodyOf('x')]))
    await until(() => deliveries.length === 1)
    const { messageAnnotations, applicationProperties } = deliveries[0]?.message ?? {}
    assert.deepEqual([messageAnnotations?.get('k'), applicationProperties?.get('k')], ['v', 'v'])
  })

  it('application properties that are no simple values is read, and what is passed on is as it came', async (t) => {
    const deliveries: Delivery[] = []
    const { peer } = await attachedReceiver(t, { onDelivery: (delivery) => void deliveries.push(delivery) })
    const bytes = Buffer.from('005374c10702a1016bc0020143', 'hex')
    bytes[4] = bytes.length - 5
    peer.send(transfer(0), bytes)
    await until(() => deliveries.length === 1)
    const message = deliveries[0]?.message
    assert.deepEqual(message?.applicationProperties?.get('k'), [0])
    const encoder = new Encoder()
    if (message) encodeMessage(encoder, message)
    assert.deepEqual(encoder.take(), bytes)
  })
})

describe('a peer that goes', () => {
  it('with an End and the end of the socket, without a Close, has ended sessions and connection', async (t) => {
    const { connection, peer, session, sender } = await attachedSender(t, 1)
    peer.send({ type: 'end', error: { condition: 'amqp:connection:forced', description: 'shutdown' } })
    peer.socket.end()
    assert.deepEqual(
      [(await session.closed)?.condition, (await sender.closed)?.condition],
      ['amqp:connection:forced', 'amqp:connection:forced'],
    )
    const error = await connection.closed
    assert.deepEqual([error?.origin, error?.condition], ['remote', 'amqp:connection:forced'])
  })

  it('with an End for each session and the end of the socket leaves a listener nothing to clean up', async (t) => {
    const listener = await startListener(t, { onLink: (request) => request.acceptSender({}) })
    const peer: ScriptedPeer = await clientOf(t, listener)
    peer.send(RECEIVE)
    await peer.expect('attach')
    peer.send({ type: 'end' })
    peer.socket.end()
    await until(() => listener.connections.size === 0)
  })

  it('and answers a closing detach with one that does not close has detached all the same', async (t) => {
    const { peer, sender, session } = await attachedSender(t, 0)
    const detaching = sender.detach()
    assert.equal((await peer.expect('detach')).closed, true)
    peer.send({ type: 'detach', handle: 0, closed: false })
    await detaching
    assert.deepEqual([await sender.closed, session.isOpen], [undefined, true])
  })

  it('says nothing at all after our Close is waited for no longer than a while', async (t) => {
    const { connection, peer } = await openClient(t)
    const closing = connection.close()
    await peer.expect('close')
    peer.socket.end()
    await closing
  })
})
