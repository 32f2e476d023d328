import type { IncomingMessage } from '../messaging/driver.ts'
import { type Deadline, startDeadline } from '../support/deadline.ts'

/** Messages that are to be given back after a while. As many as the credit of the subscription's links allows. */
export class DelayedRequeues {
  readonly #delayMs: number
  readonly #waiting = new Map<IncomingMessage, Deadline>()
  #flushed = false

  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  add(message: IncomingMessage): void {
    if (this.#delayMs === 0 || this.#flushed) {
      giveBack(message)
      return
    }
    const deadline = startDeadline(this.#delayMs, () => {
      this.#waiting.delete(message)
      giveBack(message)
    })
    this.#waiting.set(message, deadline)
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
