import type { LinkError, Outcome } from '../amqp/index.ts'
import { ACCEPTED } from '../amqp/index.ts'
import type { FifoEntry } from '../support/fifo.ts'
import type { AnycastForwarder } from './anycast-forwarder.ts'
import type { Consumer, Transmission } from './consumer.ts'
import { DELIVERY_FAILED } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer, WaitingMessage } from './producer.ts'

/** One message between its producer and one consumer: the only object that the router makes for it. */
export class AnycastForwarding implements Transmission, WaitingMessage, FifoEntry<AnycastForwarding> {
  readonly producer: Producer
  readonly delivery: IncomingDelivery
  readonly settled: boolean
  waits = false
  fifoPrevious: AnycastForwarding | undefined = undefined
  fifoNext: AnycastForwarding | undefined = undefined
  fifo: object | undefined = undefined
  readonly #forwarder: AnycastForwarder
  readonly #size: number
  #consumer: Consumer | undefined = undefined
  /** It waits although its producer is gone, or has been given its place back: see Orphans. */
  orphaned = false

  constructor(forwarder: AnycastForwarder, producer: Producer, delivery: IncomingDelivery) {
    this.#forwarder = forwarder
    this.producer = producer
    this.delivery = delivery
    this.settled = delivery.settled
    this.#size = delivery.payload.length
  }

  /** False: that consumer is gone. */
  to(consumer: Consumer): boolean {
    if (!consumer.submit(this)) return false
    this.#consumer = consumer
    return true
  }

  onSent(): void {
    const consumer = this.#consumer as Consumer
    this.producer.traffic.forwarded += 1
    consumer.address.forwarded += 1
    if (consumer.settles(this)) {
      consumer.done(this)
      this.end(ACCEPTED)
    } else {
      consumer.left(this)
      this.delivery.dropPayload?.() // it is not sent again
    }
    this.#forwarder.progress()
  }

  onOutcome(outcome: Outcome | undefined): void {
    const consumer = this.#consumer as Consumer
    consumer.done(this)
    this.end(outcome ?? consumer.defaultOutcome)
    this.#forwarder.progress()
  }

  /** What it never saw another consumer may have; what it may have seen is the producer's to send again. */
  onFailed(error: LinkError, sent: boolean): void {
    void error
    const consumer = this.#consumer as Consumer
    consumer.done(this)
    if (!sent) {
      this.#consumer = undefined
      this.#forwarder.route(this)
      return
    }
    if (this.settled) this.producer.traffic.droppedInTransfer += 1
    this.end(DELIVERY_FAILED)
  }

  abandoned(): void {
    this.#forwarder.abandoned(this)
  }

  /** It takes a place of its producer no more. False: there is no room for one more such. Idempotent. */
  orphan(): boolean {
    if (this.orphaned) return true // it was given to a consumer that went, and waits once more
    if (!this.producer.traffic.orphans.take(this.#size)) return false
    this.orphaned = true
    this.producer.freed(this.delivery, this.#size)
    return true
  }

  /** Tells the producer, and gives its place in the window back. */
  end(outcome: Outcome): void {
    const { producer, delivery } = this
    producer.settle(delivery, outcome)
    if (this.orphaned) producer.traffic.orphans.give(this.#size)
    else producer.freed(delivery, this.#size)
    producer.traffic.ended()
  }
}
