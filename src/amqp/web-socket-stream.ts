// The byte stream of AMQP over a WebSocket. Frames and WebSocket messages have nothing to do with each other: a message may hold
// part of a frame or many frames (AMQP WSB 1.0, 2.4). One class for the WebSocket of the package ws and for the global one.

import { Duplex } from 'node:stream'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import { ProtocolViolation } from './errors.ts'
import { CLOSE_CODE, closeError } from './web-socket-close.ts'

/** What is used of a WebSocket. */
export interface WebSocketLike {
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: Uint8Array, whenWritten?: (error?: Error | null) => void): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
  addEventListener(
    type: 'error',
    listener: (event: { readonly message?: string; readonly error?: unknown }) => void,
  ): void
  /** Only the package ws has these, and calls `whenWritten`. */
  pause?(): void
  resume?(): void
  terminate?(): void
}

const OPEN = 1

/** The largest message that we send: what fits a 16 bit length, and so what peers with a limit take. */
export const MAX_SENT_MESSAGE = 65_535

/** Bytes that may wait in a global WebSocket while it is handed more: it tells nobody when they are gone, one has to look. */
const GLOBAL_LOW_WATER = 64 * 1024
const GLOBAL_POLL_MS = 4

/** Bytes that may wait to be read where the WebSocket cannot be paused. */
const GLOBAL_MAX_UNREAD = 32 * 1024 * 1024

/** How long a close frame that says what the peer did wrong has to get through. */
const LINGER_MS = 1_000

type Callback = (error?: Error | null) => void

export interface WebSocketStreamOptions {
  /** The largest message that is taken. */
  readonly maxPayload: number
  /** What the WebSocket goes over, if it is known: it says why it broke. */
  readonly carrier?: Duplex | undefined
}

/** Emits `connect` when the WebSocket opens, unless it was open already. */
export class WebSocketStream extends Duplex {
  readonly #socket: WebSocketLike
  readonly #maxPayload: number
  #opened: boolean
  #closed = false
  #paused = false
  /** Bytes are with the WebSocket that it has not got rid of. */
  #writing = false
  /** What the carrier or a write said: the reason where no close frame gives one. */
  #lost: Error | undefined
  #ended: Callback | undefined
  #poll: NodeJS.Timeout | undefined
  /** The peer is being told what it did wrong. */
  #parting = false
  #linger: Deadline | undefined

  constructor(socket: WebSocketLike, { maxPayload, carrier }: WebSocketStreamOptions) {
    super()
    this.#socket = socket
    this.#maxPayload = maxPayload
    this.#opened = socket.readyState === OPEN
    carrier?.on('error', (error: Error) => {
      this.#lost ??= error
    })
    socket.addEventListener('open', () => this.#onOpen())
    socket.addEventListener('message', ({ data }) => this.#onMessage(data))
    socket.addEventListener('error', ({ error, message }) => this.#onError(error, message))
    socket.addEventListener('close', ({ code, reason }) => this.#onClose(code, reason))
  }

  override _read(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#writing = true
    const written = (error?: Error | null): void => this.#onWritten(error, callback)
    const last = chunk.length - MAX_SENT_MESSAGE
    try {
      let start = 0
      for (; start < last; start += MAX_SENT_MESSAGE) this.#socket.send(chunk.subarray(start, start + MAX_SENT_MESSAGE))
      if (this.#socket.terminate) return this.#socket.send(chunk.subarray(start), written)
      this.#socket.send(chunk.subarray(start))
      this.#awaitTaken(written)
    } catch (error) {
      written(error as Error)
    }
  }

  /** All is written. Unlike TCP there is no half of a WebSocket to close: it goes as a whole, when the peer has answered. */
  override _final(callback: Callback): void {
    if (this.#closed) return callback()
    this.#ended = callback
    this.#socket.close(CLOSE_CODE.normal)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#poll)
    if (!this.#closed) this.#cut()
    callback(error)
  }

  #cut(): void {
    this.#linger?.cancel()
    // The global WebSocket can only be asked to close. While it connects, that ends the attempt.
    if (!this.#socket.terminate) this.#socket.close()
    else if (this.#parting) this.#linger = startDeadline(LINGER_MS, () => this.#socket.terminate?.())
    else this.#socket.terminate()
  }

  #onOpen(): void {
    if (this.destroyed) return
    this.#opened = true
    this.emit('connect')
  }

  #onMessage(data: unknown): void {
    if (this.destroyed) return
    if (typeof data === 'string')
      return this.#refuse(CLOSE_CODE.unsupportedData, 'a text message, and AMQP is sent in binary ones')
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data as ArrayBuffer)
    if (bytes.length > this.#maxPayload)
      return this.#refuse(CLOSE_CODE.tooLarge, `a message of ${bytes.length} bytes, more than ${this.#maxPayload}`)
    if (bytes.length === 0 || this.push(bytes)) return
    this.#paused = true
    if (this.#socket.pause) this.#socket.pause()
    else if (this.readableLength > GLOBAL_MAX_UNREAD)
      this.destroy(new Error(`${this.readableLength} bytes wait to be read, and this WebSocket cannot be paused`))
  }

  #refuse(code: number, what: string): void {
    this.#parting = true
    // A page's WebSocket may not use these codes, and so the global one may not either.
    if (this.#socket.terminate) this.#socket.close(code, what)
    this.destroy(violation(`WebSocket: the peer sent ${what}`))
  }

  #onError(error: unknown, message: string | undefined): void {
    if (this.destroyed) return
    const cause = error instanceof Error ? error : new Error(message || 'the WebSocket failed')
    if (!this.#opened) return void this.destroy(cause)
    // The WebSocket has found a fault in what the peer sent, and is telling it.
    this.#parting = true
    this.destroy(violation(`WebSocket: ${cause.message}`, cause))
  }

  #onClose(code: number, reason: string): void {
    this.#closed = true
    this.#linger?.cancel()
    clearTimeout(this.#poll)
    if (this.destroyed) return
    const unfinished = this.#opened && !this.#writing ? undefined : new Error('the WebSocket was closed')
    const error = closeError(code, reason) ?? this.#lost ?? unfinished
    if (error) return void this.destroy(error)
    this.push(null)
    this.#ended?.()
  }

  #onWritten(error: Error | null | undefined, callback: Callback): void {
    if (!error) {
      this.#writing = false
      return callback()
    }
    // The WebSocket ends, and a close frame of the peer may say more: it is waited for.
    this.#lost ??= error
    if (this.#closed) callback(this.#lost)
    else this.#linger ??= startDeadline(LINGER_MS, () => this.destroy(this.#lost))
  }

  #awaitTaken(callback: Callback): void {
    if (this.#socket.readyState !== OPEN) return callback(new Error('the WebSocket is closing'))
    if (this.#socket.bufferedAmount <= GLOBAL_LOW_WATER) return callback()
    this.#poll = setTimeout(() => this.#awaitTaken(callback), GLOBAL_POLL_MS)
  }
}

function violation(message: string, cause?: Error): ProtocolViolation {
  const found = new ProtocolViolation('connection', 'amqp:connection:framing-error', message)
  if (cause) found.cause = cause
  return found
}
