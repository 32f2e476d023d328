import type { Encoder } from './encoder.ts'
import { FramingError } from './errors.ts'

/** What a protocol header announces (specification part 2, section 2.2, and part 5, sections 5.2 and 5.3). */
export const PROTOCOL = Object.freeze({ AMQP: 0, TLS: 2, SASL: 3 } as const)
export type ProtocolId = (typeof PROTOCOL)[keyof typeof PROTOCOL]

export const AMQP_FRAME = 0
export const SASL_FRAME = 1
export type FrameType = typeof AMQP_FRAME | typeof SASL_FRAME

/** Protocol header and frame header have the same length. */
const HEADER_SIZE = 8
/** DOFF of a frame without extended header, in words of four bytes. */
const DATA_OFFSET = 2
const AMQP = 0x414d5150

/** Writes the protocol header of version 1.0.0. */
export function encodeHeader(e: Encoder, id: ProtocolId): void {
  e.rawUint32(AMQP)
  e.rawUint8(id)
  e.rawUint8(1)
  e.rawUint16(0)
}

/** Opens a frame; the mark it returns closes it. A frame that is closed at once is empty: a sign of life. */
export function beginFrame(e: Encoder, frameType: FrameType, channel: number): number {
  const mark = e.length
  e.rawUint32(0)
  e.rawUint8(DATA_OFFSET)
  e.rawUint8(frameType)
  e.rawUint16(channel)
  return mark
}

export function endFrame(e: Encoder, mark: number): void {
  e.patchUint32(mark, e.length - mark)
}

/** What a FrameReader finds. Buffers may be kept: nothing writes to them again. */
export interface FrameHandler {
  onHeader(protocolId: number, major: number, minor: number, revision: number): void
  /** The body is `buffer` from `start` to `end`, without the extended header; an empty frame has none. Types other than AMQP and SASL come too. */
  onFrame(frameType: number, channel: number, buffer: Buffer, start: number, end: number): void
}

type Expecting = 'header' | 'frame' | 'nothing'

/**
 * Cuts a stream of bytes into protocol headers and frames, whatever the chunks are that it comes in. A frame that lies
 * inside a chunk is handed over where it lies; one that is spread over chunks is put together in a buffer of its size,
 * which `maxFrameSize` bounds.
 *
 * The handler may call `expectHeader`, `stop` and set `maxFrameSize`: they hold from the next byte on. `push` throws
 * FramingError when the stream makes no sense, and what the handler throws; nothing is read after that.
 */
export class FrameReader {
  /** Frames larger than this are refused. In bytes, at least 512 by the specification. */
  maxFrameSize: number
  readonly #handler: FrameHandler
  #expecting: Expecting = 'header'
  /** First bytes of a unit whose size is not known yet. */
  readonly #head = Buffer.alloc(HEADER_SIZE)
  /** A frame that is being put together; undefined while not even its head is there. */
  #frame: Buffer | undefined
  /** How many bytes of `#frame`, else of `#head`, are there. */
  #filled = 0

  constructor(handler: FrameHandler, options: { readonly maxFrameSize: number }) {
    this.#handler = handler
    this.maxFrameSize = options.maxFrameSize
  }

  /** The next eight bytes are a protocol header, as after SASL. For the callbacks: between two units, not amid one. */
  expectHeader(): void {
    if (this.#expecting === 'frame') this.#expecting = 'header'
  }

  /** Everything that follows is ignored. */
  stop(): void {
    this.#expecting = 'nothing'
    this.#frame = undefined
    this.#filled = 0
  }

  push(chunk: Buffer): void {
    if (this.#expecting === 'nothing') return
    let finished = false
    try {
      const position = this.#filled > 0 ? this.#complete(chunk) : 0
      this.#readFrom(chunk, position)
      finished = true
    } finally {
      if (!finished) this.stop()
    }
  }

  /** Finishes what earlier chunks began; returns how much of the chunk that took. */
  #complete(chunk: Buffer): number {
    let position = 0
    if (this.#frame === undefined) {
      position = this.#fill(this.#head, chunk, 0)
      if (this.#filled < HEADER_SIZE) return position
      const size = this.#expecting === 'header' ? HEADER_SIZE : this.#frameSize(this.#head, 0)
      this.#frame = Buffer.allocUnsafe(size)
      this.#head.copy(this.#frame)
    }
    const unit = this.#frame
    position = this.#fill(unit, chunk, position)
    if (this.#filled < unit.length) return position
    this.#frame = undefined
    this.#filled = 0
    this.#deliver(unit, 0, unit.length)
    return position
  }

  #fill(target: Buffer, chunk: Buffer, from: number): number {
    const copied = chunk.copy(target, this.#filled, from)
    this.#filled += copied
    return from + copied
  }

  /** Delivers what lies in the chunk as a whole, and keeps the rest. */
  #readFrom(chunk: Buffer, from: number): void {
    let position = from
    while (this.#expecting !== 'nothing' && chunk.length - position >= HEADER_SIZE) {
      const size = this.#expecting === 'header' ? HEADER_SIZE : this.#frameSize(chunk, position)
      if (size > chunk.length - position) {
        this.#frame = Buffer.allocUnsafe(size)
        this.#fill(this.#frame, chunk, position)
        return
      }
      const end = position + size
      this.#deliver(chunk, position, end)
      position = end
    }
    if (this.#expecting !== 'nothing' && position < chunk.length) this.#fill(this.#head, chunk, position)
  }

  #deliver(buffer: Buffer, start: number, end: number): void {
    if (this.#expecting === 'header') {
      if (buffer.readUInt32BE(start) !== AMQP) {
        const found = buffer.toString('latin1', start, start + 4)
        throw new FramingError(`protocol header: expected "AMQP", found ${JSON.stringify(found)}`, start)
      }
      this.#expecting = 'frame'
      this.#handler.onHeader(buffer[start + 4]!, buffer[start + 5]!, buffer[start + 6]!, buffer[start + 7]!)
      return
    }
    const body = start + buffer[start + 4]! * 4
    const channel = (buffer[start + 6]! << 8) | buffer[start + 7]!
    this.#handler.onFrame(buffer[start + 5]!, channel, buffer, body, end)
  }

  /** Size of the frame whose head stands there, checked. */
  #frameSize(buffer: Buffer, at: number): number {
    const size = buffer.readUInt32BE(at)
    const offset = buffer[at + 4]!
    if (size < HEADER_SIZE) throw new FramingError(`frame: a size of ${size} bytes is less than its header has`, at)
    if (size > this.maxFrameSize) {
      throw new FramingError(`frame: a size of ${size} bytes exceeds the maximum of ${this.maxFrameSize}`, at)
    }
    if (offset < DATA_OFFSET) throw new FramingError(`frame: a data offset of ${offset} points into the header`, at + 4)
    if (offset * 4 > size)
      throw new FramingError(`frame: a data offset of ${offset} words exceeds ${size} bytes`, at + 4)
    return size
  }
}
