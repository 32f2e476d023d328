// One message on the memory bus, from hand-over until its promise settles: deadline, monitor, abort, retries, outcome.

import { addAbortListener } from '../support/abort-listener.ts'
import { type Deadline, restartDeadline, startDeadline } from '../support/deadline.ts'
import type { FifoEntry } from '../support/fifo.ts'
import { MessageDeliveryFailureError, type MessagingError, MessagingTimeoutError } from './errors.ts'
import type { MemoryAddress } from './memory-bus.ts'
import type { MemoryCopy, MemoryGroup } from './memory-group.ts'

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
  /** For groups that have not said what becomes of it. */
  readonly #copies = new Set<MemoryCopy>()
  /** A group will not have it; the others go on. */
  #failure: MessagingError | undefined
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

  /** It goes to the groups that there are: each is to take it. */
  spread(groups: readonly MemoryGroup[]): void {
    for (const group of groups) this.#copies.add(group.enter(this))
  }

  /** A consumer has it now. A cast is done: nobody waits for what becomes of it. */
  taken(): void {
    this.#wasTaken = true
    if (this.facts.kind === 'cast') this.succeed(undefined)
  }

  accepted(copy: MemoryCopy): void {
    if (this.facts.kind === 'notification') this.#copyDone(copy)
  }

  rejected(copy: MemoryCopy, reason: string): void {
    this.#copyFailed(copy, `rejected: ${reason}`)
  }

  released(copy: MemoryCopy): void {
    if (!this.#copies.has(copy)) return
    if (this.#retriesLeft <= 0) return this.#copyFailed(copy, 'Send retries exhausted')
    this.#retriesLeft -= 1
    copy.group.giveBack(copy)
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

  #copyFailed(copy: MemoryCopy, reason: string): void {
    this.#failure ??= this.#deliveryFailure(reason)
    this.#copyDone(copy)
  }

  #copyDone(copy: MemoryCopy): void {
    if (!this.#copies.delete(copy)) return
    copy.group.leave(copy)
    if (this.#copies.size > 0) return
    if (this.#failure) this.fail(this.#failure)
    else this.succeed(undefined)
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    for (const copy of this.#copies) copy.group.leave(copy)
    this.#copies.clear()
    this.#deadline.cancel()
    this.#monitor?.cancel()
    this.facts.signal?.removeEventListener('abort', this.#onAbort)
    this.address?.settled(this)
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
    const pools = [...this.#copies].flatMap(({ group: { pool } }) => (pool === undefined ? [] : `"${pool}"`))
    if (pools.length > 0) return `it was not acknowledged in the pool ${pools.join(', ')}`
    if (this.#wasTaken) return 'it was delivered and not answered'
    return this.address?.hasConsumers ? 'no consumer had credit' : 'nobody listens there'
  }
}
