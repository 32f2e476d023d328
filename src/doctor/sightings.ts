// What endpoints have seen, and the wait for it.

import { startDeadline } from '../support/deadline.ts'

export class Sightings {
  readonly seen: string[] = []
  #onSeen: (() => void) | undefined

  add(what: string): void {
    this.seen.push(what)
    this.#onSeen?.()
  }

  /** Resolves with all that was seen when they are so many. Rejects when they are not within the time. */
  async count(wanted: number, timeoutMs: number): Promise<readonly string[]> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (this.seen.length < wanted) return
        deadline.cancel()
        resolve()
      }
      const deadline = startDeadline(timeoutMs, () =>
        reject(new Error(`it did not arrive within ${timeoutMs} ms (${this.seen.length} of ${wanted} did)`)),
      )
      this.#onSeen = check
      check()
    })
    return this.seen
  }
}
