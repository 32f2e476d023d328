/** A queue with removal from the middle in constant time: each entry carries its own place (an intrusive, doubly linked list). */
export interface FifoEntry<T> {
  fifoPrevious: T | undefined
  fifoNext: T | undefined
  /** The queue that holds the entry now: an entry is in one queue at a time. */
  fifo: object | undefined
}

export class Fifo<T extends FifoEntry<T>> {
  #first: T | undefined
  #last: T | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): T | undefined {
    return this.#first
  }

  push(entry: T): void {
    entry.fifo = this
    entry.fifoNext = undefined
    entry.fifoPrevious = this.#last
    if (this.#last) this.#last.fifoNext = entry
    else this.#first = entry
    this.#last = entry
    this.#size += 1
  }

  shift(): T | undefined {
    const entry = this.#first
    if (entry) this.remove(entry)
    return entry
  }

  /** Empties the queue; gives what was in it, in order. */
  takeAll(): T[] {
    const entries: T[] = []
    for (let next = this.shift(); next; next = this.shift()) entries.push(next)
    return entries
  }

  /** False when the entry is not in this queue. */
  remove(entry: T): boolean {
    if (entry.fifo !== this) return false
    if (entry.fifoPrevious) entry.fifoPrevious.fifoNext = entry.fifoNext
    else this.#first = entry.fifoNext
    if (entry.fifoNext) entry.fifoNext.fifoPrevious = entry.fifoPrevious
    else this.#last = entry.fifoPrevious
    entry.fifo = entry.fifoNext = entry.fifoPrevious = undefined
    this.#size -= 1
    return true
  }
}
