// What a broken or malicious peer may send, and what ends because of it: the right thing, with a reason that names the field,
// while the listener goes on serving others.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LIMIT_DEFAULTS } from '../../../src/amqp/limits.ts'
import { assertServes, bodyOf, clientOf, until } from '../../support/amqp-fixtures.ts'
import {
  assertEnds,
  BEGIN,
  begun,
  ENDED,
  FLOW,
  type HostileCase,
  hospitable,
  OPEN,
  RECEIVE,
  SEND,
  TRANSFER,
} from '../../support/hostile-cases.ts'
import { dial, frameBytes, type Scripted } from '../../support/scripted-peer.ts'

const onChannel = (channel: number, frame: Scripted): Buffer => frameBytes(frame, undefined, channel)

/** A frame whose body is the given bytes. */
function raw(...body: number[]): Buffer {
  const frame = Buffer.alloc(8 + body.length)
  frame.writeUInt32BE(frame.length)
  frame[4] = 2
  frame.set(body, 8)
  return frame
}

const CASES: readonly HostileCase[] = [
  {
    what: 'uses a channel without session',
    sends: [onChannel(5, FLOW)],
    ends: 'close',
    condition: 'amqp:not-allowed',
    description: /flow on channel 5/,
  },
  {
    what: 'begins on a channel in use',
    sends: [BEGIN],
    ends: 'close',
    condition: 'amqp:not-allowed',
    description: /begin on channel 0, which has a session/,
  },
  {
    what: 'begins beyond channel-max',
    sends: [onChannel(9, BEGIN)],
    ends: 'close',
    condition: 'amqp:connection:framing-error',
    description: /channel up to 7, found 9/,
  },
  {
    what: 'answers a begin that was never sent',
    sends: [onChannel(3, { ...BEGIN, remoteChannel: 6 })],
    ends: 'close',
    condition: 'amqp:invalid-field',
    description: /begin\.remote-channel: 6/,
  },
  {
    what: 'answers a begin twice',
    sends: [onChannel(3, { ...BEGIN, remoteChannel: 0 })],
    ends: 'close',
    condition: 'amqp:illegal-state',
    description: /session/,
  },
  {
    what: 'opens twice',
    sends: [OPEN],
    ends: 'close',
    condition: 'amqp:illegal-state',
    description: /connection that is open/,
  },
  {
    what: 'sends a handle beyond handle-max',
    sends: [{ ...SEND, handle: 99 }],
    ends: 'close',
    condition: 'amqp:connection:framing-error',
    description: /attach\.handle: expected at most 7, found 99/,
  },
  {
    what: 'attaches on a handle in use',
    sends: [SEND, { ...RECEIVE, handle: 0 }],
    ends: 'end',
    condition: 'amqp:session:handle-in-use',
    description: /handle 0/,
  },
  {
    what: 'transfers on an unknown handle',
    sends: [{ ...TRANSFER, handle: 4 }],
    ends: 'end',
    condition: 'amqp:session:unattached-handle',
    description: /transfer\.handle: 4/,
  },
  {
    what: 'transfers on a handle on which it receives',
    sends: [RECEIVE, { ...TRANSFER, handle: 1 }],
    ends: 'end',
    condition: 'amqp:session:unattached-handle',
    description: /transfer\.handle: 1/,
  },
  {
    what: 'sends a flow for an unknown handle',
    sends: [{ ...FLOW, handle: 4 }],
    ends: 'end',
    condition: 'amqp:session:unattached-handle',
    description: /flow\.handle: 4/,
  },
  {
    what: 'detaches an unknown handle',
    sends: [{ type: 'detach', handle: 4 }],
    ends: 'end',
    condition: 'amqp:session:unattached-handle',
    description: /detach\.handle: 4/,
  },
  {
    what: 'detaches twice',
    sends: [SEND, { type: 'detach', handle: 0, closed: true }, { type: 'detach', handle: 0, closed: true }],
    ends: 'end',
    condition: 'amqp:session:unattached-handle',
    description: /detach\.handle: 0/,
  },
  {
    what: 'starts a delivery without id',
    sends: [SEND, { ...TRANSFER, deliveryId: undefined }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /transfer\.delivery-id: expected in the first frame/,
  },
  {
    what: 'changes the id within a delivery',
    sends: [SEND, { ...TRANSFER, more: true }, { ...TRANSFER, deliveryId: 1 }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /expected 0 until the delivery ends, found 1/,
  },
  {
    what: 'uses the id of an unsettled delivery',
    sends: [SEND, TRANSFER, TRANSFER],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /transfer\.delivery-id: 0 is in use/,
  },
  {
    what: 'ends a range before it begins',
    sends: [{ type: 'disposition', role: true, first: 5, last: 4, settled: true }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /disposition\.last: 4 is before first, 5/,
  },
  {
    what: 'settles all the deliveries that there can be',
    sends: [{ type: 'disposition', role: true, first: 0, last: 0xffffffff, settled: true }],
    ends: 'end',
    condition: 'amqp:invalid-field',
    description: /disposition\.last/,
  },
  {
    what: 'transfers without credit',
    sends: [SEND, ...Array.from({ length: 11 }, (_, n) => ({ ...TRANSFER, deliveryId: n }))],
    ends: 'detach',
    condition: 'amqp:link:transfer-limit-exceeded',
    description: /without credit/,
  },
  {
    what: 'sends a message that is too large',
    sends: [SEND, frameBytes(TRANSFER, Buffer.alloc(2000))],
    ends: 'detach',
    condition: 'amqp:link:message-size-exceeded',
    description: /more than 1000 bytes/,
  },
  {
    what: 'sends a frame that is too large',
    sends: [Buffer.from([0, 1, 0, 0, 2, 0, 0, 0])],
    ends: 'close',
    condition: 'amqp:connection:framing-error',
    description: /65536 bytes exceeds the maximum of 4096/,
  },
  {
    what: 'sends a frame that is too small',
    sends: [Buffer.from([0, 0, 0, 7, 2, 0, 0, 0])],
    ends: 'close',
    condition: 'amqp:connection:framing-error',
    description: /7 bytes/,
  },
  {
    what: 'sends a wrong data offset',
    sends: [Buffer.from([0, 0, 0, 8, 1, 0, 0, 0])],
    ends: 'close',
    condition: 'amqp:connection:framing-error',
    description: /data offset/,
  },
  {
    what: 'sends a frame of another type',
    sends: [Buffer.from([0, 0, 0, 9, 2, 7, 0, 0, 0])],
    ends: 'close',
    condition: 'amqp:connection:framing-error',
    description: /found type 7/,
  },
  {
    what: 'sends a SASL frame after the Open',
    sends: [{ type: 'sasl-init', mechanism: 'PLAIN' }],
    ends: 'close',
    condition: 'amqp:connection:framing-error',
    description: /found type 1/,
  },
  {
    what: 'sends a SASL performative in an AMQP frame',
    sends: [frameBytes({ type: 'sasl-init', mechanism: 'PLAIN' }, undefined, 0, 0)],
    ends: 'close',
    condition: 'amqp:not-allowed',
    description: /sasl-init/,
  },
  {
    what: 'sends a value that is no performative',
    sends: [raw(0x00, 0x53, 0x77, 0x40)],
    ends: 'close',
    condition: 'amqp:decode-error',
    description: /performative/,
  },
  {
    what: 'sends a performative that is cut off',
    sends: [raw(0x00, 0x53, 0x12, 0xc0, 0x20, 0x03)],
    ends: 'close',
    condition: 'amqp:decode-error',
    description: /attach/,
  },
  {
    what: 'attaches without a name',
    sends: [raw(0x00, 0x53, 0x12, 0xc0, 0x04, 0x03, 0x40, 0x43, 0x42)],
    ends: 'close',
    condition: 'amqp:decode-error',
    description: /attach\.name: expected string, found nothing/,
  },
  {
    what: 'sends a field of another type',
    sends: [raw(0x00, 0x53, 0x12, 0xc0, 0x04, 0x03, 0x43, 0x43, 0x42)],
    ends: 'close',
    condition: 'amqp:decode-error',
    description: /attach\.name: expected string/,
  },
]

describe('a peer that', () => {
  for (const hostile of CASES)
    it(`${hostile.what} has its ${ENDED[hostile.ends]}`, async (t) => await assertEnds(t, hostile))

  it('sends a performative before its Open is closed, in order', async (t) => {
    const listener = await hospitable(t)
    const peer = await dial(t, listener.port)
    peer.sendHeader()
    peer.send(BEGIN)
    await peer.expectHeader()
    await peer.expect('open')
    const { error } = await peer.expect('close')
    assert.deepEqual(
      [error?.condition, error?.description],
      ['amqp:illegal-state', 'begin on a connection that is idle'],
    )
    await assertServes(t, listener)
  })

  it('sends an Open that cannot be is closed, in order', async (t) => {
    const listener = await hospitable(t)
    const peer = await dial(t, listener.port)
    peer.sendHeader()
    peer.send({ ...OPEN, maxFrameSize: 100 })
    await peer.expectHeader()
    await peer.expect('open')
    const { error } = await peer.expect('close')
    assert.match(error?.description ?? '', /open\.max-frame-size: expected at least 512, found 100$/)
  })

  it('takes no frames at all, as one that does not know the virtual host, is told that it looks so', async (t) => {
    const listener = await hospitable(t)
    const peer = await dial(t, listener.port)
    peer.sendHeader()
    peer.send({ ...OPEN, maxFrameSize: 0 })
    await peer.expectHeader()
    await peer.expect('open')
    const { error } = await peer.expect('close')
    assert.match(
      error?.description ?? '',
      /found 0 \(as from a peer that does not know, or not yet, the virtual host\)$/,
    )
  })

  it('goes on after its Close is not listened to', async (t) => {
    const { listener, peer } = await begun(t)
    peer.sendAll({ type: 'close' }, { type: 'close' }, SEND, OPEN)
    await peer.expect('close')
    await peer.expectEnd()
    await assertServes(t, listener)
  })

  it('sends more frames than the window of the session gets a new window on the way', async (t) => {
    const listener = await hospitable(t)
    const peer = await clientOf(t, listener)
    const [connection] = listener.connections
    peer.send(SEND)
    await peer.expect('attach')
    await peer.expect('flow')
    const frames = Array.from({ length: LIMIT_DEFAULTS.incomingWindow + 1 }, () =>
      frameBytes({ ...TRANSFER, more: true }),
    )
    peer.sendRaw(Buffer.concat(frames))
    const flow = await peer.expect('flow')
    assert.equal(flow.incomingWindow, LIMIT_DEFAULTS.incomingWindow)
    assert.equal(connection?.isOpen, true)
  })

  it('sends endless frames without a byte for one message costs no memory', async (t) => {
    const listener = await hospitable(t)
    const peer = await clientOf(t, listener)
    peer.send(SEND)
    await peer.expect('attach')
    const empty = Buffer.concat(Array.from({ length: 2000 }, () => frameBytes({ ...TRANSFER, more: true })))
    for (let n = 0; n < 10; n++) peer.sendRaw(empty)
    peer.send(TRANSFER, bodyOf('at last'))
    peer.send({ ...FLOW, nextOutgoingId: 20_001, echo: true })
    for (;;) if ((await peer.expectLater('flow')).nextIncomingId === 20_001) break
    await assertServes(t, listener)
  })

  it('answers a refusal with silence leaves the session usable', async (t) => {
    const listener = await hospitable(t, { onLink: (request) => request.refuse({ condition: 'amqp:not-found' }) })
    const peer = await clientOf(t, listener)
    for (let handle = 0; handle < 3; handle++) {
      peer.send({ ...SEND, name: `n${handle}`, handle })
      assert.equal((await peer.expect('attach')).handle, handle)
      await peer.expect('detach')
    }
  })

  it('sends an error that is full of control characters cannot write to our terminal', async (t) => {
    const { listener, peer } = await begun(t)
    const [connection] = listener.connections
    peer.send({ type: 'close', error: { condition: 'x', description: '\u001b[2Jgone\u202e' } })
    const error = await connection?.closed
    assert.match(error?.message ?? '', /\\u001b\[2Jgone\\u202e/)
  })

  it('closes its side of the socket and reads on is let go', async (t) => {
    const { listener, peer } = await begun(t)
    peer.socket.end()
    await until(() => listener.connections.size === 0)
    await assertServes(t, listener)
  })
})
