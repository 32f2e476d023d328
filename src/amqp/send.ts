import type { Outcome } from '../codec/delivery-state.ts'
import { ACCEPTED } from '../codec/delivery-state.ts'
import type { Message } from '../codec/sections.ts'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import type { LinkError } from './errors.ts'
import { SendError } from './errors.ts'
import { checkSendOptions } from './option-checks.ts'
import { LINK_DEFAULTS } from './options.ts'
import type { Sender } from './sender.ts'
import type { SendHandler, Submission } from './submission.ts'

/** What `Sender.send` takes beside the message. */
export interface SendOptions {
  /** Sent settled: nobody will say what became of it. Default false; a link that sends only one way does it that way (`sndSettleMode`). */
  readonly settled?: boolean | undefined
  /** Milliseconds for credit and outcome together. Default 30 000. */
  readonly timeoutMs?: number | undefined
  /** Takes the message back, if it has not left as a whole; else only the waiting for its outcome ends. */
  readonly signal?: AbortSignal | undefined
}

/** A submission as a promise: see Sender.send. */
export function send(sender: Sender, message: Message | Uint8Array, options: SendOptions): Promise<Outcome> {
  if (options.signal?.aborted) return Promise.reject(options.signal.reason)
  return new Promise((resolve, reject) => {
    checkSendOptions(options)
    new PendingSend(sender, message, options, resolve, reject)
  })
}

class PendingSend implements SendHandler {
  readonly #sender: Sender
  readonly #submission: Submission
  readonly #deadline: Deadline
  readonly #signal: AbortSignal | undefined
  readonly #onAbort: () => void
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (reason: unknown) => void

  constructor(
    sender: Sender,
    message: Message | Uint8Array,
    options: SendOptions,
    resolve: (outcome: Outcome) => void,
    reject: (reason: unknown) => void,
  ) {
    const { settled = false, timeoutMs = LINK_DEFAULTS.timeoutMs, signal } = options
    this.#sender = sender
    this.#resolve = resolve
    this.#reject = reject
    this.#submission = sender.submit(message, { settled }, this)
    this.#deadline = startDeadline(timeoutMs, () => this.#expired(timeoutMs))
    this.#signal = signal
    this.#onAbort = () => this.#giveUp(signal?.reason)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  onSent(): void {
    if (!this.#submission.settled) return
    this.#finish()
    this.#resolve(ACCEPTED)
  }

  onOutcome(outcome: Outcome | undefined): void {
    this.#finish()
    if (outcome) this.#resolve(outcome)
    else this.#reject(this.#error('the peer settled the message without an outcome', 'remote', true))
  }

  onFailed(error: LinkError, sent: boolean): void {
    this.#finish()
    const { message, origin, condition, description, info } = error
    this.#reject(new SendError(message, { origin, condition, description, info, cause: error, inDoubt: sent }))
  }

  #expired(timeoutMs: number): void {
    const begun = this.#submission.begun
    const noCredit = this.#sender.hadCredit ? 'no more credit' : 'the peer never granted credit'
    const unsent = begun ? 'the peer took only a part of the message' : noCredit
    const inDoubt = !this.#submission.cancel()
    const why = inDoubt ? 'no outcome' : unsent
    this.#giveUp(this.#error(`${why} within ${timeoutMs} ms`, 'local', inDoubt))
  }

  #giveUp(reason: unknown): void {
    this.#submission.cancel()
    this.#finish()
    this.#reject(reason)
  }

  #finish(): void {
    this.#deadline.cancel()
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }

  #error(what: string, origin: 'local' | 'remote', inDoubt: boolean): SendError {
    return new SendError(`${this.#sender.describe()}: ${what}`, { origin, inDoubt })
  }
}
