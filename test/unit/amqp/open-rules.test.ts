// What comes first on a connection, on which channels, and how large frames may be (AMQP 1.0 part 2: 2.3, 2.4.1, 2.4.5, 2.7.1).

import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import { AMQP_FRAME, SASL_FRAME } from '../../../src/codec/frame.ts'
import {
  addSender,
  assertServes,
  attachedSender,
  openClient,
  openSession,
  Reported,
  startListener,
} from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { dial, frameBytes, type Scripted, type ScriptedPeer, scriptedServer } from '../../support/scripted-peer.ts'

const OPEN = { type: 'open', containerId: 'scripted' } as const
const WINDOW = { nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 }

/** A frame without body. */
const emptyFrame = (frameType: number, channel = 0): Buffer =>
  Buffer.from([0, 0, 0, 8, 2, frameType, channel >> 8, channel & 0xff])

async function opened(t: TestContext): Promise<ScriptedPeer> {
  const { port } = await startListener(t, { channelMax: 7 })
  const peer = await dial(t, port)
  await peer.openAsClient()
  return peer
}

async function framingError(peer: ScriptedPeer, description: RegExp): Promise<void> {
  const { error } = await peer.expectLater('close')
  assert.equal(error?.condition, 'amqp:connection:framing-error')
  assert.match(error?.description ?? '', description)
  await peer.expectEnd()
}

describe('an Open', () => {
  it('is the first frame that a client sends, on channel 0, and waits for nobody', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port })
    const peer = await server.accept()
    await peer.expectHeader()
    const first = await peer.expectFull('open')
    assert.equal(first.channel, 0)
    peer.sendHeader()
    peer.send(OPEN)
    ;(await connecting).abort(new Error('done'))
  })

  it('is the first frame that a listener sends, on channel 0', async (t) => {
    const { port } = await startListener(t)
    const peer = await dial(t, port)
    peer.sendHeader()
    peer.send(OPEN)
    await peer.expectHeader()
    assert.equal((await peer.expectFull('open')).channel, 0)
  })

  it('is taken on channel 0 alone', async (t) => {
    const listener = await startListener(t)
    const peer = await dial(t, listener.port)
    peer.sendHeader()
    peer.send(OPEN, undefined, 1)
    await framingError(peer, /^open: expected a channel up to 0, found 1/)
    await assertServes(t, listener)
  })

  it('has no more than the 512 bytes that every peer takes, unless it is told to say more', async (t) => {
    const { peer } = await openClient(t)
    const size = Buffer.concat(peer.chunks).readUInt32BE(8)
    assert(size <= 512, `${size} bytes`)
  })

  it('that answers one is no larger than the peer takes', async (t) => {
    const defects = defectsOf(t)
    const { port } = await startListener(t, { properties: { long: 'x'.repeat(600) } })
    const peer = await dial(t, port)
    peer.sendHeader()
    peer.send({ ...OPEN, maxFrameSize: 512 })
    await peer.expectHeader()
    await peer.expect('open') // without the properties: no Close without an Open
    assert.match(
      (await peer.expect('close')).error?.description ?? '',
      /open: a frame of \d+ bytes, and the peer takes 512/,
    )
    assert.deepEqual(defects, [])
    const other = await dial(t, port)
    await other.openAsClient({ maxFrameSize: 1024 })
  })
})

describe('a channel', () => {
  const frames: readonly Scripted[] = [
    { type: 'begin', ...WINDOW },
    { type: 'attach', name: 'x', handle: 0, role: true },
    { type: 'flow', nextIncomingId: 0, ...WINDOW },
    { type: 'transfer', handle: 0, deliveryId: 0, deliveryTag: Buffer.of(1) },
    { type: 'disposition', role: true, first: 0 },
    { type: 'detach', handle: 0 },
    { type: 'end' },
    { type: 'close' },
  ]
  for (const frame of frames)
    it(`beyond channel-max is a framing error: ${frame.type}`, async (t) => {
      const peer = await opened(t)
      peer.send(frame, undefined, 8)
      await framingError(peer, new RegExp(`^${frame.type}: expected a channel up to 7, found 8`))
    })

  it('up to channel-max is good for a Close', async (t) => {
    const peer = await opened(t)
    peer.send({ type: 'close' }, undefined, 7)
    assert.equal((await peer.expect('close')).error, undefined)
  })
})

describe('an empty frame', () => {
  it('is a sign of life on whatever channel, and says nothing', async (t) => {
    const peer = await opened(t)
    for (const channel of [0, 5, 0xffff]) peer.sendRaw(emptyFrame(AMQP_FRAME, channel))
    await peer.beginAsClient()
    assert.deepEqual(peer.unread, [])
  })

  it('may not come before the Open', async (t) => {
    const { port } = await startListener(t)
    const peer = await dial(t, port)
    peer.sendHeader()
    peer.sendRaw(emptyFrame(AMQP_FRAME))
    await framingError(peer, /^frame: expected an open, found an empty frame/)
  })

  it('may not come before the Open of a server either', async (t) => {
    const server = await scriptedServer(t)
    const connecting = connect({ host: '127.0.0.1', port: server.port })
    const refused = assert.rejects(connecting, { condition: 'amqp:connection:framing-error', message: /empty frame/ })
    const peer = await server.accept()
    peer.sendHeader()
    peer.sendRaw(emptyFrame(AMQP_FRAME))
    await refused
  })

  it('of SASL may not come after the handshake', async (t) => {
    const peer = await opened(t)
    peer.sendRaw(emptyFrame(SASL_FRAME))
    await framingError(peer, /expected another type after the handshake, found type 1/)
  })

  it('is written on channel 0', async (t) => {
    const { peer } = await openClient(t, {}, { idleTimeOut: 100 })
    await peer.expectEmptyFrame()
    assert.deepEqual(peer.chunks.at(-1)?.subarray(0, 8), emptyFrame(AMQP_FRAME))
  })
})

describe('a frame', () => {
  it('of 512 bytes is taken, and a larger one is a framing error, where no more is allowed', async (t) => {
    const listener = await startListener(t, { maxFrameSize: 512 })
    const peer = await dial(t, listener.port)
    assert.equal((await peer.openAsClient()).maxFrameSize, 512)
    const begin = (n: number): Buffer =>
      frameBytes({ type: 'begin', ...WINDOW, properties: new Map([['filler', 'x'.repeat(n)]]) })
    const filling = 512 - begin(256).length + 256
    assert.equal(begin(filling).length, 512)
    peer.sendRaw(begin(filling))
    await peer.expect('begin')
    peer.sendRaw(begin(filling + 1))
    await framingError(peer, /513 bytes exceeds the maximum of 512/)
    await assertServes(t, listener)
  })

  it('is never larger than the peer takes, whatever it carries', async (t) => {
    const small = { open: { maxFrameSize: 512 } }
    const { peer, sender, session } = await attachedSender(t, 2, {}, small)
    sender.submit(Buffer.alloc(5000), { settled: true }, new Reported())
    while ((await peer.expectLater('transfer')).more);
    await assert.rejects(session.attachSender({ address: 'x'.repeat(600) }), {
      code: 'AMQP_ENCODE',
      message: /attach: a frame of \d+ bytes, and the peer takes 512/,
    })
    for (const size of frameSizes(Buffer.concat(peer.chunks).subarray(8))) assert(size <= 512, `${size} bytes`)
  })

  it('may have an extended header, which is skipped', async (t) => {
    const { peer } = await openSession(t)
    const flow = frameBytes({ type: 'flow', nextIncomingId: 0, ...WINDOW, echo: true })
    const head = Buffer.from(flow.subarray(0, 8))
    head.writeUInt32BE(flow.length + 4)
    head[4] = 3
    peer.sendRaw(Buffer.concat([head, Buffer.from([0xde, 0xad, 0xbe, 0xef]), flow.subarray(8)]))
    await peer.expect('flow')
  })

  it('comes whole: what waits for the rest of one delays nothing that came before', async (t) => {
    const opened = await openSession(t)
    const sender = await addSender(opened, 0)
    const flow = frameBytes({
      type: 'flow',
      nextIncomingId: 0,
      ...WINDOW,
      handle: 0,
      deliveryCount: 0,
      linkCredit: 1,
      echo: true,
    })
    opened.peer.sendRaw(Buffer.concat([flow, flow.subarray(0, 5)]))
    await opened.peer.expect('flow')
    assert.equal(sender.credit, 1)
    opened.peer.sendRaw(flow.subarray(5))
    await opened.peer.expect('flow')
  })
})

function frameSizes(bytes: Buffer): number[] {
  const sizes: number[] = []
  for (let at = 0; at < bytes.length; at += sizes.at(-1) as number) sizes.push(bytes.readUInt32BE(at))
  return sizes
}
