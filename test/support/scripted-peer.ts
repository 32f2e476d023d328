// The other end of an AMQP connection that says exactly what a test tells it to, frame by frame. It stands on the codec alone
// and knows no rules: whatever it is told to send it sends, right or wrong.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { Decoder } from '../../src/codec/decoder.ts'
import { Encoder } from '../../src/codec/encoder.ts'
import {
  AMQP_FRAME,
  beginFrame,
  encodeHeader,
  endFrame,
  FrameReader,
  PROTOCOL,
  type ProtocolId,
  SASL_FRAME,
} from '../../src/codec/frame.ts'
import * as performatives from '../../src/codec/performatives.ts'
import { decodePerformative, type Performative } from '../../src/codec/performatives.ts'

/** How long a test waits for what must come: only a wrong test or a wrong engine ever waits that long. */
const PATIENCE_MS = 5_000

export type FrameType = Performative['type']
export type FrameOf<T extends FrameType> = Extract<Performative, { type: T }>

/** A performative with the fields that the test cares about. */
export type Scripted = { readonly type: FrameType } & Readonly<Record<string, unknown>>

/** A frame that came. */
export interface Incoming {
  readonly frame: Performative
  readonly channel: number
  readonly payload: Buffer
}

type Item = { readonly header: number } | Incoming | 'empty' | 'end'

const ENCODERS: Partial<Record<FrameType, (e: Encoder, frame: never) => void>> = {
  open: performatives.encodeOpen,
  begin: performatives.encodeBegin,
  attach: performatives.encodeAttach,
  flow: performatives.encodeFlow,
  transfer: performatives.encodeTransfer,
  disposition: performatives.encodeDisposition,
  detach: performatives.encodeDetach,
  end: performatives.encodeEnd,
  close: performatives.encodeClose,
  'sasl-mechanisms': performatives.encodeSaslMechanisms,
  'sasl-init': performatives.encodeSaslInit,
  'sasl-challenge': performatives.encodeSaslChallenge,
  'sasl-response': performatives.encodeSaslResponse,
  'sasl-outcome': performatives.encodeSaslOutcome,
}

/** The bytes of one frame. */
export function frameBytes(frame: Scripted, payload?: Uint8Array, channel = 0, frameType?: 0 | 1): Buffer {
  const encode = ENCODERS[frame.type]
  assert(encode, `the scripted peer cannot send ${frame.type}`)
  const encoder = new Encoder(1024)
  const type = frameType ?? (frame.type.startsWith('sasl') ? SASL_FRAME : AMQP_FRAME)
  const mark = beginFrame(encoder, type, channel)
  encode(encoder, frame as never)
  if (payload) encoder.rawBytes(payload)
  endFrame(encoder, mark)
  return Buffer.from(encoder.take())
}

export function headerBytes(id: ProtocolId = PROTOCOL.AMQP): Buffer {
  const encoder = new Encoder(16)
  encodeHeader(encoder, id)
  return Buffer.from(encoder.take())
}

export class ScriptedPeer {
  readonly socket: Socket
  /** Everything that came, in the order in which it came. */
  readonly log: Performative[] = []
  /** All bytes that came. */
  readonly chunks: Buffer[] = []
  emptyFrames = 0
  readonly #items: Item[] = []
  readonly #reader: FrameReader
  #waiter: (() => void) | undefined
  #failure: unknown

  constructor(socket: Socket) {
    this.socket = socket
    const decoder = new Decoder()
    const reader = new FrameReader(
      {
        onHeader: (header) => this.#add({ header }),
        onFrame: (_type, channel, buffer, start, end) => {
          if (start === end) {
            this.emptyFrames += 1
            return this.#add('empty')
          }
          decoder.reset(buffer, start, end)
          const frame = decodePerformative(decoder)
          this.log.push(frame)
          this.#add({ frame, channel, payload: buffer.subarray(decoder.position, end) })
          if (frame.type === 'sasl-outcome') reader.expectHeader()
        },
      },
      { maxFrameSize: 0xffffffff },
    )
    this.#reader = reader
    socket.on('data', (chunk) => {
      this.chunks.push(chunk)
      try {
        reader.push(chunk)
      } catch (error) {
        this.#failure = error
        this.#waiter?.()
      }
    })
    socket.on('end', () => this.#add('end'))
    socket.on('close', () => this.#add('end'))
    socket.on('error', () => {})
  }

  // --- to send ----------------------------------------------------------------------------------------------------

  sendRaw(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  sendHeader(id: ProtocolId = PROTOCOL.AMQP): void {
    this.sendRaw(headerBytes(id))
  }

  send(frame: Scripted, payload?: Uint8Array, channel = 0): void {
    if (frame.type === 'sasl-outcome') this.#reader.expectHeader()
    this.sendRaw(frameBytes(frame, payload, channel))
  }

  /** Several frames in one chunk. */
  sendAll(...frames: readonly Scripted[]): void {
    this.sendRaw(Buffer.concat(frames.map((frame) => frameBytes(frame))))
  }

  // --- to expect --------------------------------------------------------------------------------------------------

  async expectHeader(id: ProtocolId = PROTOCOL.AMQP): Promise<void> {
    const item = await this.#next('a protocol header')
    assert.deepEqual(item, { header: id })
  }

  /** The next frame, which must be of that type. Empty frames are passed over. */
  async expect<T extends FrameType>(type: T): Promise<FrameOf<T>> {
    return (await this.expectFull(type)).frame
  }

  async expectFull<T extends FrameType>(type: T): Promise<Incoming & { readonly frame: FrameOf<T> }> {
    let item = await this.#next(type)
    while (item === 'empty') item = await this.#next(type)
    assert(item !== 'end', `expected ${type}, but the connection ended`)
    assert('frame' in item, `expected ${type}, found a protocol header`)
    assert.equal(item.frame.type, type, `expected ${type}, found ${describe(item.frame)}`)
    return item as Incoming & { readonly frame: FrameOf<T> }
  }

  /** The next frame of that type, whatever comes before it. */
  async expectLater<T extends FrameType>(type: T): Promise<FrameOf<T>> {
    const frame = await this.expectLaterOrEnd(type)
    assert(frame !== 'end', `expected ${type}, but the connection ended`)
    return frame
  }

  /** The same, or the end of the connection. */
  async expectLaterOrEnd<T extends FrameType>(type: T): Promise<FrameOf<T> | 'end'> {
    for (;;) {
      const item = await this.#next(type)
      if (item === 'end') return item
      if (item !== 'empty' && 'frame' in item && item.frame.type === type) return item.frame as FrameOf<T>
    }
  }

  async expectEmptyFrame(): Promise<void> {
    assert.equal(await this.#next('an empty frame'), 'empty')
  }

  /** The other end ends its direction next; nothing comes before that. */
  async expectEnd(): Promise<void> {
    const item = await this.#next('the end')
    assert.equal(item, 'end', typeof item === 'object' && 'frame' in item ? describe(item.frame) : undefined)
  }

  /** Frames that came and were not asked for. */
  get unread(): readonly FrameType[] {
    return this.#items.flatMap((item) => (typeof item === 'object' && 'frame' in item ? [item.frame.type] : []))
  }

  // --- what most tests begin with -----------------------------------------------------------------------------------

  /** Opens, as the end that speaks first. Resolves with the other's Open. */
  async openAsClient(open: Record<string, unknown> = {}): Promise<FrameOf<'open'>> {
    this.sendHeader()
    this.send({ type: 'open', containerId: 'scripted', ...open })
    await this.expectHeader()
    return await this.expect('open')
  }

  /** Opens, as the end that answers. */
  async openAsServer(open: Record<string, unknown> = {}): Promise<FrameOf<'open'>> {
    await this.expectHeader()
    const theirs = await this.expect('open')
    this.sendHeader()
    this.send({ type: 'open', containerId: 'scripted', ...open })
    return theirs
  }

  /** Begins a session on channel 0, as the end that speaks first. */
  async beginAsClient(begin: Record<string, unknown> = {}): Promise<FrameOf<'begin'>> {
    this.send({ type: 'begin', nextOutgoingId: 0, incomingWindow: 1000, outgoingWindow: 1000, ...begin })
    return await this.expect('begin')
  }

  /** Answers a Begin, on the same channel. */
  async beginAsServer(begin: Record<string, unknown> = {}): Promise<Incoming & { readonly frame: FrameOf<'begin'> }> {
    const theirs = await this.expectFull('begin')
    const remoteChannel = theirs.channel
    const answer = { nextOutgoingId: 0, incomingWindow: 1000, outgoingWindow: 1000, ...begin }
    this.send({ type: 'begin', remoteChannel, ...answer }, undefined, theirs.channel)
    return theirs
  }

  /** Answers an Attach with its mirror image. */
  async attachAsServer(attach: Record<string, unknown> = {}): Promise<FrameOf<'attach'>> {
    const theirs = await this.expect('attach')
    this.send(mirrored(theirs, attach))
    return theirs
  }

  /** Answers a Detach. */
  async detachAsServer(): Promise<FrameOf<'detach'>> {
    const theirs = await this.expect('detach')
    this.send({ type: 'detach', handle: theirs.handle, closed: true })
    return theirs
  }

  // ------------------------------------------------------------------------------------------------------------------

  #add(item: Item): void {
    this.#items.push(item)
    this.#waiter?.()
  }

  async #next(what: string): Promise<Item> {
    if (this.#items.length === 0 && !this.#failure) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          const came = this.log.map((frame) => frame.type).join(', ')
          reject(new Error(`the scripted peer waits for ${what}; what came so far: ${came || 'nothing'}`))
        }, PATIENCE_MS)
        this.#waiter = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#waiter = undefined
    }
    if (this.#failure) throw this.#failure
    return this.#items.shift() as Item
  }
}

/** The answer to an attach: the other role, the same name, handle and termini. */
export function mirrored(attach: FrameOf<'attach'>, fields: Record<string, unknown> = {}): Scripted {
  const { name, handle, role, source, target, sndSettleMode, rcvSettleMode } = attach
  const initialDeliveryCount = role ? 0 : undefined
  return {
    type: 'attach',
    name,
    handle,
    role: !role,
    source,
    target,
    sndSettleMode,
    rcvSettleMode,
    initialDeliveryCount,
    ...fields,
  }
}

const describe = (frame: Performative): string =>
  `${frame.type}${'error' in frame && frame.error && 'condition' in frame.error ? ` (${frame.error.condition}: ${frame.error.description})` : ''}`

/** A port on which every connection is a scripted peer, in the order in which they come. */
export interface ScriptedServer {
  readonly port: number
  accept(): Promise<ScriptedPeer>
}

/** Gone when the test is over. */
export async function scriptedServer(t: TestContext): Promise<ScriptedServer> {
  const peers: ScriptedPeer[] = []
  const waiters: ((peer: ScriptedPeer) => void)[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = new ScriptedPeer(socket)
    const waiter = waiters.shift()
    if (waiter) waiter(peer)
    else peers.push(peer)
    t.after(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const address = server.address()
  assert(address && typeof address === 'object')
  return {
    port: address.port,
    accept: async () => peers.shift() ?? (await new Promise<ScriptedPeer>((resolve) => waiters.push(resolve))),
  }
}

/** A scripted client. Gone when the test is over. */
export async function dial(t: TestContext, port: number): Promise<ScriptedPeer> {
  const socket = connectTcp({ host: '127.0.0.1', port, noDelay: true })
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return new ScriptedPeer(socket)
}
