import type { Outcome } from '../amqp/index.ts'
import type { Address } from '../router/address.ts'
import type { Consumer } from '../router/consumer.ts'
import type { Forwarder } from '../router/forwarder.ts'
import type { IncomingDelivery } from '../router/peer-link.ts'
import type { Producer } from '../router/producer.ts'

/** Whom a message meets before its address. */
export interface Interceptor {
  /** True: it has been taken. */
  intercept(place: ChaosForwarder, producer: Producer, delivery: IncomingDelivery): boolean
  /** The address is gone. */
  forget(place: ChaosForwarder): void
}

/** Stands before the forwarder of an address. */
export class ChaosForwarder implements Forwarder {
  readonly address: Address
  readonly own: Forwarder
  readonly #interceptor: Interceptor
  /** How many withhold its credit. */
  withheld = 0
  gone = false
  /** Who is told of pre-settled messages that are dropped; while there is somebody, they are. */
  readonly #onDropped = new Set<() => void>()

  constructor(address: Address, own: Forwarder, interceptor: Interceptor) {
    this.address = address
    this.own = own
    this.#interceptor = interceptor
    if (own.onDropped) this.#onDropped.add(own.onDropped)
  }

  get ready(): boolean {
    return this.withheld === 0 && this.own.ready
  }

  get allowance(): number {
    return this.own.allowance ?? Number.POSITIVE_INFINITY
  }

  get keeps(): boolean {
    return this.own.keeps ?? false
  }

  get held(): number {
    return this.own.held ?? 0
  }

  get mostGranted(): number {
    return this.own.mostGranted ?? Number.POSITIVE_INFINITY
  }

  forward(producer: Producer, delivery: IncomingDelivery): void {
    if (!this.#interceptor.intercept(this, producer, delivery)) this.own.forward(producer, delivery)
  }

  /** The message goes no further. */
  turnAway(producer: Producer, delivery: IncomingDelivery, outcome: Outcome): void {
    producer.settle(delivery, outcome)
    producer.wantCredit()
  }

  /** A queue does not: it stores them. */
  dropSettled(onDropped: () => void): void {
    this.#onDropped.add(onDropped)
    this.#tellDropped()
  }

  dropSettledNoMore(onDropped: () => void): void {
    this.#onDropped.delete(onDropped)
    this.#tellDropped()
  }

  #tellDropped(): void {
    if (!('onDropped' in this.own)) return
    const tell = (): void => {
      for (const onDropped of this.#onDropped) onDropped()
    }
    this.own.onDropped = this.#onDropped.size > 0 ? tell : undefined
  }

  consumerReady(consumer: Consumer): void {
    this.own.consumerReady(consumer)
  }

  consumerLeft(consumer: Consumer): void {
    this.own.consumerLeft(consumer)
  }

  producerLeft(producer: Producer): void {
    this.own.producerLeft(producer)
  }

  dispose(): void {
    this.gone = true
    this.#interceptor.forget(this)
    this.own.dispose?.()
  }
}
