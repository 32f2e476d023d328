// Bytes of one socket <-> frames. Owns the socket, the frame reader and the output buffer; knows nothing of what frames mean.
//
// Output: everything is encoded straight into one buffer and leaves in one write at the end of the turn of the event loop
// (setImmediate runs after all sockets of the turn were read and their promises continued). That is one system call for
// many frames, here and at the reader. Of a long turn the transfers go out in parts, so that the peer works beside us.

import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Decoder } from '../codec/decoder.ts'
import { Encoder } from '../codec/encoder.ts'
import { AMQP_FRAME, beginFrame, endFrame, FrameReader } from '../codec/frame.ts'
import type { FrameTrace } from './frame-trace.ts'
import type { Limits } from './limits.ts'
import { MAX_OPENING_FRAME } from './options.ts'

/** Whoever understands the frames: the connection. */
export interface FrameHandler {
  /** `version`: major, minor and revision. */
  onHeader(protocolId: number, version: string): void
  /** `decoder` stands at the start of the frame's body. */
  onFrame(frameType: number, channel: number, decoder: Decoder): void
  /** A frame without body: a sign of life. */
  onEmptyFrame(frameType: number): void
  /** The bytes are no frames. */
  onBroken(error: unknown): void
  /** The last chance to write what was put off until the end of the turn. */
  beforeFlush(): void
  /** All that was encoded is with the socket. */
  afterFlush(): void
  /** The socket takes more again. */
  onDrain(): void
  /** The peer will send nothing more. */
  onEnd(): void
  /** Once; nothing is called after it. `error`: what the socket or the reader said. */
  onGone(error: Error | undefined): void
}

/**
 * So many bytes go out before the turn is over. Fewer are a system call more for little; with more, both ends of a busy connection
 * take turns: each waits for what the other makes of a whole batch.
 */
const WRITE_AHEAD = 8_192

export class FrameTransport {
  readonly encoder = new Encoder()
  readonly reader: FrameReader
  readonly #socket: Duplex
  readonly #handler: FrameHandler
  readonly #decoder: Decoder
  readonly #limits: Limits
  /** The socket holds no bytes that it counts as written: so do Node's own, and nobody knows it of others. */
  readonly #copies: boolean
  readonly #trace: FrameTrace | undefined
  readonly #flush = (): void => this.flush()
  #flushScheduled = false
  #gone = false
  /** We have ended our direction: what is still encoded goes nowhere. */
  #ended = false
  #lastError: Error | undefined
  #received = 0
  #written = 0

  constructor(socket: Duplex, handler: FrameHandler, limits: Limits, trace: FrameTrace | undefined) {
    this.#socket = socket
    this.#handler = handler
    this.#decoder = new Decoder(limits)
    this.#limits = limits
    this.#copies = socket instanceof Socket
    this.#trace = trace
    this.reader = new FrameReader(
      {
        onHeader: (protocolId, major, minor, revision) => {
          const version = `${major}.${minor}.${revision}`
          trace?.receivedHeader(protocolId, version)
          handler.onHeader(protocolId, version)
        },
        onFrame: (frameType, channel, buffer, start, end) => {
          trace?.receivedFrame(channel, buffer, start, end)
          if (start === end) return handler.onEmptyFrame(frameType)
          this.#decoder.reset(buffer, start, end)
          handler.onFrame(frameType, channel, this.#decoder)
        },
      },
      { maxFrameSize: Math.min(limits.maxFrameSize, limits.maxSaslFrameSize) },
    )
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => handler.onDrain())
    socket.on('error', (error) => {
      this.#lastError ??= error
    })
    socket.on('end', () => handler.onEnd())
    socket.on('close', () => this.#onGone())
  }

  /** Counts chunks received and writes made: the idle time-out compares them, so that the hot path reads no clock. */
  get received(): number {
    return this.#received
  }

  get written(): number {
    return this.#written
  }

  /** What is encoded will still be written. */
  get open(): boolean {
    return !this.#gone && !this.#ended
  }

  /** False while the peer takes less than we have: nothing more should be encoded ahead. */
  get writable(): boolean {
    return this.open && this.encoder.length + this.#socket.writableLength < this.#limits.sendBuffer
  }

  /** How large frames may be from now on: it begins with what SASL needs, and only an open peer may use all of `maxFrameSize`. */
  acceptFramesOf(peer: 'opening' | 'open'): void {
    const { maxFrameSize } = this.#limits
    this.reader.maxFrameSize = peer === 'open' ? maxFrameSize : Math.min(maxFrameSize, MAX_OPENING_FRAME)
  }

  /** Has what is encoded written at the end of this turn. */
  scheduleFlush(): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    setImmediate(this.#flush)
  }

  /** Writes what is encoded now, if that is much and the socket has got rid of all before. The turn is not over. */
  writeAhead(): void {
    if (this.encoder.length >= WRITE_AHEAD && this.#socket.writableLength === 0) this.#write()
  }

  /** Writes what is encoded now. */
  flush(): void {
    this.#flushScheduled = false
    if (this.#gone || this.#ended) return
    try {
      this.#handler.beforeFlush()
    } catch (error) {
      this.#handler.onBroken(error)
    }
    this.#write()
    this.#handler.afterFlush()
  }

  #write(): void {
    if (this.encoder.length === 0 || this.#ended) return
    this.#written += 1
    const bytes = this.encoder.take()
    this.#trace?.written(bytes)
    this.#socket.write(bytes)
    // The kernel has all of it: the memory can serve again, and the next frames find it in the processor's cache.
    if (this.#copies && this.#socket.writableLength === 0 && this.encoder.length === 0) this.encoder.reuse()
    if (this.#socket.writableLength <= this.#limits.maxSendBuffer) return
    this.destroy(new Error(`the peer does not read: ${this.#socket.writableLength} bytes wait for it`))
  }

  /** Shows the peer that we are alive (part 2, 2.4.5). */
  sendEmptyFrame(): void {
    endFrame(this.encoder, beginFrame(this.encoder, AMQP_FRAME, 0))
    this.scheduleFlush()
  }

  /** Writes what is encoded, then ends our direction; the peer may still send. */
  end(): void {
    if (this.#ended) return
    this.flush()
    this.#ended = true
    this.#socket.end()
  }

  /** Ends it at once. `onGone` follows, with `error`. */
  destroy(error?: Error): void {
    this.#lastError ??= error
    this.#ended = true
    this.reader.stop()
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    if (this.#gone) return
    this.#received += 1
    try {
      this.reader.push(chunk)
    } catch (error) {
      this.#handler.onBroken(error)
    }
  }

  #onGone(): void {
    if (this.#gone) return
    this.#gone = true
    this.reader.stop()
    this.#handler.onGone(this.#lastError)
  }
}
