// A peer that sends to an address, or to whatever each message names: how much of it the router holds, and its credit.

import type { ErrorCondition, Outcome } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { LinkShare } from './link-share.ts'
import type { IncomingDelivery, IncomingLink } from './peer-link.ts'
import type { Traffic } from './traffic.ts'

/** Messages of one producer granted and held together. */
export const PRODUCER_WINDOW = 250

/** Bytes of one producer that may be held before it gets no more credit. */
const MAX_HELD_BYTES = 16 * 1024 * 1024

/** A message of it that no consumer has been given yet. */
export interface WaitingMessage {
  /** Its producer is gone. */
  abandoned(): void
}

export class Producer {
  readonly traffic: Traffic
  /** Where its messages go; undefined: an anonymous terminus, each message says. */
  readonly address: Address | undefined
  gone = false
  /** Messages that it has sent. */
  received = 0
  readonly #share: LinkShare | undefined
  #link: IncomingLink | undefined
  #creditBefore = 0
  #held = 0
  #heldBytes = 0
  /** In no order; most have none. */
  #waiting: Set<WaitingMessage> | undefined

  /** `share`: its part of what its connection may have. */
  constructor(traffic: Traffic, address: Address | undefined, share?: LinkShare) {
    this.traffic = traffic
    this.address = address
    this.#share = share
  }

  /** Its link is there. */
  attached(link: IncomingLink): void {
    this.#link = link
  }

  /** Messages that it may still send. */
  get credit(): number {
    return this.gone ? 0 : (this.#link?.credit ?? 0)
  }

  /** Messages of it that the router has not done with. */
  get held(): number {
    return this.#held
  }

  /** By how much that has changed since this was last asked. */
  creditChange(): number {
    const before = this.#creditBefore
    this.#creditBefore = this.credit
    return this.#creditBefore - before
  }

  /** A message of it takes a place in its window until `freed`. */
  holds(delivery: IncomingDelivery): void {
    const { length } = delivery.payload
    this.#held += 1
    this.#heldBytes += length
    this.#share?.hold(length)
    if (this.#full && this.#link && this.#link.credit > 0) this.#link.withdrawCredit()
  }

  /** `size`: of its payload, which may have been given up meanwhile. */
  freed(delivery: IncomingDelivery, size = delivery.payload.length): void {
    this.#held -= 1
    this.#heldBytes -= size
    this.#share?.free(size)
    this.wantCredit()
  }

  waits(message: WaitingMessage): void {
    if (this.gone) return message.abandoned() // it left before its message was looked at
    this.#waiting ??= new Set()
    this.#waiting.add(message)
  }

  waitsNoMore(message: WaitingMessage): void {
    this.#waiting?.delete(message)
  }

  /** Ends its link, closed, with this reason. */
  detach(error: ErrorCondition): void {
    void this.#link?.detach({ error })
  }

  /** Its link is gone. Idempotent. */
  leave(): void {
    this.gone = true
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) for (const message of waiting) message.abandoned()
  }

  /** Tells it what became of a message that it sent unsettled. */
  settle(delivery: IncomingDelivery, outcome: Outcome): void {
    if (delivery.settled || this.gone) return
    this.traffic.told(outcome)
    delivery.settle(outcome)
  }

  /** Asks for credit when enough of its window is free to be worth a Flow: the address says whether and how much. */
  wantCredit(): void {
    const window = this.address?.window ?? PRODUCER_WINDOW
    if (this.missing(window) === 0 || this.gone) return
    if (this.address) this.address.grant(this)
    else this.replenish(PRODUCER_WINDOW)
  }

  /**
   * Grants what is free of the window, and `most` at most, unless the router is ending or the producer's messages are too large
   * for more.
   */
  replenish(window: number, most = Number.POSITIVE_INFINITY): void {
    const count = Math.min(this.missing(window), most)
    if (count > 0 && !this.gone && !this.traffic.draining) this.#link?.addCredit(count)
  }

  /** Nobody is there to take its messages: it should keep them. */
  withdrawCredit(): void {
    this.#link?.withdrawCredit()
  }

  /** The credit that a Flow should give now: half of the window at least, unless the peer has little or none left. */
  missing(window: number): number {
    if (!this.#link || this.#full) return 0
    const share = this.#share
    const most = share && share.messages < window ? share.messages : window
    const { credit } = this.#link
    const missing = most - this.#held - credit
    // Who has as many messages on their way as the window allows would else get one credit, and then none until half of it is free.
    const enough = credit < most / 4 ? most / 8 : most / 2
    return missing > 0 && (credit === 0 || missing >= enough) ? missing : 0
  }

  /** So much of it is held that it has to wait. */
  get #full(): boolean {
    return this.#heldBytes >= MAX_HELD_BYTES || (this.#share !== undefined && this.#heldBytes >= this.#share.bytes)
  }
}
