// Whose request is worked on when: messages go before, and one asker has one request answered for each of every other's.

import { monotonicMs } from '../support/deadline.ts'
import { reportDefect } from '../support/report-defect.ts'

/** Milliseconds of one turn of the event loop, within which a request may begin. */
const TURN_MS = 2

export class ManagementTurns {
  /** In the order of their turns. What waits is bounded by the windows of the links on which it came. */
  readonly #waiting = new Map<object, (() => void)[]>()
  #scheduled = false

  /** `run` is called later. */
  add(asker: object, run: () => void): void {
    const own = this.#waiting.get(asker)
    if (own) own.push(run)
    else this.#waiting.set(asker, [run])
    this.#schedule()
  }

  /** Messages have as much time as requests have taken, `afterMs`. */
  #schedule(afterMs = 0): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (afterMs === 0) setImmediate(() => this.#turn())
    else setTimeout(() => this.#turn(), afterMs)
  }

  #turn(): void {
    this.#scheduled = false
    const start = monotonicMs()
    do this.#one()
    while (this.#waiting.size > 0 && monotonicMs() < start + TURN_MS)
    if (this.#waiting.size > 0) this.#schedule(monotonicMs() - start)
  }

  #one(): void {
    for (const [asker, own] of this.#waiting) {
      this.#waiting.delete(asker)
      const run = own.shift()
      if (own.length > 0) this.#waiting.set(asker, own)
      try {
        run?.()
      } catch (error) {
        reportDefect('a request to $management', error)
      }
      return
    }
  }
}
