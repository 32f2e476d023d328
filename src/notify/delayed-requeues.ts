import type { IncomingMessage } from '../messaging/driver.ts'
import { type Deadline, startDeadline } from '../support/deadline.ts'

/** A message that fails again and again waits longer each time, but for no longer than this. */
const MAX_DELAY_MS = 30_000

/**
 * Messages that are to be given back after a while. They take credit meanwhile: beyond `most` of them, the one that has waited longest
 * goes back early, so that others are not kept waiting by messages that fail.
 */
export class DelayedRequeues {
  readonly #delayMs: number
  readonly #most: number
  readonly #waiting = new Map<IncomingMessage, Deadline>()
  #flushed = false

  constructor(delayMs: number, most: number) {
    this.#delayMs = delayMs
    this.#most = most
  }

  /** `deliveries`: how many of its deliveries have failed; each doubles the delay. */
  add(message: IncomingMessage, deliveries: number): void {
    if (this.#delayMs === 0 || this.#flushed) {
      giveBack(message)
      return
    }
    const deadline = startDeadline(this.#delayAfter(deliveries), () => {
      this.#waiting.delete(message)
      giveBack(message)
    })
    this.#waiting.set(message, deadline)
    if (this.#waiting.size > this.#most) this.#giveBackFirst()
  }

  #giveBackFirst(): void {
    for (const [message, deadline] of this.#waiting) {
      deadline.cancel()
      this.#waiting.delete(message)
      return giveBack(message)
    }
  }

  #delayAfter(deliveries: number): number {
    const longest = Math.max(this.#delayMs, MAX_DELAY_MS)
    return Math.min(longest, this.#delayMs * 2 ** Math.min(deliveries - 1, 30))
  }

  /** Gives all back now, and from now on at once. */
  flush(): void {
    this.#flushed = true
    for (const [message, deadline] of this.#waiting) {
      deadline.cancel()
      giveBack(message)
    }
    this.#waiting.clear()
  }
}

function giveBack(message: IncomingMessage): void {
  message.requeue()
  message.done()
}
