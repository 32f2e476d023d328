// The router's numbers, in one place for everything that counts.

import type { Outcome } from '../amqp/index.ts'
import { Orphans } from './orphans.ts'

/** What a router has done since it was started, and what it holds now. */
export interface RouterCounters {
  /** Open connections now. */
  readonly connections: number
  /** Addresses in use now. */
  readonly addresses: number
  /** Attached links now on which peers send. */
  readonly producers: number
  /** Attached links now on which peers receive. */
  readonly consumers: number
  /** Messages now that were received and are not done with: held for a consumer, or not settled by it. */
  readonly inFlight: number
  /** Messages that peers sent. */
  readonly received: number
  /** Messages and copies of messages that left for a consumer. */
  readonly forwarded: number
  /** Outcomes told to the peers that sent unsettled. */
  readonly accepted: number
  readonly rejected: number
  readonly released: number
  readonly modified: number
  /** Pre-settled messages for which there was no consumer. */
  readonly droppedWithoutConsumer: number
  /** Pre-settled messages, or copies of them, that a consumer did not want because of their size. */
  readonly droppedTooLarge: number
  /** Copies of pre-settled multicast messages not kept for a subscriber that has stalled. */
  readonly droppedForStalled: number
  /** Pre-settled messages, or copies of them, whose consumer had no credit, where such are dropped (`dropSettledOfSlow`). */
  readonly droppedForSlow: number
  /** Pre-settled messages lost because the consumer's connection broke in the middle of the transfer. */
  readonly droppedInTransfer: number
  /** Pre-settled messages beyond what the router holds for one connection, or for those that are gone. */
  readonly droppedBeyondLimit: number
  /** Subscribers detached because they had stalled with unsettled multicast messages. */
  readonly detachedStalled: number
  /** Messages in queues now, with a consumer or not. */
  readonly stored: number
  /** Bytes of them. */
  readonly storedBytes: number
  /** Messages of queues whose ttl was over. */
  readonly expired: number
  /** Messages that went to the dead-letter address of their queue. */
  readonly deadLettered: number
  /** Messages of queues that a consumer rejected, or that failed too often, and that no dead-letter address took. */
  readonly droppedUndeliverable: number
  /** Pre-settled messages that came to a queue beyond its limits. */
  readonly droppedFull: number
  /** Messages of pools that had no consumer for as long as they are there without one. */
  readonly droppedWithPool: number
  /** Pre-settled messages to a queue that were none, and requests to `$management` that cannot be answered. */
  readonly droppedMalformed: number
}

/** Mutable inside the router; users see copies. */
export class Traffic {
  connections = 0
  producers = 0
  consumers = 0
  inFlight = 0
  received = 0
  forwarded = 0
  accepted = 0
  rejected = 0
  released = 0
  modified = 0
  droppedWithoutConsumer = 0
  droppedTooLarge = 0
  droppedForStalled = 0
  droppedForSlow = 0
  droppedInTransfer = 0
  droppedBeyondLimit = 0
  detachedStalled = 0
  expired = 0
  deadLettered = 0
  droppedUndeliverable = 0
  droppedFull = 0
  droppedWithPool = 0
  droppedMalformed = 0
  readonly orphans = new Orphans()
  /** The router is being closed: nobody gets credit any more, what comes unsettled goes back. */
  draining = false
  /** Called with the address and what a subscriber was told that has been detached. */
  onStalled: ((address: string, description: string) => void) | undefined = undefined
  /** Called with the address of a pool that has expired, and how many messages went with it. */
  onPoolExpired: ((address: string, messages: number) => void) | undefined = undefined
  /** Called when nothing is in flight any more. */
  onIdle: (() => void) | undefined = undefined

  /** A message came that has to be forwarded. */
  began(): void {
    this.inFlight += 1
  }

  /** It is done with. */
  ended(): void {
    this.inFlight -= 1
    if (this.inFlight === 0) this.onIdle?.()
  }

  told(outcome: Outcome): void {
    this[outcome.type] += 1
  }

  snapshot(addresses: number, stored: number, storedBytes: number): RouterCounters {
    const { draining, onIdle, onPoolExpired, onStalled, orphans, ...numbers } = this
    return Object.freeze({ ...numbers, addresses, stored, storedBytes })
  }
}
