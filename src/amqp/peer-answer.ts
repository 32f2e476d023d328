import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import type { AmqpError } from './errors.ts'
import { LINK_DEFAULTS } from './options.ts'

/** How long to wait for the peer, and what ends the waiting early. */
export interface PatienceOptions {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The peer's answer to our Begin or Attach, awaited with a deadline and a signal. Settles exactly once. */
export class PeerAnswer {
  readonly promise: Promise<void>
  readonly #deadline: Deadline
  readonly #signal: AbortSignal | undefined
  readonly #onAbort: () => void
  #resolve!: () => void
  #reject!: (reason: unknown) => void

  /**
   * `silent`: the error when nothing came in time. `giveUp` takes the Begin or Attach back: with that error, or, aborted,
   * without one.
   */
  constructor(
    { timeoutMs = LINK_DEFAULTS.timeoutMs, signal }: PatienceOptions,
    silent: (timeoutMs: number) => AmqpError,
    giveUp: (error: AmqpError | undefined) => void,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#deadline = startDeadline(timeoutMs, () => {
      const error = silent(timeoutMs)
      this.settle(error)
      giveUp(error)
    })
    this.#signal = signal
    this.#onAbort = () => {
      this.settle(signal?.reason)
      giveUp(undefined)
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Undefined: it came. Only the first call counts. */
  settle(error: unknown): void {
    this.#deadline.cancel()
    this.#signal?.removeEventListener('abort', this.#onAbort)
    if (error === undefined) this.#resolve()
    else this.#reject(error)
  }
}
