// A topic of a broker: a message is accepted as soon as it is there, also when nobody has subscribed. Each subscriber has a
// queue of its own in the broker, here what may wait at its link (MulticastForwarder).

import { ACCEPTED, type EncodedMessage } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { Forwarder } from './forwarder.ts'
import { MulticastForwarder } from './multicast-forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'

export class TopicForwarder implements Forwarder {
  readonly #address: Address
  readonly #subscribers: MulticastForwarder

  constructor(address: Address) {
    this.#address = address
    this.#subscribers = new MulticastForwarder(address)
  }

  get ready(): boolean {
    return this.#address.consumers.length === 0 || this.#subscribers.ready
  }

  get mostGranted(): number {
    return this.#subscribers.mostGranted
  }

  forward(producer: Producer, delivery: IncomingDelivery): void {
    if (this.#address.consumers.length === 0) {
      if (delivery.settled) producer.traffic.droppedWithoutConsumer += 1
      producer.settle(delivery, ACCEPTED)
      return producer.wantCredit()
    }
    const message = new TopicMessage(delivery)
    this.#subscribers.forward(producer, message)
    message.accepted = true
    producer.settle(delivery, ACCEPTED)
  }

  consumerReady(): void {
    this.#subscribers.consumerReady()
  }

  /** Without a subscriber all is accepted again. */
  consumerLeft(): void {
    this.#subscribers.consumerLeft()
    this.#address.grantWaiting()
  }

  producerLeft(): void {
    this.#subscribers.producerLeft()
  }
}

/** Its sender has heard already; to subscribers it is settled if it came so. */
class TopicMessage implements IncomingDelivery {
  accepted = false
  readonly #delivery: IncomingDelivery
  readonly #cameSettled: boolean

  constructor(delivery: IncomingDelivery) {
    this.#delivery = delivery
    this.#cameSettled = delivery.settled
  }

  get settled(): boolean {
    return this.accepted || this.#cameSettled
  }

  get payload(): Uint8Array {
    return this.#delivery.payload
  }

  get messageFormat(): number {
    return this.#delivery.messageFormat
  }

  get message(): Pick<EncodedMessage, 'properties'> {
    return this.#delivery.message
  }

  settle(): void {}

  keepApart(): void {
    this.#delivery.keepApart?.()
  }

  dropPayload(): void {
    this.#delivery.dropPayload?.()
  }
}
