// What is told once a second, if there is something to tell: messages that were dropped, by their cause, and the state of the store. So
// that nothing has to be done for it where messages pass.

import { type Recurrence, timepiece } from '../support/clock.ts'
import type { RouterLog } from './router-log.ts'
import type { RouterCounters } from './traffic.ts'

const INTERVAL_MS = 1_000

export interface WatchedRouter {
  readonly counters: RouterCounters
  /** Nothing can be stored now. */
  readonly storeBroken: boolean
}

/** Counters of what is lost, in words. */
const DROPPED: Readonly<Partial<Record<keyof RouterCounters, string>>> = {
  droppedWithoutConsumer: 'there was no consumer',
  droppedTooLarge: 'they were larger than the consumer takes',
  droppedForSlow: 'consumers were slow, and the router is told to drop then (dropSettledOfSlow)',
  droppedForStalled: 'the subscriber has stalled',
  droppedInTransfer: 'the connection of the consumer was lost',
  droppedBeyondLimit: 'the router held too much for their sender',
  droppedUndeliverable: 'consumers rejected them, or failed too often',
  droppedFull: 'the queue was full',
  droppedWithPool: 'their pool had no consumer for too long',
  droppedMalformed: 'they could not be read',
}

export class LogWatch {
  readonly #log: RouterLog
  readonly #router: WatchedRouter
  readonly #timer: Recurrence
  #before: RouterCounters
  #storeBroken = false

  constructor(log: RouterLog, router: WatchedRouter) {
    this.#log = log
    this.#router = router
    this.#before = router.counters
    this.#timer = timepiece.clock.every(INTERVAL_MS, () => this.look())
  }

  /** Looks a last time. */
  stop(): void {
    this.#timer.stop()
    this.look()
  }

  look(): void {
    const { counters } = this.#router
    for (const [cause, why] of Object.entries(DROPPED) as [keyof RouterCounters, string][]) {
      const count = counters[cause] - this.#before[cause]
      if (count === 0) continue
      const what = count === 1 ? 'a message was' : `${count} messages were`
      this.#log.write('warning', 'messages.dropped', `${what} dropped: ${why}`, { cause, count })
    }
    this.#before = counters
    this.#tellStore(this.#router.storeBroken)
    this.#log.tellSuppressed()
  }

  #tellStore(broken: boolean): void {
    if (broken === this.#storeBroken) return
    this.#storeBroken = broken
    if (broken) this.#log.write('error', 'store.broken', 'the message store fails: queues take no messages now')
    else this.#log.write('info', 'store.usable', 'the message store works again')
  }
}
