import { RouterOptionsError } from '../router/errors.ts'
import type { IncomingDelivery } from '../router/peer-link.ts'
import type { Producer } from '../router/producer.ts'
import { startRealDeadline } from '../support/deadline.ts'
import { describeValue } from '../support/describe-value.ts'
import { milliseconds, type ValueCheck, wholeNumber } from '../support/value-check.ts'
import type { ChaosForwarder } from './chaos-forwarder.ts'
import { ChaosMissedError } from './errors.ts'

/** What an effect does to the addresses that it covers. */
export interface EffectAction {
  /** Takes a message in the place of the address. Absent: it lets messages pass. */
  take?(place: ChaosForwarder, producer: Producer, delivery: IncomingDelivery): void
  /** An address comes under it, now or when it is first used. */
  begin?(place: ChaosForwarder, effect: ChaosEffect): void
  /** And is free again. */
  end?(place: ChaosForwarder): void
  /** The effect is stopped. */
  stop?(): void
}

interface Waiter {
  readonly times: number
  settle(error?: ChaosMissedError): void
}

const HIT_TIMEOUT_MS = 10_000

/** Something that a router does to its peers until it is stopped, or has done it as often as it was to. */
export class ChaosEffect {
  /** @internal */ readonly covers: (address: string) => boolean
  /** @internal */ readonly action: EffectAction
  readonly #name: string
  readonly #limit: number
  readonly #waiters = new Set<Waiter>()
  #onStopped: ((effect: ChaosEffect) => void) | undefined
  #count = 0
  #ended: string | undefined

  /** @internal `limit`: how often it strikes at most. `onStopped`: told once. */
  constructor(
    name: string,
    covers: (address: string) => boolean,
    action: EffectAction,
    limit: number | undefined,
    onStopped: (effect: ChaosEffect) => void,
  ) {
    this.#name = name
    if (limit !== undefined) this.#check('count', wholeNumber(1), limit)
    this.covers = covers
    this.action = action
    this.#limit = limit ?? Number.POSITIVE_INFINITY
    this.#onStopped = onStopped
  }

  /** How often it has struck: messages; of withheld credit, addresses. */
  get count(): number {
    return this.#count
  }

  /** It was not stopped, and has not yet struck as often as it was to. */
  get active(): boolean {
    return this.#ended === undefined
  }

  /**
   * Resolves when it has struck so many times, counted from its beginning. Rejects with ChaosMissedError (`CHAOS_MISSED`) when it
   * ends before that, the router is closed, or it takes longer than `timeoutMs` (default 10 000). Throws RouterOptionsError
   * (`ROUTER_OPTIONS`) for what is no number of times or no time.
   */
  hit(times = 1, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    const { timeoutMs = HIT_TIMEOUT_MS } = options
    this.#check('hit: times', wholeNumber(1), times)
    this.#check('hit: timeoutMs', milliseconds(0), timeoutMs)
    const promise = new Promise<void>((resolve, reject) => {
      if (this.#count >= times) return resolve()
      if (this.#ended !== undefined) return reject(this.#missed(times, this.#ended))
      const waiter: Waiter = {
        times,
        settle: (error) => {
          this.#waiters.delete(waiter)
          deadline.cancel()
          if (error) reject(error)
          else resolve()
        },
      }
      const deadline = startRealDeadline(timeoutMs, () =>
        waiter.settle(this.#missed(times, `${timeoutMs} ms have passed`)),
      )
      this.#waiters.add(waiter)
    })
    promise.catch(() => {}) // whoever asked may have failed meanwhile, and that is what should be seen
    return promise
  }

  /** Ends it: what it holds up goes on. Idempotent. */
  stop(): void {
    this.end('it was stopped')
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  /** @internal */
  end(why: string): void {
    this.#conclude(why)
    const onStopped = this.#onStopped
    this.#onStopped = undefined
    onStopped?.(this)
  }

  /** @internal */
  struck(): void {
    this.#count += 1
    for (const waiter of this.#waiters) if (waiter.times <= this.#count) waiter.settle()
    if (this.#count < this.#limit) return
    this.#conclude(`it has struck ${this.#count} times, as often as it was to`)
    if (!this.action.stop) this.stop() // else it has something that is not over
  }

  #check(what: string, holds: ValueCheck, value: unknown): void {
    const expected = holds(value)
    if (expected === undefined) return
    throw new RouterOptionsError(`${this.#name}: ${what}: expected ${expected}, found ${describeValue(value)}`)
  }

  #conclude(why: string): void {
    this.#ended ??= why
    for (const waiter of this.#waiters) waiter.settle(this.#missed(waiter.times, this.#ended))
  }

  #missed(times: number, why: string): ChaosMissedError {
    return new ChaosMissedError(`${this.#name}: expected to strike ${times} times, struck ${this.#count} times: ${why}`)
  }
}
