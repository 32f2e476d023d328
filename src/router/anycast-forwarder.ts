// One consumer gets each message (closest, balanced). What no consumer has credit for is held in order; producers get no
// new credit meanwhile, so that what is held is bounded by what was granted before.
//
// When the last consumer leaves, producers lose their credit. What they sent unsettled goes back to them; what they sent
// settled cannot, and is held for the next consumer for as long as somebody sends to the address.

import { RELEASED } from '../amqp/index.ts'
import { Fifo } from '../support/fifo.ts'
import type { Address } from './address.ts'
import { AnycastForwarding } from './anycast-forwarding.ts'
import type { Consumer } from './consumer.ts'
import type { Choose } from './distribution.ts'
import { type Forwarder, TOO_LARGE } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

export class AnycastForwarder implements Forwarder {
  readonly address: Address
  readonly #choose: Choose
  readonly #held = new Fifo<AnycastForwarding>()
  #turn = 0

  constructor(address: Address, choose: Choose) {
    this.address = address
    this.#choose = choose
  }

  get ready(): boolean {
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
    if (this.address.consumers.length > 0 || this.#keeps(forwarding)) this.#held.push(forwarding)
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
    this.#giveUp((forwarding) => !this.#keeps(forwarding), unroutable)
  }

  /** Nobody is left to hear of its unsettled messages, and it may send them again: they are given up. */
  producerLeft(producer: Producer): void {
    this.#giveUp(
      (forwarding) => forwarding.producer === producer && !forwarding.delivery.settled,
      (forwarding) => forwarding.end(RELEASED),
    )
    if (this.address.consumers.length === 0) this.#giveUp((forwarding) => !this.#keeps(forwarding), unroutable)
    this.progress()
  }

  /** Without a consumer: whether it waits for the next one. */
  #keeps(forwarding: AnycastForwarding): boolean {
    return forwarding.delivery.settled && this.address.mayBeServed
  }

  #giveUp(which: (forwarding: AnycastForwarding) => boolean, end: (forwarding: AnycastForwarding) => void): void {
    let next = this.#held.first
    while (next) {
      const forwarding = next
      next = next.fifoNext
      if (!which(forwarding)) continue
      this.#held.remove(forwarding)
      end(forwarding)
    }
  }

  #sendHeld(): void {
    for (let next = this.#held.first; next; next = this.#held.first) {
      if (!this.#transmit(next)) return
      this.#held.remove(next)
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
  if (forwarding.delivery.settled) forwarding.producer.traffic.droppedTooLarge += 1
  forwarding.end(TOO_LARGE)
  return true
}

function unroutable(forwarding: AnycastForwarding): void {
  if (forwarding.delivery.settled) forwarding.producer.traffic.droppedWithoutConsumer += 1
  forwarding.end(RELEASED)
}
