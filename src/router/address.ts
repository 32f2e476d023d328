// A node of the router: who receives from it, who sends to it, and who of those may send now.

import { AnycastForwarder } from './anycast-forwarder.ts'
import type { Consumer } from './consumer.ts'
import type { Distribution } from './distribution.ts'
import { chooseLeastBusy, chooseNext } from './distribution.ts'
import type { Forwarder } from './forwarder.ts'
import { MulticastForwarder } from './multicast-forwarder.ts'
import type { Producer } from './producer.ts'
import { PRODUCER_WINDOW } from './producer.ts'
import type { QueueOptions } from './queue-options.ts'

/** What the windows of an address's producers should make together, so that many of them do not fill the router. */
const TOTAL_WINDOW = 10_000
/** The least that one of many producers is granted. */
const MIN_WINDOW = 20

export class Address {
  readonly name: string
  readonly distribution: Distribution
  /** Of a dynamic address: the connection that alone may receive from it. */
  readonly owner: object | undefined
  /** Of one with the distribution `queue`: what its rule says of it. */
  readonly queue: QueueOptions | undefined
  readonly consumers: Consumer[] = []
  readonly forwarder: Forwarder
  readonly #producers = new Set<Producer>()
  /** Producers to be granted credit as soon as the forwarder is ready. */
  readonly #waiting = new Set<Producer>()

  constructor(name: string, distribution: Distribution, owner?: object, queue?: QueueOptions) {
    this.name = name
    this.distribution = distribution
    this.owner = owner
    this.queue = queue
    this.forwarder = forwarderOf(this, distribution)
  }

  /** A consumer may still come: it is no dynamic address, and somebody sends to it. */
  get mayBeServed(): boolean {
    return this.owner === undefined && this.#producers.size > 0
  }

  /** Nobody is attached to it. */
  get unused(): boolean {
    return this.consumers.length === 0 && this.#producers.size === 0
  }

  /** What one producer may have granted and held. */
  get window(): number {
    const share = Math.floor(TOTAL_WINDOW / Math.max(1, this.#producers.size))
    return Math.min(PRODUCER_WINDOW, Math.max(MIN_WINDOW, share))
  }

  addConsumer(consumer: Consumer): void {
    this.consumers.push(consumer)
    if (consumer.room > 0) this.forwarder.consumerReady(consumer)
  }

  /** Idempotent. */
  removeConsumer(consumer: Consumer): void {
    consumer.gone = true
    const index = this.consumers.indexOf(consumer)
    if (index < 0) return
    this.consumers.splice(index, 1)
    this.forwarder.consumerLeft(consumer)
  }

  addProducer(producer: Producer): void {
    this.#producers.add(producer)
    producer.wantCredit()
  }

  removeProducer(producer: Producer): void {
    producer.gone = true
    this.#producers.delete(producer)
    this.#waiting.delete(producer)
    this.forwarder.producerLeft(producer)
  }

  /** Gives a producer credit now, or once a consumer has some: never before. */
  grant(producer: Producer): void {
    if (this.forwarder.ready) producer.replenish(this.window)
    else this.#waiting.add(producer)
  }

  /** The last consumer has left: producers keep what they have until there is another one. */
  withdrawCredit(): void {
    for (const producer of this.#producers) {
      producer.withdrawCredit()
      this.#waiting.add(producer)
    }
  }

  /** Something has changed for the better. */
  grantWaiting(): void {
    if (this.#waiting.size === 0 || !this.forwarder.ready) return
    for (const producer of this.#waiting) producer.replenish(this.window)
    this.#waiting.clear()
  }
}

function forwarderOf(address: Address, distribution: Distribution): Forwarder {
  switch (distribution) {
    case 'multicast':
      return new MulticastForwarder(address)
    case 'closest':
      return new AnycastForwarder(address, chooseNext)
    default:
      return new AnycastForwarder(address, chooseLeastBusy)
  }
}
