// Every consumer gets a copy. Copies wait at each consumer's link, so a slow one does not hold up the others: the place of
// a message in its producer's window is free as soon as the fastest has it. A slow consumer that moves slows producers
// down, so that nothing is lost; one that has stalled (StallWatch) does not: it has its bound, and beyond that loses what is
// pre-settled, or its link.

import type { Address } from './address.ts'
import type { Consumer } from './consumer.ts'
import { CONSUMER_LIMITS } from './consumer.ts'
import { type Forwarder, MOST_SETTLED } from './forwarder.ts'
import { MulticastForwarding } from './multicast-forwarding.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'
import { StallWatch } from './stall-watch.ts'

export class MulticastForwarder implements Forwarder {
  readonly address: Address
  onDropped: (() => void) | undefined = undefined
  readonly #watch: StallWatch
  /** What may wait for the consumer for which the least may. */
  #least: number = CONSUMER_LIMITS.messages

  constructor(address: Address) {
    this.address = address
    this.#watch = new StallWatch(address.consumers, () => this.progress())
  }

  get ready(): boolean {
    let room = this.onDropped !== undefined && this.address.consumers.length > 0
    let least: number = CONSUMER_LIMITS.messages
    for (const consumer of this.address.consumers) {
      if (consumer.behind && !consumer.stalled) return false
      if (consumer.room > 0) room = true
      if (consumer.mostWaiting < least) least = consumer.mostWaiting
    }
    this.#least = least
    return room
  }

  /** Each of the messages takes a place at every consumer. */
  get mostGranted(): number {
    return this.#least
  }

  forward(producer: Producer, delivery: IncomingDelivery): void {
    const { traffic } = producer
    traffic.began()
    producer.holds(delivery)
    const forwarding = new MulticastForwarding(this, producer, delivery)
    let overdue: Consumer[] | undefined
    for (const consumer of this.address.consumers) {
      if (this.onDropped && consumer.waiting >= MOST_SETTLED && consumer.settles(forwarding)) {
        traffic.droppedForSlow += 1
        this.onDropped()
      } else if (!this.#overflows(consumer, producer)) {
        forwarding.copyTo(consumer)
        if (consumer.behind && !consumer.stalled) this.#watch.start()
      } else if (consumer.settles(forwarding)) {
        traffic.droppedForStalled += 1
      } else {
        overdue ??= []
        overdue.push(consumer)
      }
    }
    if (this.address.consumers.length === 0 && delivery.settled) traffic.droppedWithoutConsumer += 1
    forwarding.allCopied()
    if (overdue) this.#detach(overdue, producer)
  }

  progress(): void {
    this.address.grantWaiting()
  }

  consumerReady(): void {
    this.progress()
  }

  /** It may have been the one that the others waited for. */
  consumerLeft(): void {
    if (this.address.consumers.length === 0) {
      this.#watch.stop()
      this.address.withdrawCredit()
    }
    this.progress()
  }

  producerLeft(): void {
    // Copies wait at the consumers' links, where they are finished or fail.
  }

  /** Producers with an address are slowed down in time; an anonymous one is not, so the bound holds for it at once. */
  #overflows(consumer: Consumer, producer: Producer): boolean {
    return consumer.full && (consumer.stalled || consumer.overfull || producer.address !== this.address)
  }

  #detach(overdue: readonly Consumer[], producer: Producer): void {
    for (const consumer of overdue) {
      producer.traffic.detachedStalled += 1
      const description = `${consumer.outstanding} messages of "${this.address.name}" wait for this receiver`
      consumer.detach({ condition: 'amqp:resource-limit-exceeded', description })
      producer.traffic.onStalled?.(this.address.name, description)
      this.address.removeConsumer(consumer)
    }
  }
}
