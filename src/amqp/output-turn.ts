// The way out of a connection. Frames are encoded at once; what is put off until the end of the turn of the event loop, when
// the bytes are written, is: transfers of senders that take turns, then settlements and flows of sessions, then the word to
// those whose message left.

import type { Encoder } from '../codec/encoder.ts'
import type { Performative } from '../codec/performatives.ts'
import type { LinkError } from './errors.ts'
import type { FrameTransport } from './frame-transport.ts'
import { MAX_OUTGOING_FRAME } from './options.ts'
import { SendScheduler } from './send-scheduler.ts'
import type { Sender } from './sender.ts'
import type { Session } from './session.ts'
import type { Submission } from './submission.ts'
import { writeFrame } from './write-frame.ts'

export class OutputTurn {
  /** The largest frame that the peer takes, once its Open is there. */
  maxFrameSize = Number.POSITIVE_INFINITY
  readonly #transport: FrameTransport
  readonly #scheduler = new SendScheduler()
  readonly #writable = (): boolean => this.#transport.writable
  #sessions: Session[] = []
  #transferred: Submission[] = []

  readonly #onPressure: (event: 'blocked' | 'unblocked') => void
  #blocked = false

  /** `onPressure`: there is more to send than the peer takes now, and then that it takes it again. */
  constructor(transport: FrameTransport, onPressure: (event: 'blocked' | 'unblocked') => void) {
    this.#transport = transport
    this.#onPressure = onPressure
  }

  /** Where everything is encoded. */
  get encoder(): Encoder {
    return this.#transport.encoder
  }

  /** The socket takes more. */
  get writable(): boolean {
    return this.#transport.writable
  }

  /** What is encoded will still be written. */
  get open(): boolean {
    return this.#transport.open
  }

  /** The largest transfer frame that we send. */
  get transferFrameSize(): number {
    return Math.min(this.maxFrameSize, MAX_OUTGOING_FRAME)
  }

  /** Counts writes: what was encoded at one count is with the socket at the next. */
  get writes(): number {
    return this.#transport.written
  }

  /** Has what is encoded written at the end of the turn. */
  scheduleFlush(): void {
    this.#transport.scheduleFlush()
  }

  /** A whole message is encoded, and nothing that was put off comes before it. */
  messageEncoded(): void {
    this.#transport.scheduleFlush()
    this.#transport.writeAhead()
  }

  /** Encodes a frame without payload. */
  write(channel: number, frame: Performative): void {
    writeFrame(this.#transport.encoder, channel, frame, this.maxFrameSize)
    this.#transport.scheduleFlush()
  }

  /** The sender has something to transfer and may. */
  addSender(sender: Sender): void {
    this.#scheduler.add(sender)
    this.#transport.scheduleFlush()
  }

  /**
   * The session has dispositions or flows to write. Bounded by the number of sessions. `heavy`: one of them takes memory that only
   * `maxSendBuffer` bounds, once it is encoded: it is not held back.
   */
  addSession(session: Session, heavy = false): void {
    if (heavy && !this.#transport.writable) session.writePending()
    if (!session.awaitsWrite) this.#sessions.push(session)
    session.awaitsWrite = true
    this.#transport.scheduleFlush()
  }

  /** The submission is to be told when its bytes are with the socket. */
  addTransferred(submission: Submission): void {
    this.#transferred.push(submission)
  }

  /** Just before the write. A peer that does not read gets no credit and hardly an outcome either, until it does. */
  finishEncoding(): void {
    if (!this.#scheduler.idle) this.#scheduler.run(this.#writable)
    if (this.#sessions.length === 0 || !this.#transport.writable) return
    const sessions = this.#sessions
    this.#sessions = []
    for (const session of sessions) session.awaitsWrite = false
    for (const session of sessions) session.writePending()
  }

  /** Just after the write. */
  report(): void {
    if (this.#transferred.length > 0) {
      const transferred = this.#transferred
      this.#transferred = []
      for (const submission of transferred) submission.sent()
    }
    const waiting = !this.#scheduler.idle || this.#sessions.length > 0
    const blocked = waiting && !this.#transport.writable
    if (waiting && !blocked) this.#transport.scheduleFlush()
    if (blocked === this.#blocked) return
    this.#blocked = blocked
    this.#onPressure(blocked ? 'blocked' : 'unblocked')
  }

  /** The socket is gone: what was encoded for it never left. */
  fail(error: LinkError): void {
    for (const submission of this.#transferred.splice(0)) submission.failed(error, this.writes)
  }
}
