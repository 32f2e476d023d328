import type { LinkError, Outcome } from '../amqp/index.ts'
import { ACCEPTED, RELEASED } from '../amqp/index.ts'
import type { Consumer, Transmission } from './consumer.ts'
import { DELIVERY_FAILED, TOO_LARGE } from './forwarder.ts'
import type { MulticastForwarder } from './multicast-forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

/** Which of several outcomes the producer is told: the one with the highest rank (as Qpid Dispatch Router does). */
const RANK: Readonly<Record<Outcome['type'], number>> = { released: 0, modified: 1, accepted: 2, rejected: 3 }

/** One message on its way to all consumers. Its producer hears one outcome, when all have settled. */
export class MulticastForwarding {
  readonly delivery: IncomingDelivery
  readonly settled: boolean
  readonly #size: number
  readonly #forwarder: MulticastForwarder
  readonly #producer: Producer
  /** Copies that are not done with, and one while they are still being made. */
  #open = 1
  /** Of those, copies that have not left. */
  #unsent = 1
  #outcome: Outcome = RELEASED
  #freed = false

  constructor(forwarder: MulticastForwarder, producer: Producer, delivery: IncomingDelivery) {
    this.#forwarder = forwarder
    this.#producer = producer
    this.delivery = delivery
    this.settled = delivery.settled
    this.#size = delivery.payload.length
  }

  copyTo(consumer: Consumer): void {
    if (!consumer.takes(this.delivery)) return this.#tooLarge()
    if (!consumer.submit(new MulticastCopy(this, consumer))) return
    this.#open += 1
    this.#unsent += 1
  }

  /** No more copies will be made. */
  allCopied(): void {
    if (this.#open === 1) this.#free()
    this.#sentOne()
    this.#closeOne()
  }

  left(): void {
    this.#producer.traffic.forwarded += 1
    this.#forwarder.address.forwarded += 1
    this.#sentOne()
  }

  /** A copy will never leave. */
  failed(): void {
    this.#sentOne()
  }

  /** A consumer is done with its copy. */
  done(outcome: Outcome): void {
    if (RANK[outcome.type] > RANK[this.#outcome.type]) this.#outcome = outcome
    this.#free()
    this.#closeOne()
    this.#forwarder.progress()
  }

  /** A pre-settled copy was lost with its consumer. */
  lost(): void {
    if (this.settled) this.#producer.traffic.droppedInTransfer += 1
  }

  #tooLarge(): void {
    if (this.settled) this.#producer.traffic.droppedTooLarge += 1
    this.#outcome = TOO_LARGE
  }

  #sentOne(): void {
    this.#unsent -= 1
    if (this.#unsent === 0) this.delivery.dropPayload?.()
  }

  #closeOne(): void {
    this.#open -= 1
    if (this.#open > 0) return
    this.#producer.settle(this.delivery, this.#outcome)
    this.#producer.traffic.ended()
  }

  /** The producer may send another one: at least one consumer keeps up. */
  #free(): void {
    if (this.#freed) return
    this.#freed = true
    this.#producer.freed(this.delivery, this.#size)
  }
}

class MulticastCopy implements Transmission {
  readonly #forwarding: MulticastForwarding
  readonly #consumer: Consumer
  waits = false
  #left = false

  constructor(forwarding: MulticastForwarding, consumer: Consumer) {
    this.#forwarding = forwarding
    this.#consumer = consumer
  }

  get delivery(): IncomingDelivery {
    return this.#forwarding.delivery
  }

  get settled(): boolean {
    return this.#forwarding.settled
  }

  onSent(): void {
    const consumer = this.#consumer
    const isDone = consumer.settles(this)
    if (isDone) consumer.done(this)
    else consumer.left(this)
    this.#left = true
    this.#forwarding.left()
    if (isDone) this.#forwarding.done(ACCEPTED)
  }

  onOutcome(outcome: Outcome | undefined): void {
    this.#consumer.done(this)
    this.#forwarding.done(outcome ?? this.#consumer.defaultOutcome)
  }

  onFailed(error: LinkError, sent: boolean): void {
    void error
    this.#consumer.done(this)
    if (!this.#left) this.#forwarding.failed()
    if (sent) this.#forwarding.lost()
    this.#forwarding.done(sent ? DELIVERY_FAILED : RELEASED)
  }
}
