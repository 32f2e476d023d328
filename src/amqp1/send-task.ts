// One message from hand-over to settlement: deadline, retry budget, outcome. One object per send; it is the engine's
// SendHandler itself, so nothing is allocated between the layers. Calls add the wait for the reply: call-task.ts.
//
// What becomes of it (unsettled):          accepted                          done
//   released, modified without flags       again, at the latest after link_retry_delay, when retries are left
//   modified (undeliverable-here), rejected                                  failed
//   modified (delivery-failed), settled without a state                      failed, it may have arrived; at least once: again
//   link or connection gone                not sent: again, one retry less; sent: as in the line above

import {
  LinkError,
  type MessageId,
  type Outcome,
  printable,
  type Sender,
  type SendHandler,
  type Submission,
} from '../amqp/index.ts'
import { type DeliveryFailureOptions, MessageDeliveryFailureError, type MessagingError } from '../messaging/errors.ts'
import { addAbortListener } from '../support/abort-listener.ts'
import { type Deadline, monotonicMs, startDeadline } from '../support/deadline.ts'
import type { Fifo, FifoEntry } from '../support/fifo.ts'
import { type ConnectionLoss, driverClosed, reasonOf } from './errors.ts'
import { type ApplicationProperties, type MessageFields, toMessage } from './message-codec.ts'
import type { PeerProfile } from './profile.ts'

export type SendKind = 'call' | 'cast' | 'reply' | 'heartbeat' | 'notification'

export interface SendRequest {
  readonly kind: SendKind
  /** The method or event type, for errors. */
  readonly subject: string | undefined
  /** The body; a heartbeat has none. */
  readonly text: string | undefined
  /** Sent settled; `unless-dropped`: except to peers known to drop such messages. */
  readonly settled: boolean | 'unless-dropped'
  readonly timeoutMs: number
  /** How often it may be sent again while it has certainly not arrived; negative: without limit. */
  readonly retry: number
  readonly signal?: AbortSignal | undefined
  readonly correlationId?: MessageId | undefined
  readonly groupId?: string | undefined
  readonly ttlMs?: number | undefined
  readonly applicationProperties?: ApplicationProperties | undefined
  /** Of a call: it does not fail when its reply can hardly come any more. */
  readonly waitAfterLoss?: boolean | undefined
  /** It is sent again although it may have arrived: whoever receives it twice knows it by what is in its body. */
  readonly atLeastOnce?: boolean | undefined
}

/** Where a task's message goes: a cached sender, as a task sees it. */
export interface SendLink {
  /** The address as far as it is known, and the host, for errors. */
  readonly where: string
  /** The driver was closed. */
  readonly isClosed: boolean
  /** Why a message that waits here has not left. */
  whyWaiting(): string
  /** To be sent now, or as soon as the link allows. */
  send(task: SendTask): void
  /** To be sent again, after the delay for released messages. */
  resend(task: SendTask): void
  /** Not sent, through no fault of its own: to be sent when the link is back. */
  requeue(task: SendTask): void
  /** A task of this link waits elsewhere, and will come back: until `unpark` the link is not thrown away. */
  park(): void
  unpark(): void
}

const TOO_LARGE = 'amqp:link:message-size-exceeded'
const SETTLED = Object.freeze({ settled: true })
const UNSETTLED = Object.freeze({ settled: false })
/** The first wait of a released message whose retries have no limit; each further one is twice as long. */
const FIRST_RESEND_MS = 50
/** A deadline that was noticed this late points at this process, not at the bus. */
const BLOCKED_MS = 1_000

export class SendTask implements SendHandler, FifoEntry<SendTask> {
  fifoPrevious: SendTask | undefined = undefined
  fifoNext: SendTask | undefined = undefined
  fifo: object | undefined = undefined
  /** It did not leave at once: its time to live is what is left of it. */
  waited = false

  readonly request: SendRequest
  protected link: SendLink | undefined = undefined
  protected submission: Submission | undefined = undefined
  /** The message left as a whole. */
  protected left = false
  protected done = false
  readonly #startedAt = monotonicMs()
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: unknown) => void
  readonly #deadline: Deadline
  #retries: number
  #settled = false
  /** An attempt ended in doubt, and another one is made or was. */
  #mayHaveArrived = false
  #resends = 0
  #resendTimer: Deadline | undefined = undefined
  #onAbort: (() => void) | undefined = undefined

  /** The caller has made sure that the signal has not aborted yet. */
  constructor(request: SendRequest, resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.request = request
    this.#resolve = resolve
    this.#reject = reject
    this.#retries = request.retry < 0 ? Number.POSITIVE_INFINITY : request.retry
    this.#deadline = startDeadline(request.timeoutMs, () => this.onDeadline())
    const { signal } = request
    if (signal) {
      this.#onAbort = () => this.finish(signal.reason)
      addAbortListener(signal, this.#onAbort)
    }
  }

  get isDone(): boolean {
    return this.done
  }

  /** For errors: `call of "echo"`. */
  get name(): string {
    const { kind, subject } = this.request
    return subject === undefined ? kind : `${kind} of "${printable(subject)}"`
  }

  /** Binds the task to the link that will carry it. */
  assign(link: SendLink): void {
    this.link = link
  }

  /**
   * Runs `send` when a released message may go again: after `longestMs` (oslo's link_retry_delay). Where retries are without
   * limit the first ones come sooner: whoever gave it back may have been stopping, and another one be free.
   */
  sendLater(longestMs: number, send: () => void): void {
    const delayMs = this.request.retry < 0 ? Math.min(longestMs, FIRST_RESEND_MS * 2 ** this.#resends) : longestMs
    this.#resends += 1
    this.#resendTimer = startDeadline(delayMs, send)
  }

  /** What it waited for is there: on to its link. */
  proceed(): void {
    this.link?.send(this)
  }

  /** Hands the message to the engine. `sender` is attached, to `address`. */
  transmit(sender: Sender, address: string, profile: PeerProfile): void {
    if (this.done) return
    const { kind, text, settled } = this.request
    const fields = this.fields(address)
    const durable = kind === 'notification' && profile.forgetsUnlessDurable
    this.#settled = settled === 'unless-dropped' ? !profile.dropsSettled : settled
    try {
      this.left = false
      this.submission = sender.submit(
        toMessage(durable ? { ...fields, durable } : fields, text ?? (profile.refusesBodiless ? null : undefined)),
        this.#settled ? SETTLED : UNSETTLED,
        this,
      )
    } catch (cause) {
      this.fail(reasonOf(cause), { cause, tooLarge: cause instanceof LinkError && cause.condition === TOO_LARGE })
    }
  }

  onSent(): void {
    this.left = true
    if (this.#settled) this.delivered()
  }

  onOutcome(outcome: Outcome | undefined): void {
    if (this.done) return
    this.submission = undefined
    switch (outcome?.type) {
      case 'accepted':
        return this.delivered()
      case 'released':
        return this.#again('released by the peer')
      case 'modified':
        if (!outcome.deliveryFailed && !outcome.undeliverableHere)
          return this.#again('given back by the peer (modified)')
        if (outcome.undeliverableHere)
          return this.fail(
            `the peer cannot deliver it (modified${outcome.deliveryFailed ? ', delivery-failed' : ''}, undeliverable-here)`,
            {
              inDoubt: outcome.deliveryFailed === true,
            },
          )
        return this.#inDoubt('the consumer was lost while it had the message (modified, delivery-failed)')
      case 'rejected':
        return this.fail(
          `rejected by the peer${outcome.error ? `, ${printable(outcome.error.condition)}: ${printable(outcome.error.description ?? '')}` : ''}`,
        )
      default:
        return this.#inDoubt('the peer settled it without saying how')
    }
  }

  onFailed(error: LinkError, sent: boolean): void {
    if (this.done) return
    this.submission = undefined
    if (this.link?.isClosed) this.driverClosed()
    else if (!sent) this.notSent()
    else if (this.request.atLeastOnce && this.#retries > 0) {
      // The retry is taken with those of all that wait for the link (attemptFailed).
      this.left = false
      this.#mayHaveArrived = true
      this.notSent()
    } else this.fail(`${error.message}; it may have been delivered`, { cause: error, inDoubt: true })
  }

  /** An attempt to get the message out came to nothing before it was sent. Fails the task when no retry is left. */
  attemptFailed(loss: ConnectionLoss): void {
    if (this.done) return
    if (loss.hopeless) return this.fail(reasonOf(loss.error), { cause: loss.error })
    if (!this.#takeRetry()) this.fail(`${reasonOf(loss.error)}${this.#retriesText()}`, { cause: loss.error })
  }

  /** The driver is being closed. */
  driverClosed(): void {
    this.finish(driverClosed(this.#mayHaveArrived || this.left))
  }

  /** The fields of the message as it is sent now. */
  protected fields(to: string): MessageFields {
    const { correlationId, groupId, ttlMs, applicationProperties } = this.request
    return { to, correlationId, groupId, ttlMs, applicationProperties, messageId: undefined, replyTo: undefined }
  }

  /** Milliseconds until the deadline. */
  protected get remainingMs(): number {
    return this.request.timeoutMs - (monotonicMs() - this.#startedAt)
  }

  /** It left (settled), or the peer accepted it. */
  protected delivered(): void {
    this.finish(undefined, undefined)
  }

  /** It was not sent; it waits for the link again. */
  protected notSent(): void {
    this.link?.requeue(this)
  }

  protected onDeadline(): void {
    const unsent = this.submission === undefined ? !this.left : this.submission.cancel()
    this.finish(this.deadlineError(unsent))
  }

  protected deadlineError(unsent: boolean): MessagingError {
    const what = unsent ? 'not sent' : 'no outcome'
    const why = unsent ? (this.link?.whyWaiting() ?? 'it was not handed to a link') : 'the peer has not settled it'
    return new MessageDeliveryFailureError(
      `${this.headline()}: ${what} within ${this.request.timeoutMs} ms, ${why}${this.#doubtText()}${this.blockedText()}`,
      { inDoubt: !unsent || this.#mayHaveArrived },
    )
  }

  /** `call of "echo" to "address" on host:port`. */
  protected headline(): string {
    return `${this.name} to ${this.link?.where ?? 'an unknown address'}`
  }

  protected blockedText(): string {
    const lateMs = Math.round(-this.remainingMs)
    return lateMs > BLOCKED_MS ? ` (noticed ${lateMs} ms late: this process was blocked)` : ''
  }

  /** Ends the task with an error that says why it was not delivered. */
  fail(why: string, options?: DeliveryFailureOptions): void {
    const inDoubt = options?.inDoubt || this.#mayHaveArrived
    this.finish(
      new MessageDeliveryFailureError(`${this.headline()} failed: ${why}${this.#doubtText()}`, { ...options, inDoubt }),
    )
  }

  /** The only end: releases what the task holds, once, and settles the promise. An error rejects. */
  protected finish(error: unknown, result?: unknown): void {
    if (this.done) return
    this.done = true
    this.#deadline.cancel()
    this.#resendTimer?.cancel()
    if (this.#onAbort) this.request.signal?.removeEventListener('abort', this.#onAbort)
    if (this.fifo) (this.fifo as Fifo<SendTask>).remove(this)
    const { submission } = this
    this.submission = undefined
    if (error === undefined) return this.#resolve(result)
    submission?.cancel()
    this.#reject(error)
  }

  #again(why: string): void {
    this.left = false
    if (this.#takeRetry()) this.link?.resend(this)
    else this.fail(`${why}${this.#retriesText()}`)
  }

  /** It may have arrived. */
  #inDoubt(why: string): void {
    this.left = false
    if (this.#takeDoubtfulRetry()) this.link?.resend(this)
    else this.fail(why, { inDoubt: true })
  }

  #takeDoubtfulRetry(): boolean {
    if (!this.request.atLeastOnce || !this.#takeRetry()) return false
    this.left = false
    this.#mayHaveArrived = true
    return true
  }

  #doubtText(): string {
    return this.#mayHaveArrived ? '; an attempt before may have been delivered' : ''
  }

  #takeRetry(): boolean {
    if (this.#retries <= 0) return false
    this.#retries -= 1
    return true
  }

  #retriesText(): string {
    const { retry } = this.request
    return retry === 0 ? '; it may not be sent again (retry 0)' : `; its ${retry} retries are used up`
  }
}

/** The tasks of a queue, as a copy: they leave it while they are told something. */
export function tasksOf(queue: Fifo<SendTask>): SendTask[] {
  const tasks: SendTask[] = []
  for (let task = queue.first; task; task = task.fifoNext) tasks.push(task)
  return tasks
}
