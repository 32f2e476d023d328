// Notifications that come one by one, as batches: by count, by time since the first one, or when no further one comes.

import type { IncomingNotification } from '../messaging/driver.ts'
import type { WorkEnd } from '../messaging/message-server.ts'
import { type Deadline, monotonicMs, restartDeadline, startDeadline } from '../support/deadline.ts'

export interface BatchLimits {
  readonly size: number
  readonly timeoutMs: number
  /** Undefined: that no further one comes does not end a batch. */
  readonly idleMs: number | undefined
  /** How many batches are worked on at a time. */
  readonly concurrency: number
}

interface Member {
  readonly incoming: IncomingNotification
  readonly settled: (end: WorkEnd) => void
  readonly cameAt: number
}

/**
 * Collects what is handed to `add`. A batch that is complete while `concurrency` others are worked on goes on growing, to its size, and
 * then waits; what can be here at all is bounded by the credit of the subscription.
 */
export class BatchCollector {
  readonly #limits: BatchLimits
  readonly #work: (batch: readonly IncomingNotification[]) => Promise<void>
  #members: Member[] = []
  /** The batch that is collected has ended by time: it goes as soon as it may. */
  #due = false
  #running = 0
  #stopped = false
  #deadline: Deadline | undefined
  #idle: Deadline | undefined

  /** `work` settles all members of its batch; it must not reject. */
  constructor(limits: BatchLimits, work: (batch: readonly IncomingNotification[]) => Promise<void>) {
    this.#limits = limits
    this.#work = work
  }

  /** Resolves when its batch has been worked on, or it was given back. */
  add(incoming: IncomingNotification): Promise<WorkEnd> {
    return new Promise((settled) => {
      this.#members.push({ incoming, settled, cameAt: monotonicMs() })
      if (this.#members.length === 1) this.#startTimers()
      else if (this.#idle) restartDeadline(this.#idle, this.#limits.idleMs as number)
      this.#runWhatMay()
    })
  }

  /** No more will come: gives back what no batch has begun with. What arrived settled cannot be given back, and makes the last batches. */
  stop(): void {
    this.#stopped = true
    const given = this.#members.filter(({ incoming }) => !incoming.settled)
    this.#members = this.#members.filter(({ incoming }) => incoming.settled)
    for (const { incoming, settled } of given) {
      incoming.requeue()
      incoming.done()
      settled('released')
    }
    this.#runWhatMay()
  }

  #startTimers(): void {
    const end = (): void => {
      this.#due = true
      this.#runWhatMay()
    }
    const [first] = this.#members
    const waitedMs = first ? monotonicMs() - first.cameAt : 0
    this.#deadline = startDeadline(Math.max(0, this.#limits.timeoutMs - waitedMs), end)
    if (this.#limits.idleMs !== undefined) this.#idle = startDeadline(this.#limits.idleMs, end)
  }

  #stopTimers(): void {
    this.#deadline?.cancel()
    this.#idle?.cancel()
    this.#deadline = this.#idle = undefined
    this.#due = false
  }

  #runWhatMay(): void {
    while (this.#running < this.#limits.concurrency && this.#isComplete()) {
      this.#stopTimers()
      const batch = this.#members.splice(0, this.#limits.size)
      if (this.#members.length > 0) this.#startTimers()
      void this.#run(batch)
    }
    if (this.#members.length === 0) this.#stopTimers()
  }

  #isComplete(): boolean {
    const { length } = this.#members
    return length >= this.#limits.size || (length > 0 && (this.#due || this.#stopped))
  }

  async #run(batch: readonly Member[]): Promise<void> {
    this.#running += 1
    await this.#work(batch.map(({ incoming }) => incoming))
    this.#running -= 1
    for (const { settled } of batch) settled(undefined)
    this.#runWhatMay()
  }
}
