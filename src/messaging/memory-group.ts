// Consumers of one address of the memory bus that share its messages: those of one pool, or those of none.

import { Fifo, type FifoEntry } from '../support/fifo.ts'
import type { MemoryConsumer } from './memory-bus.ts'
import type { MemorySend } from './memory-send.ts'

/** A message for one group, until a consumer of the group has said what becomes of it, or its sender waits no more. */
export class MemoryCopy implements FifoEntry<MemoryCopy> {
  fifoPrevious: MemoryCopy | undefined
  fifoNext: MemoryCopy | undefined
  fifo: object | undefined
  readonly send: MemorySend
  readonly group: MemoryGroup

  constructor(send: MemorySend, group: MemoryGroup) {
    this.send = send
    this.group = group
  }

  accepted(): void {
    this.send.accepted(this)
  }

  /** Back to its group, for anyone there. */
  released(): void {
    this.send.released(this)
  }

  rejected(reason: string): void {
    this.send.rejected(this, reason)
  }
}

export class MemoryGroup {
  /** Undefined: those without a pool. */
  readonly pool: string | undefined
  readonly consumers: MemoryConsumer[] = []
  /** Bounded by the senders that wait, each with a deadline. */
  readonly #waiting = new Fifo<MemoryCopy>()
  readonly #schedule: () => void
  /** Copies of it that are not done with. */
  #open = 0
  #next = 0

  /** `schedule`: it is to deliver, in the next turn of the event loop. */
  constructor(pool: string | undefined, schedule: () => void) {
    this.pool = pool
    this.#schedule = schedule
  }

  get unused(): boolean {
    return this.consumers.length === 0 && this.#open === 0
  }

  /** A message comes to the group. */
  enter(send: MemorySend): MemoryCopy {
    const copy = new MemoryCopy(send, this)
    this.#open += 1
    this.#waiting.push(copy)
    return copy
  }

  giveBack(copy: MemoryCopy): void {
    this.#waiting.push(copy)
    this.#schedule()
  }

  /** It is done with, or nobody waits for it any more. */
  leave(copy: MemoryCopy): void {
    this.#waiting.remove(copy)
    this.#open -= 1
  }

  deliver(): void {
    while (this.#waiting.first) {
      const consumer = this.#nextWithCredit()
      if (!consumer) return
      const copy = this.#waiting.shift() as MemoryCopy
      copy.send.taken()
      consumer.credit -= 1
      consumer.take(copy)
    }
  }

  #nextWithCredit(): MemoryConsumer | undefined {
    for (let tried = 0; tried < this.consumers.length; tried += 1) {
      const consumer = this.consumers[this.#next % this.consumers.length] as MemoryConsumer
      this.#next = (this.#next + 1) % this.consumers.length
      if (consumer.credit > 0) return consumer
    }
    return undefined
  }
}
