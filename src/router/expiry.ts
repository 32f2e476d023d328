// When stored messages expire: one timer for all of them, set for the earliest. A heap, in which each message knows its place,
// so that taking one out costs no search.

import type { Deadline } from '../support/deadline.ts'
import { monotonicMs, restartDeadline, startDeadline } from '../support/deadline.ts'

/** Something that ends at its time, unless it is taken out before. */
export interface Expiring {
  /** On the monotonic clock. */
  readonly expiresAt: number
  /** Its place; -1: it is not waiting for its time. */
  expiryIndex: number
  expire(): void
}

/** What is done in one go when much ends at once; the rest in the next tick. */
const MAX_AT_ONCE = 5_000

export class Expiry {
  readonly #heap: Expiring[] = []
  #deadline: Deadline | undefined

  get size(): number {
    return this.#heap.length
  }

  add(entry: Expiring): void {
    entry.expiryIndex = this.#heap.length
    this.#heap.push(entry)
    this.#rise(entry)
    if (entry.expiryIndex === 0) this.#schedule(entry.expiresAt - monotonicMs())
  }

  /** Does nothing for what is not there. The timer may ring in vain. */
  remove(entry: Expiring): void {
    const at = entry.expiryIndex
    if (at < 0) return
    entry.expiryIndex = -1
    const last = this.#heap.pop() as Expiring
    if (last === entry) {
      if (at === 0) this.#deadline?.cancel()
      return
    }
    this.#put(last, at)
    this.#rise(last)
    this.#sink(last)
  }

  stop(): void {
    this.#deadline?.cancel()
    for (const entry of this.#heap.splice(0)) entry.expiryIndex = -1
  }

  #schedule(afterMs: number): void {
    if (this.#deadline) restartDeadline(this.#deadline, afterMs)
    else this.#deadline = startDeadline(afterMs, () => this.#run())
  }

  #run(): void {
    const now = monotonicMs()
    for (let count = 0; count < MAX_AT_ONCE; count++) {
      const entry = this.#heap[0]
      if (!entry) return
      if (entry.expiresAt > now) return this.#schedule(entry.expiresAt - now)
      this.remove(entry)
      entry.expire()
    }
    if (this.#heap.length > 0) this.#schedule(0)
  }

  #put(entry: Expiring, at: number): void {
    this.#heap[at] = entry
    entry.expiryIndex = at
  }

  /** Towards the front, past all that end later. */
  #rise(entry: Expiring): void {
    let at = entry.expiryIndex
    while (at > 0) {
      const parentAt = (at - 1) >>> 1
      const parent = this.#heap[parentAt] as Expiring
      if (parent.expiresAt <= entry.expiresAt) break
      this.#put(parent, at)
      at = parentAt
    }
    this.#put(entry, at)
  }

  #sink(entry: Expiring): void {
    let at = entry.expiryIndex
    for (;;) {
      const childAt = this.#earlierChild(at)
      const child = this.#heap[childAt]
      if (!child || child.expiresAt >= entry.expiresAt) break
      this.#put(child, at)
      at = childAt
    }
    this.#put(entry, at)
  }

  #earlierChild(at: number): number {
    const left = 2 * at + 1
    const right = this.#heap[left + 1]
    return right && right.expiresAt < (this.#heap[left] as Expiring).expiresAt ? left + 1 : left
  }
}
