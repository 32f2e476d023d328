// Stands before a queue that may have pools: each pool stores a copy of what comes, and so does the queue itself, when somebody
// receives from it without a pool. The sender hears `accepted` when all of them have stored it, and gets as much credit as the
// fullest of them allows.

import type { Address } from './address.ts'
import type { Consumer } from './consumer.ts'
import type { Forwarder } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { PooledQueue } from './pooled-queue.ts'
import type { Producer } from './producer.ts'
import type { QueueForwarder } from './queue-forwarder.ts'
import { Spread } from './spread.ts'

export class PooledForwarder implements Forwarder {
  readonly #address: Address
  readonly #own: QueueForwarder
  readonly #queue: PooledQueue
  readonly #onDisposed: () => void

  /** `own`: the queue's own. */
  constructor(address: Address, own: QueueForwarder, queue: PooledQueue, onDisposed: () => void) {
    this.#address = address
    this.#own = own
    this.#queue = queue
    this.#onDisposed = onDisposed
  }

  get ready(): boolean {
    return (!this.#takesPart || this.#own.ready) && this.#queue.pools.every(({ forwarder }) => forwarder.ready)
  }

  get allowance(): number {
    let least = this.#takesPart ? this.#own.allowance : Number.POSITIVE_INFINITY
    for (const { forwarder } of this.#queue.pools) least = Math.min(least, forwarder.allowance)
    return least
  }

  get mostGranted(): number {
    return this.#own.mostGranted
  }

  /** While a pool holds messages of it, its senders may have to wait. */
  get keeps(): boolean {
    return this.#own.keeps || this.#queue.pools.some(({ forwarder }) => forwarder.keeps)
  }

  get held(): number {
    return this.#own.held
  }

  forward(producer: Producer, delivery: IncomingDelivery): void {
    const { pools } = this.#queue
    if (pools.length === 0) return this.#own.forward(producer, delivery)
    if (producer.address === this.#address) this.#address.creditUsed(producer)
    const takers: Forwarder[] = pools.map(({ address }) => address.forwarder)
    if (this.#takesPart) takers.push(this.#own)
    const [only] = takers
    if (only && takers.length === 1) only.forward(producer, delivery)
    else new Spread(producer, delivery, takers.length).to(takers)
  }

  consumerReady(consumer: Consumer): void {
    this.#own.consumerReady(consumer)
  }

  consumerLeft(consumer: Consumer): void {
    this.#own.consumerLeft(consumer)
  }

  producerLeft(): void {
    this.#own.producerLeft()
  }

  dispose(): void {
    this.#own.dispose()
    this.#onDisposed()
  }

  /** What is stored in the queue itself keeps its place before what comes. */
  get #takesPart(): boolean {
    return this.#queue.pools.length === 0 || this.#queue.hadConsumer || this.#own.keeps
  }
}
