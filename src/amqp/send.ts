import type { Outcome } from '../codec/delivery-state.ts'
import { ACCEPTED } from '../codec/delivery-state.ts'
import type { Message } from '../codec/sections.ts'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import { LinkError } from './errors.ts'
import { LINK_DEFAULTS } from './options.ts'
import type { Sender } from './sender.ts'
import type { SendHandler, Submission } from './submission.ts'

export interface SendOptions {
  readonly settled?: boolean | undefined
  /** Milliseconds for credit and outcome together. Default 30 000. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A submission as a promise: see Sender.send. */
export function send(sender: Sender, message: Message | Uint8Array, options: SendOptions): Promise<Outcome> {
  if (options.signal?.aborted) return Promise.reject(options.signal.reason)
  return new Promise((resolve, reject) => new PendingSend(sender, message, options, resolve, reject))
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
    else this.#reject(this.#error('the peer settled the message without an outcome', 'remote'))
  }

  onFailed(error: LinkError): void {
    this.#finish()
    this.#reject(error)
  }

  #expired(timeoutMs: number): void {
    const begun = this.#submission.begun
    const noCredit = this.#sender.hadCredit ? 'no more credit' : 'the peer never granted credit'
    const unsent = begun ? 'the peer took only a part of the message' : noCredit
    const why = this.#submission.cancel() ? unsent : 'no outcome'
    this.#giveUp(this.#error(`${why} within ${timeoutMs} ms`, 'local'))
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

  #error(what: string, origin: 'local' | 'remote'): LinkError {
    return new LinkError(`${this.#sender.describe()}: ${what}`, { origin })
  }
}
