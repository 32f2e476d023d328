// The sending end of a link: messages wait here for credit, in order, and are reported when they left or were settled
// (AMQP 1.0 part 2, 2.6.7 flow control, 2.6.12 transfer). A message without credit never holds up another link.

import type { Outcome } from '../codec/delivery-state.ts'
import { beginFrame, endFrame } from '../codec/frame.ts'
import type { Attach, Flow } from '../codec/performatives.ts'
import { encodeTransfer } from '../codec/performatives.ts'
import type { Message } from '../codec/sections.ts'
import { encodeMessage } from '../codec/sections.ts'
import { Fifo } from '../support/fifo.ts'
import { guarded } from '../support/guarded.ts'
import { senderCredit } from './credit.ts'
import { LinkError } from './errors.ts'
import { Link } from './link.ts'
import { compact, encodedAside, isLonger, tagOf, tooLarge } from './message-bytes.ts'
import type { SenderOptions } from './options.ts'
import { LINK_DEFAULTS } from './options.ts'
import { type SendOptions, send } from './send.ts'
import { serialAdd } from './serial-number.ts'
import type { Session } from './session.ts'
import type { SendHandler, SubmitOptions } from './submission.ts'
import { Submission } from './submission.ts'
import { TransferHeader } from './transfer-header.ts'

/** Room kept in a continued frame for its own performative. */
const CONTINUATION_OVERHEAD = 64

export class Sender extends Link {
  readonly role = 'sender'
  /** @internal */ scheduled = false
  readonly #options: SenderOptions
  readonly #header: TransferHeader
  readonly #queue = new Fifo<Submission>()
  /** In the order in which they were sent; the session has them by id. */
  readonly #unsettled = new Fifo<Submission>()
  #partial: Submission | undefined
  #credit = 0
  #hadCredit = false
  #deliveryCount: number
  readonly #maxUnsettled: number
  #drain = false
  #owesDrain = false
  /** Messages that left in this turn. Credit is not given back before those who handed them over know that they may go on. */
  #unreported = 0
  /** What the peer takes in one message. */
  #maxMessageSize = Number.POSITIVE_INFINITY

  constructor(session: Session, name: string, handle: number, options: SenderOptions) {
    super(session, name, handle, options)
    this.#options = options
    this.#header = new TransferHeader(handle)
    this.#deliveryCount = options.initialDeliveryCount ?? 0
    this.#maxUnsettled = options.maxUnsettled ?? LINK_DEFAULTS.maxUnsettled
  }

  /** Messages that the peer grants now. */
  get credit(): number {
    return this.#credit
  }

  /** The peer has granted credit at least once. */
  get hadCredit(): boolean {
    return this.#hadCredit
  }

  /** Messages submitted and not yet transferred as a whole. */
  get queued(): number {
    return this.#queue.size + (this.#partial ? 1 : 0)
  }

  /** Messages transferred unsettled that the peer has not settled. */
  get unsettled(): number {
    return this.#unsettled.size
  }

  /**
   * Hands a message over. It goes out at once when there is credit, else it waits in order. `message` is encoded before
   * this returns; bytes are taken as the encoded sections of a message and must not change until it left.
   *
   * @throws LinkError when the link is not attached, `maxQueued` messages wait, or the message is larger than the peer takes
   * (condition amqp:link:message-size-exceeded); EncodeError when it cannot be encoded.
   */
  submit(message: Message | Uint8Array, options: SubmitOptions, handler: SendHandler): Submission {
    if (!this.isAttached) throw this.goneError()
    const settled = this.#settles(options.settled)
    const submission = new Submission(this, settled, options.messageFormat ?? 0, handler)
    if (this.#mayGoAtOnce && !isLonger(message, this.session.outgoing.maxFrameSize)) {
      this.#transferAtOnce(submission, message)
    } else {
      this.#enqueue(submission, message)
    }
    return submission
  }

  /**
   * Sends a message and resolves with its outcome; sent settled, with `accepted` once it left under credit. Rejects with
   * SendError, which says whether it may have arrived, with the signal's reason, or with what `submit` throws.
   */
  send(message: Message | Uint8Array, options: SendOptions = {}): Promise<Outcome> {
    return send(this, message, options)
  }

  /** @internal */
  get canTransfer(): boolean {
    if (!this.isAttached || !this.session.outgoing.windowOpen) return false
    return this.#partial !== undefined || (this.#queue.size > 0 && this.#mayBegin)
  }

  /** @internal */
  left(): void {
    if (this.isAttached && !this.session.outgoing.windowOpen && this.queued > 0) this.session.outgoing.blocked(this)
  }

  /** @internal One frame of the message in progress, or of the next one. */
  transferFrame(): void {
    let submission = this.#partial
    if (submission && submission.payload === undefined) return this.#breakOff()
    if (!submission) {
      submission = this.#queue.shift() as Submission
      this.#begin(submission)
    }
    const payload = submission.payload as Buffer
    const encoder = this.session.outgoing.encoder
    const limit = this.session.outgoing.maxFrameSize - CONTINUATION_OVERHEAD
    const end = Math.min(payload.length, submission.offset + limit)
    const more = end < payload.length
    const first = submission.offset === 0
    const frame = beginFrame(encoder, 0, this.session.channel)
    if (first && !more && submission.messageFormat === 0) {
      this.#header.write(encoder, submission.deliveryId, submission.settled)
    } else {
      encodeTransfer(encoder, {
        handle: this.handle,
        deliveryId: first ? submission.deliveryId : undefined,
        deliveryTag: first ? tagOf(submission.deliveryId) : undefined,
        messageFormat: first ? submission.messageFormat : undefined,
        settled: submission.settled,
        more,
      })
    }
    encoder.rawBytes(submission.offset === 0 && !more ? payload : payload.subarray(submission.offset, end))
    endFrame(encoder, frame)
    submission.offset = end
    this.session.outgoing.transferWritten()
    if (more) this.#partial = submission
    else this.#transferred(submission)
  }

  /** @internal Takes back what has not been transferred as a whole; false: it is too late. */
  withdraw(submission: Submission): boolean {
    if (submission === this.#partial) {
      // The peer has some of it: the next frame says that the rest will not come (2.6.14).
      submission.phase = 'done'
      if (this.#unsettled.remove(submission)) this.session.outgoing.forget(submission)
      return true
    }
    if (!this.#queue.remove(submission)) return false
    submission.phase = 'done'
    if (this.#owesDrain && this.#queue.size === 0 && this.isAttached) this.#answerFlow()
    return true
  }

  /** @internal Whoever handed over what left has been told, and may have handed over more. */
  reportedSent(): void {
    this.#unreported -= 1
    if (this.isAttached) this.#answerDrainIfDone()
  }

  /** @internal The peer has said what became of the delivery. */
  onOutcome(submission: Submission, outcome: Outcome | undefined): void {
    const full = this.#unsettled.size >= this.#maxUnsettled
    this.#unsettled.remove(submission)
    submission.outcome(outcome)
    if (full) this.#wantToTransfer()
  }

  /** @internal */
  onFlow(flow: Flow): void {
    if (!this.isAttached) return
    const had = this.#credit
    // A receiver that has not seen our attach yet counts from its number.
    const seen = flow.deliveryCount ?? this.#options.initialDeliveryCount ?? 0
    if (flow.linkCredit !== undefined) this.#credit = senderCredit(seen, flow.linkCredit, this.#deliveryCount)
    if (this.#credit > 0) this.#hadCredit = true
    this.#drain = this.#owesDrain = flow.drain
    // Before a drain is answered: what the owner of the link has ready may still use the credit.
    if (had === 0 && this.#credit > 0) this.#tellCredit()
    if (!this.isAttached) return
    this.#wantToTransfer()
    if (this.#drain || flow.echo) this.#answerFlow()
  }

  protected override attached(_attach: Attach): void {
    this.#maxMessageSize = this.remoteMaxMessageSize
  }

  protected override stopped(): void {
    const error = this.goneError()
    const partial = this.#partial
    this.#partial = undefined
    this.#credit = 0
    const unsettled = this.#unsettled.takeAll()
    for (const submission of unsettled) this.session.outgoing.forget(submission)
    // Told in a later turn: the application must not run inside the frame reader or inside its own detach().
    const queued = this.#queue.takeAll()
    if (!partial && unsettled.length === 0 && queued.length === 0) return
    const writes = this.session.outgoing.writesToCome
    queueMicrotask(() => {
      for (const submission of unsettled) submission.failed(error, writes)
      partial?.failed(error, writes)
      for (const submission of queued) submission.failed(error, writes)
    })
  }

  get #mayGoAtOnce(): boolean {
    return this.#mayBegin && this.#partial === undefined && this.#queue.size === 0 && this.session.outgoing.canTransfer
  }

  /** The link's credit allows one more message, and not too many wait for their outcome. */
  get #mayBegin(): boolean {
    return this.#credit > 0 && this.#unsettled.size < this.#maxUnsettled
  }

  /** The last frame of a message that was taken back, or that the peer settled before it had all of it: settled, without the rest (2.6.14). */
  #breakOff(): void {
    const { outgoing } = this.session
    const frame = beginFrame(outgoing.encoder, 0, this.session.channel)
    encodeTransfer(outgoing.encoder, { handle: this.handle, aborted: true })
    endFrame(outgoing.encoder, frame)
    this.#partial = undefined
    outgoing.transferWritten()
    this.#answerDrainIfDone()
  }

  /** The settle mode that both ends agreed on wins over the wish (part 2, 2.8.2). */
  #settles(wish: boolean): boolean {
    const own = this.options.sndSettleMode ?? 2
    const agreed = own === 2 ? (this.remoteAttach?.sndSettleMode ?? 2) : own
    return agreed === 2 ? wish : agreed === 1
  }

  /** The common case: no queue, credit, a small message: encoded straight into the connection's output. */
  #transferAtOnce(submission: Submission, message: Message | Uint8Array): void {
    const encoder = this.session.outgoing.encoder
    const frame = beginFrame(encoder, 0, this.session.channel)
    if (submission.messageFormat !== 0) return this.#undoAndEnqueue(frame, submission, message)
    const deliveryId = this.session.outgoing.nextDeliveryId
    this.#header.write(encoder, deliveryId, submission.settled)
    const payloadAt = encoder.length
    try {
      if (message instanceof Uint8Array) encoder.rawBytes(message)
      else encodeMessage(encoder, message)
    } catch (error) {
      encoder.truncate(frame)
      throw error
    }
    const size = encoder.length - payloadAt
    if (size > this.#maxMessageSize) {
      encoder.truncate(frame)
      throw tooLarge(this, size)
    }
    if (encoder.length - frame > this.session.outgoing.maxFrameSize) {
      const payload = encoder.copyFrom(payloadAt)
      return this.#undoAndEnqueue(frame, submission, payload)
    }
    endFrame(encoder, frame)
    this.#begin(submission)
    this.session.outgoing.messageWritten()
    this.#transferred(submission)
  }

  #undoAndEnqueue(frame: number, submission: Submission, message: Message | Uint8Array): void {
    this.session.outgoing.encoder.truncate(frame)
    this.#enqueue(submission, message)
  }

  #enqueue(submission: Submission, message: Message | Uint8Array): void {
    const most = this.#options.maxQueued ?? LINK_DEFAULTS.maxQueued
    if (this.#queue.size >= most) {
      throw new LinkError(`${this.describe()}: ${most} messages wait for credit already`, {
        origin: 'local',
        condition: 'amqp:resource-limit-exceeded',
      })
    }
    const payload = compact(encodedAside(this.session.outgoing.encoder, message))
    if (payload.length > this.#maxMessageSize) throw tooLarge(this, payload.length)
    submission.payload = payload
    this.#queue.push(submission)
    this.#wantToTransfer()
  }

  #wantToTransfer(): void {
    if (this.canTransfer) this.session.outgoing.ready(this)
    else this.left()
  }

  /** Credit is used when the first frame of a delivery goes. */
  #begin(submission: Submission): void {
    submission.deliveryId = this.session.outgoing.takeDeliveryId()
    submission.phase = 'transferring'
    submission.encodedAtWrite = this.session.outgoing.writes
    this.#credit -= 1
    this.#deliveryCount = serialAdd(this.#deliveryCount, 1)
    if (!submission.settled) {
      this.#unsettled.push(submission)
      this.session.outgoing.remember(submission)
    }
  }

  #transferred(submission: Submission): void {
    if (submission.phase === 'transferring') submission.phase = 'transferred'
    submission.payload = undefined
    this.#partial = undefined
    this.#unreported += 1
    this.session.outgoing.transferred(submission)
    if (this.#credit === 0) this.#answerDrainIfDone()
  }

  #answerDrainIfDone(): void {
    if (this.#owesDrain && (this.#queue.size === 0 || !this.#mayBegin)) this.#answerFlow()
  }

  /** Drained: what credit is left is used up without messages, and the receiver told so (part 2, 2.6.7), behind the last message. */
  #answerFlow(): void {
    if (this.#drain) {
      if (this.#partial || (this.#credit > 0 && this.#unreported > 0) || (this.#queue.size > 0 && this.#mayBegin))
        return
      this.#owesDrain = false
      this.#deliveryCount = serialAdd(this.#deliveryCount, this.#credit)
      this.#credit = 0
    }
    this.session.writeFlow({
      handle: this.handle,
      deliveryCount: this.#deliveryCount,
      linkCredit: this.#credit,
      available: this.#queue.size,
      drain: this.#drain,
      echo: false,
    })
  }

  #tellCredit(): void {
    guarded(`onCredit of ${this.describe()}`, () => this.#options.onCredit?.(this))
  }
}
