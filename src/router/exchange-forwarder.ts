// Messages for an exchange and a key go to the queues that are bound for them. The sender hears `accepted` when all of them have
// the message, and `released` when there is none (RabbitMQ's documentation, "AMQP 1.0", section "Outcomes").

import { RELEASED } from '../amqp/index.ts'
import type { Forwarder } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'
import { Spread } from './spread.ts'

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
