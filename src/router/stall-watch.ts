// Tells a slow subscriber from one that has stalled: much waits for it, and it has finished nothing between two looks.

import type { Deadline } from '../support/deadline.ts'
import { restartDeadline, startDeadline } from '../support/deadline.ts'
import type { Consumer } from './consumer.ts'

/** Milliseconds between two looks. Others wait for a stalled subscriber for twice as long at most, once. */
const INTERVAL_MS = 500

export class StallWatch {
  readonly #consumers: readonly Consumer[]
  readonly #onChecked: () => void
  #deadline: Deadline | undefined

  /** `onChecked` is called after every look. */
  constructor(consumers: readonly Consumer[], onChecked: () => void) {
    this.#consumers = consumers
    this.#onChecked = onChecked
  }

  /** Looks from now on, until nobody is behind without having stalled. */
  start(): void {
    if (!this.#deadline) this.#deadline = startDeadline(INTERVAL_MS, () => this.check())
    else if (!this.#deadline.pending) restartDeadline(this.#deadline, INTERVAL_MS)
  }

  stop(): void {
    this.#deadline?.cancel()
  }

  /** One look. */
  check(): void {
    let again = false
    for (const consumer of this.#consumers) {
      if (!consumer.behind || consumer.stalled) continue
      if (consumer.finished === consumer.finishedAtCheck) {
        consumer.stalled = true
      } else {
        consumer.finishedAtCheck = consumer.finished
        again = true
      }
    }
    if (again) this.start()
    this.#onChecked()
  }
}
