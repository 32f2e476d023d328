// Messages for an exchange and a key go to the queues that are bound for them. The sender hears `accepted` when all of them have
// the message, and `released` when there is none (RabbitMQ's documentation, "AMQP 1.0", section "Outcomes").

import type { EncodedMessage, Outcome } from '../amqp/index.ts'
import { ACCEPTED, RELEASED } from '../amqp/index.ts'
import type { Forwarder } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import { Producer } from './producer.ts'

export class ExchangeForwarder implements Forwarder {
  readonly #queues: () => readonly Forwarder[]

  /** `queues`: those that are bound now. */
  constructor(queues: () => readonly Forwarder[]) {
    this.#queues = queues
  }

  /** Queues beyond their limits reject. */
  get ready(): boolean {
    return true
  }

  forward(producer: Producer, delivery: IncomingDelivery): void {
    const queues = this.#queues()
    producer.address?.creditUsed(producer)
    const [only] = queues
    if (only && queues.length === 1) return only.forward(producer, delivery)
    if (only) return new Spread(producer, delivery, queues.length).to(queues)
    if (delivery.settled) producer.traffic.droppedWithoutConsumer += 1
    producer.settle(delivery, RELEASED)
    producer.wantCredit()
  }

  consumerReady(): void {}
  consumerLeft(): void {}
  producerLeft(): void {}
}

/** One message on its way into several queues. */
class Spread {
  readonly #producer: Producer
  readonly #delivery: IncomingDelivery
  readonly #size: number
  readonly #cameSettled: boolean
  #open: number
  #outcome: Outcome = ACCEPTED

  constructor(producer: Producer, delivery: IncomingDelivery, queues: number) {
    this.#producer = producer
    this.#delivery = delivery
    this.#size = delivery.payload.length
    this.#cameSettled = delivery.settled
    this.#open = queues
  }

  to(queues: readonly Forwarder[]): void {
    this.#producer.holds(this.#delivery)
    const copier = new CopyProducer(this.#producer.traffic, undefined)
    for (const queue of queues) queue.forward(copier, new Copy(this.#delivery, (outcome) => this.#stored(outcome)))
  }

  /** One that refuses is enough for the sender to hear of it. */
  #stored(outcome: Outcome): void {
    if (outcome.type !== 'accepted') {
      this.#outcome = outcome
      if (this.#cameSettled) this.#producer.traffic.droppedFull += 1
    }
    this.#open -= 1
    if (this.#open > 0) return
    this.#producer.settle(this.#delivery, this.#outcome)
    this.#delivery.dropPayload?.()
    this.#producer.freed(this.#delivery, this.#size)
  }
}

/** Its sender is told by the Spread. */
class CopyProducer extends Producer {
  override settle(delivery: IncomingDelivery, outcome: Outcome): void {
    delivery.settle(outcome)
  }
}

class Copy implements IncomingDelivery {
  readonly #original: IncomingDelivery
  readonly #onOutcome: (outcome: Outcome) => void
  #settled = false

  constructor(original: IncomingDelivery, onOutcome: (outcome: Outcome) => void) {
    this.#original = original
    this.#onOutcome = onOutcome
  }

  get settled(): boolean {
    return this.#settled
  }

  get payload(): Uint8Array {
    return this.#original.payload
  }

  get messageFormat(): number {
    return this.#original.messageFormat
  }

  get message(): Pick<EncodedMessage, 'properties'> {
    return this.#original.message
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#onOutcome(outcome)
  }
}
