// One message on the memory bus, from hand-over until its promise settles: deadline, monitor, abort, retries, outcome.

import { addAbortListener } from '../support/abort-listener.ts'
import { type Deadline, restartDeadline, startDeadline } from '../support/deadline.ts'
import type { FifoEntry } from '../support/fifo.ts'
import { MessageDeliveryFailureError, type MessagingError, MessagingTimeoutError } from './errors.ts'
import type { MemoryAddress } from './memory-bus.ts'

export interface MemorySendFacts {
  readonly kind: 'call' | 'cast' | 'notification'
  readonly body: string
  /** The target, for error messages. */
  readonly target: string
  readonly timeoutMs: number
  readonly callMonitorTimeoutMs?: number | undefined
  /** -1: without limit. */
  readonly retry: number
  readonly signal?: AbortSignal | undefined
  /** What a failure reply becomes. */
  readonly rebuild?: (failure: string) => Error
}

export class MemorySend implements FifoEntry<MemorySend> {
  fifoPrevious: MemorySend | undefined
  fifoNext: MemorySend | undefined
  fifo: object | undefined
  address: MemoryAddress | undefined
  readonly facts: MemorySendFacts
  /** Settles once, whatever happens to the message afterwards. */
  readonly promise: Promise<unknown>
  readonly #onSettled: (send: MemorySend) => void
  readonly #deadline: Deadline
  readonly #monitor: Deadline | undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  #settled = false
  #wasTaken = false
  #retriesLeft: number

  constructor(facts: MemorySendFacts, onSettled: (send: MemorySend) => void) {
    this.facts = facts
    this.#onSettled = onSettled
    this.#retriesLeft = facts.retry < 0 ? Number.POSITIVE_INFINITY : facts.retry
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#deadline = startDeadline(facts.timeoutMs, () => this.#timedOut(facts.timeoutMs, 'timed out'))
    const monitorMs = facts.callMonitorTimeoutMs
    if (monitorMs !== undefined) {
      this.#monitor = startDeadline(monitorMs, () => this.#timedOut(monitorMs, 'call monitor timed out'))
    }
    if (facts.signal) addAbortListener(facts.signal, this.#onAbort)
  }

  get expectsReply(): boolean {
    return this.facts.kind === 'call'
  }

  /** A consumer has it now. A cast is done: nobody waits for what becomes of it. */
  taken(): void {
    this.#wasTaken = true
    if (this.facts.kind === 'cast') this.succeed(undefined)
  }

  accepted(): void {
    if (this.facts.kind === 'notification') this.succeed(undefined)
  }

  rejected(reason: string): void {
    this.fail(this.#deliveryFailure(`rejected: ${reason}`))
  }

  /** Back to the address, for anyone. */
  released(): void {
    if (this.#settled) return
    if (this.#retriesLeft <= 0) {
      this.fail(this.#deliveryFailure('Send retries exhausted'))
      return
    }
    this.#retriesLeft -= 1
    this.address?.giveBack(this)
  }

  /** A sign of life of a monitored call. */
  heartbeat(): void {
    if (!this.#settled && this.#monitor) restartDeadline(this.#monitor, this.facts.callMonitorTimeoutMs as number)
  }

  succeed(result: unknown): void {
    if (this.#settle()) this.#resolve(result)
  }

  fail(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  /** The endpoint failed. */
  failRemotely(failure: string): void {
    this.fail(this.facts.rebuild?.(failure))
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    this.#deadline.cancel()
    this.#monitor?.cancel()
    this.facts.signal?.removeEventListener('abort', this.#onAbort)
    this.address?.waiting.remove(this)
    this.#onSettled(this)
    return true
  }

  readonly #onAbort = (): void => this.fail(this.facts.signal?.reason)

  #timedOut(afterMs: number, what: string): void {
    this.fail(
      this.facts.kind === 'call'
        ? this.#callTimeout(afterMs, what)
        : this.#deliveryFailure(`${what} after ${afterMs} ms: ${this.#diagnosis()}`),
    )
  }

  #callTimeout(afterMs: number, what: string): MessagingError {
    return new MessagingTimeoutError(
      `no reply from ${this.facts.target} within ${afterMs} ms (${what}): ${this.#diagnosis()}`,
    )
  }

  #deliveryFailure(reason: string): MessagingError {
    return new MessageDeliveryFailureError(`${this.facts.kind} to ${this.facts.target} failed: ${reason}`, {
      inDoubt: this.#wasTaken,
    })
  }

  #diagnosis(): string {
    if (this.#wasTaken) return 'it was delivered and not answered'
    return this.address?.consumers.length ? 'no consumer had credit' : 'nobody listens there'
  }
}
