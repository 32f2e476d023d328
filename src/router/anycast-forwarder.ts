// One consumer gets each message (closest, balanced). What no consumer has credit for is held in order; producers get no
// new credit meanwhile, so that what is held is bounded by what was granted before.
//
// When the last consumer leaves, producers lose their credit. What they sent unsettled goes back to them; what they sent
// settled cannot, and is held for the next consumer for as long as somebody sends to the address.
//
// Unless settled messages of slow consumers are dropped (`onDropped`): then they take no place in the window of their producer, and
// when too many are held all but the first go, as in Qpid Dispatch Router's qdr_forward_drop_presettled.

import { RELEASED } from '../amqp/index.ts'
import { Fifo } from '../support/fifo.ts'
import type { Address } from './address.ts'
import { AnycastForwarding } from './anycast-forwarding.ts'
import type { Consumer } from './consumer.ts'
import type { Choose } from './distribution.ts'
import { type Forwarder, MOST_SETTLED, TOO_LARGE } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

export class AnycastForwarder implements Forwarder {
  readonly address: Address
  onDropped: (() => void) | undefined = undefined
  readonly #choose: Choose
  readonly #held = new Fifo<AnycastForwarding>()
  /** How many of those are unsettled. */
  #heldUnsettled = 0
  #turn = 0

  constructor(address: Address, choose: Choose) {
    this.address = address
    this.#choose = choose
  }

  get ready(): boolean {
    if (this.onDropped) return this.address.consumers.length > 0
    return this.#held.size === 0 && this.#choose(this.address.consumers, this.#turn) >= 0
  }

  /** Messages that wait for a consumer's credit. */
  get held(): number {
    return this.#held.size
  }

  forward(producer: Producer, delivery: IncomingDelivery): void {
    producer.traffic.began()
    producer.holds(delivery)
    this.route(new AnycastForwarding(this, producer, delivery))
  }

  /** To a consumer, or into the queue of those that wait for one; without any consumer it goes back. */
  route(forwarding: AnycastForwarding): void {
    if (this.#held.size === 0 && this.#transmit(forwarding)) return
    if (this.address.consumers.length > 0 || this.#keeps(forwarding)) this.#hold(forwarding)
    else unroutable(forwarding)
  }

  /** A consumer has got rid of something: there may be room again. */
  progress(): void {
    if (this.#held.size > 0) this.#sendHeld()
    this.address.grantWaiting()
  }

  consumerReady(): void {
    this.progress()
  }

  consumerLeft(consumer: Consumer): void {
    void consumer
    if (this.address.consumers.length > 0) return
    this.address.withdrawCredit()
    this.#giveUpUnkept()
  }

  producerLeft(): void {
    if (this.address.consumers.length === 0) this.#giveUpUnkept()
    this.progress()
  }

  /**
   * The producer of a held message is gone. Nobody is left to hear of an unsettled one, and it may be sent again: it is given up.
   * A settled one waits on, as far as there is room for such.
   */
  abandoned(forwarding: AnycastForwarding): void {
    const { settled, producer } = forwarding
    if (forwarding.orphaned || (settled && forwarding.orphan())) return
    if (settled) producer.traffic.droppedBeyondLimit += 1
    this.#unhold(forwarding)
    forwarding.end(RELEASED)
  }

  #hold(forwarding: AnycastForwarding): void {
    if (this.onDropped && forwarding.settled) {
      if (this.#held.size >= MOST_SETTLED) this.#dropSettled(this.onDropped)
      if (!forwarding.orphan()) return this.#drop(forwarding, this.onDropped)
    }
    this.#held.push(forwarding)
    forwarding.delivery.keepApart?.()
    forwarding.producer.waits(forwarding)
    if (!forwarding.settled) this.#heldUnsettled += 1
  }

  /** The first one stays: a part of it may have left (there; here so that as many are lost). */
  #dropSettled(onDropped: () => void): void {
    let next = this.#held.first?.fifoNext
    while (next) {
      const forwarding = next
      next = next.fifoNext
      if (!forwarding.settled) continue
      this.#unhold(forwarding)
      this.#drop(forwarding, onDropped)
    }
  }

  #drop(forwarding: AnycastForwarding, onDropped: () => void): void {
    forwarding.producer.traffic.droppedForSlow += 1
    onDropped()
    forwarding.end(RELEASED)
  }

  #unhold(forwarding: AnycastForwarding): void {
    this.#held.remove(forwarding)
    forwarding.producer.waitsNoMore(forwarding)
    if (!forwarding.settled) this.#heldUnsettled -= 1
  }

  /** Without a consumer: whether it waits for the next one. */
  #keeps(forwarding: AnycastForwarding): boolean {
    return forwarding.settled && this.address.mayBeServed && !this.onDropped
  }

  /** Nobody is there to take what is held, and much may be: it is looked through only when there is something to give up. */
  #giveUpUnkept(): void {
    if (this.#heldUnsettled === 0 && this.address.mayBeServed && !this.onDropped) return
    let next = this.#held.first
    while (next) {
      const forwarding = next
      next = next.fifoNext
      if (this.#keeps(forwarding)) continue
      this.#unhold(forwarding)
      unroutable(forwarding)
    }
  }

  #sendHeld(): void {
    for (let next = this.#held.first; next; next = this.#held.first) {
      if (!this.#transmit(next)) return
      this.#unhold(next)
    }
  }

  /** False: no consumer has room. True: it is on its way, or done with. */
  #transmit(forwarding: AnycastForwarding): boolean {
    const { consumers } = this.address
    for (;;) {
      const index = this.#choose(consumers, this.#turn)
      if (index < 0) return false
      this.#turn = index + 1
      const consumer = consumers[index] as Consumer
      if (!consumer.takes(forwarding.delivery)) return tooLarge(forwarding)
      if (forwarding.to(consumer)) return true
    }
  }
}

/** It is done with: another consumer may take it, but whose turn it is decides. */
function tooLarge(forwarding: AnycastForwarding): true {
  if (forwarding.settled) forwarding.producer.traffic.droppedTooLarge += 1
  forwarding.end(TOO_LARGE)
  return true
}

function unroutable(forwarding: AnycastForwarding): void {
  if (forwarding.settled) forwarding.producer.traffic.droppedWithoutConsumer += 1
  forwarding.end(RELEASED)
}
