// Stores messages until a consumer has accepted them (distribution queue). A producer hears `accepted` when its message is
// stored, whether or not a consumer is there; messages go to consumers in order, each to one of those with credit.

import type { ErrorCondition, Outcome } from '../amqp/index.ts'
import { DecodeError, RELEASED } from '../amqp/index.ts'
import type { Address } from './address.ts'
import { Arrival } from './arrival.ts'
import type { Consumer } from './consumer.ts'
import { DeadLetters } from './dead-letters.ts'
import type { Forwarder } from './forwarder.ts'
import type { QueueStore, StoredQueue } from './message-store.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'
import { Queue } from './queue.ts'
import type { DeliveredQueue, QueueDelivery } from './queue-delivery.ts'
import { QueueDispatch } from './queue-dispatch.ts'
import type { ResolvedQueueOptions } from './queue-options.ts'
import { QueueOutcomes } from './queue-outcomes.ts'
import { describeFull } from './queue-refusals.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { SharingQueue, Storage } from './storage.ts'

/** What a queue needs to know of the addresses around it. */
export interface QueuePlace {
  readonly store: QueueStore
  /** Any address of the same virtual host; undefined: there is none, or there are too many addresses. */
  obtain(name: string): Address | undefined
  /** Such an address there may be. */
  mayBe(name: string): boolean
  /** An address may be used by nobody any more. */
  releaseUnused(address: Address): void
  /**
   * Of a pool: the address whose senders' messages it gets copies of; undefined: there is none now. Absent: the queue has senders of
   * its own.
   */
  senders?(): Address | undefined
}

export class QueueForwarder implements Forwarder, SharingQueue, DeliveredQueue {
  readonly address: Address
  readonly queue: Queue
  readonly #storage: Storage
  readonly #place: QueuePlace
  readonly #dispatch: QueueDispatch
  readonly #deadLetters: DeadLetters
  readonly #outcomes: QueueOutcomes
  /** Nobody gets credit, until there is room again. */
  #stopped = false
  #progresses = false
  /** It was deleted: what comes back from consumers is gone. */
  #discarded = false
  #disposed = false
  #hasNews = false
  #progressesLater = false

  constructor(address: Address, options: ResolvedQueueOptions, storage: Storage, place: QueuePlace) {
    const { store } = place
    this.address = address
    this.#storage = storage
    this.#place = place
    const queue = new Queue(options, storage, store, (message) => this.#onExpired(message))
    const dispatch = new QueueDispatch(this, queue, storage)
    const deadLetters = new DeadLetters(
      {
        address,
        target: () => this.#deadLetterTarget(options.deadLetter as string),
        offered: (target) => place.releaseUnused(target),
        done: (message, taken) => this.#onBuried(message, taken),
      },
      storage,
    )
    this.queue = queue
    this.#dispatch = dispatch
    this.#deadLetters = deadLetters
    this.#outcomes = new QueueOutcomes({ queue, dispatch, deadLetters, store, storage, options })
    storage.join(this)
  }

  /** Messages stored, with a consumer or not. */
  get held(): number {
    return this.queue.quota.messages
  }

  /** Consumers have no part in it. */
  get ready(): boolean {
    return !this.#storage.stopped && !this.queue.quota.stopped
  }

  /** So much that what producers may then send has its place. */
  get allowance(): number {
    return this.ready ? this.queue.quota.allowance(this.#fedBy?.granted ?? 0) : 0
  }

  get mostGranted(): number {
    return this.queue.quota.limits.maxMessages
  }

  get keeps(): boolean {
    return !this.queue.empty
  }

  forward(producer: Producer, delivery: IncomingDelivery): void {
    const { traffic } = this.#storage
    if (producer.address === this.address) this.address.creditUsed(producer)
    if (this.#discarded) return this.#giveBack(producer, delivery)
    const full = describeFull(this.address.name, delivery.payload.length, this.queue.quota, this.#storage.total)
    if (full) {
      if (delivery.settled) traffic.droppedFull += 1
      return this.#refuse(producer, delivery, full)
    }
    let message: QueuedMessage
    try {
      message = this.queue.enter(delivery.payload, delivery.messageFormat)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      if (delivery.settled) traffic.droppedMalformed += 1
      return this.#refuse(producer, delivery, { condition: 'amqp:decode-error', description: error.message })
    }
    traffic.began()
    producer.holds(delivery)
    this.#noteLoad()
    const arrival = new Arrival(this, message, producer, delivery)
    delivery.dropPayload?.() // the queue has its own
    this.#place.store.add(message, arrival)
  }

  /** It is a pool: without any link it is there for so many seconds, and again after a restart, if anything is. */
  outlives(seconds: number): void {
    this.#place.store.declare(seconds)
  }

  /** What a store has kept. */
  restore(stored: StoredQueue): void {
    this.queue.restore(stored)
    this.progress()
  }

  /** A message may be delivered: it has been stored. */
  stored(): void {
    if (this.#discarded) return this.#discardStored()
    this.#dispatch.feedBrowsers()
    this.progress()
  }

  consumerReady(consumer: Consumer): void {
    this.#dispatch.note(consumer)
    this.progress()
  }

  /** What it was given comes back from its link. */
  consumerLeft(consumer: Consumer): void {
    this.#dispatch.forget(consumer)
  }

  producerLeft(): void {
    this.progress()
  }

  stop(): void {
    this.address.withdrawCredit()
  }

  resume(): void {
    this.address.grantWaiting()
  }

  end(): void {
    this.#deadLetters.stop()
  }

  /** Drops the messages that no consumer has. Gives how many there were. */
  purge(): number {
    let count = 0
    for (let first = this.queue.readyAfter(-1); first; first = this.queue.readyAfter(-1)) {
      this.queue.remove(first)
      count += 1
    }
    this.#noteLoad()
    return count
  }

  /** The queue is deleted, and its messages with it; those that are being stored follow. */
  discard(): number {
    this.#discarded = true
    const count = this.purge()
    this.#deadLetters.abandon()
    return count
  }

  dispose(): void {
    this.end()
    this.#storage.leave(this)
    this.#place.store.leave()
    this.#disposed = true
    this.#forgetIfEmpty()
  }

  left(message: QueuedMessage): void {
    message.acquired = true
    this.#place.store.acquired(message)
    this.#storage.traffic.forwarded += 1
    this.address.forwarded += 1
  }

  settled(delivery: QueueDelivery, outcome: Outcome): void {
    this.#apply(delivery, outcome)
    this.progress()
  }

  /** Others get it when all that is lost is back at its place: in order. */
  lost(delivery: QueueDelivery, outcome: Outcome): void {
    this.#apply(delivery, outcome)
    if (this.#progressesLater) return
    this.#progressesLater = true
    queueMicrotask(() => {
      this.#progressesLater = false
      this.progress()
    })
  }

  /** Something has changed for the better: for consumers, then for producers. What happens meanwhile is seen to at the end. */
  progress(): void {
    this.#hasNews = true
    if (this.#progresses) return
    this.#progresses = true
    while (this.#hasNews) {
      this.#hasNews = false
      this.#dispatch.run()
      this.#noteLoad()
      this.#fedBy?.grantWaiting()
    }
    this.#progresses = false
    this.#forgetIfEmpty()
    this.#releaseIfUnused()
  }

  #apply({ message, consumer }: QueueDelivery, outcome: Outcome): void {
    this.#storage.traffic.ended()
    if (this.#discarded) return this.queue.remove(message)
    this.#outcomes.apply(message, consumer, outcome)
  }

  /** It was on its way into the store when the queue was deleted. */
  #discardStored(): void {
    const count = this.purge()
    if (this.#place.senders) this.#storage.traffic.droppedWithPool += count
    this.#forgetIfEmpty()
  }

  /** A message in a store without its queue could not be read again. */
  #forgetIfEmpty(): void {
    if (!this.#disposed || this.keeps) return
    this.#disposed = false
    this.#place.store.forget()
  }

  #giveBack(producer: Producer, delivery: IncomingDelivery): void {
    if (delivery.settled) this.#storage.traffic.droppedWithoutConsumer += 1
    producer.settle(delivery, RELEASED)
    producer.wantCredit()
  }

  #refuse(producer: Producer, delivery: IncomingDelivery, error: ErrorCondition): void {
    producer.settle(delivery, { type: 'rejected', error })
    producer.wantCredit()
    this.#releaseIfUnused()
  }

  /** Where those send whose messages it gets. */
  get #fedBy(): Address | undefined {
    return this.#place.senders ? this.#place.senders() : this.address
  }

  /** In a moment: it may be that a link is just being attached. */
  #releaseIfUnused(): void {
    const address = this.#fedBy
    if (address?.unused) queueMicrotask(() => this.#place.releaseUnused(address))
  }

  /** What would come back to the queue has no place to go to. */
  #deadLetterTarget(name: string): Address | 'later' | undefined {
    const target = this.#place.obtain(name) ?? (this.#place.mayBe(name) ? 'later' : undefined)
    return target === this.#fedBy ? undefined : target
  }

  #onExpired(message: QueuedMessage): void {
    this.#outcomes.expired(message)
    this.progress()
  }

  #onBuried(message: QueuedMessage, taken: boolean): void {
    this.#outcomes.buried(message, taken)
    this.progress()
  }

  /** Credit ends when the limits are near. */
  #noteLoad(): void {
    this.#storage.noteLoad()
    const { stopped } = this.queue.quota
    if (stopped && !this.#stopped) this.#fedBy?.withdrawCredit()
    this.#stopped = stopped
  }
}
