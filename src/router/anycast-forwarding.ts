import type { LinkError, Outcome } from '../amqp/index.ts'
import { ACCEPTED } from '../amqp/index.ts'
import type { FifoEntry } from '../support/fifo.ts'
import type { AnycastForwarder } from './anycast-forwarder.ts'
import type { Consumer, Transmission } from './consumer.ts'
import { DELIVERY_FAILED } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

/** One message between its producer and one consumer: the only object that the router makes for it. */
export class AnycastForwarding implements Transmission, FifoEntry<AnycastForwarding> {
  readonly producer: Producer
  readonly delivery: IncomingDelivery
  waits = false
  fifoPrevious: AnycastForwarding | undefined = undefined
  fifoNext: AnycastForwarding | undefined = undefined
  fifo: object | undefined = undefined
  readonly #forwarder: AnycastForwarder
  #consumer: Consumer | undefined = undefined

  constructor(forwarder: AnycastForwarder, producer: Producer, delivery: IncomingDelivery) {
    this.#forwarder = forwarder
    this.producer = producer
    this.delivery = delivery
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
    if (consumer.settles(this.delivery)) {
      consumer.done(this)
      this.end(ACCEPTED)
    } else {
      consumer.left(this)
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
    if (this.delivery.settled) this.producer.traffic.droppedInTransfer += 1
    this.end(DELIVERY_FAILED)
  }

  /** Tells the producer, and gives its place in the window back. */
  end(outcome: Outcome): void {
    const { producer, delivery } = this
    producer.settle(delivery, outcome)
    producer.freed(delivery)
    producer.traffic.ended()
  }
}
