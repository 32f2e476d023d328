// A node of the router: who receives from it, who sends to it, and who of those may send now.

import type { ErrorCondition } from '../amqp/index.ts'
import { AnycastForwarder } from './anycast-forwarder.ts'
import type { Consumer } from './consumer.ts'
import type { Distribution } from './distribution.ts'
import { chooseLeastBusy, chooseNext } from './distribution.ts'
import type { Forwarder } from './forwarder.ts'
import { MulticastForwarder } from './multicast-forwarder.ts'
import type { Producer } from './producer.ts'
import { PRODUCER_WINDOW } from './producer.ts'
import { TurnBudget } from './turn-budget.ts'

/** What the windows of an address's producers should make together, so that many of them do not fill the router. */
const TOTAL_WINDOW = 10_000
/** Consumers and producers of an address that may be looked at in one turn of the event loop to give and take credit. */
const LOOKS_PER_TURN = 10_000
/** Looks that cost no more than what provokes them. */
const FREE_LOOKS = 32
/** The least that one of many producers is granted. */
const MIN_WINDOW = 20

export class Address {
  readonly name: string
  readonly distribution: Distribution
  /** It is there until it is deleted, used or not. */
  declared = false
  /** Of a dynamic address: the connection that alone may receive from it. */
  readonly owner: object | undefined
  readonly consumers: Consumer[] = []
  readonly forwarder: Forwarder
  /** Messages that peers have sent to it. */
  received = 0
  /** Messages and copies of messages that left for a consumer. */
  forwarded = 0
  readonly #producers = new Set<Producer>()
  /** Producers to be granted credit as soon as the forwarder is ready. */
  readonly #waiting = new Set<Producer>()
  readonly #looks = new TurnBudget(LOOKS_PER_TURN, () => this.#catchUp())
  /** Credit is to be taken back, in the next turn. */
  #withdraws = false
  /** The sum of the credit of all producers, as each of them was when it was last seen to. */
  #granted = 0

  /** `makeForwarder`: of a queue, which needs more than its address; or for whoever stands before the one that it has. */
  constructor(
    name: string,
    distribution: Distribution,
    owner?: object,
    makeForwarder: (address: Address) => Forwarder = (address) => forwarderOf(address),
  ) {
    this.name = name
    this.distribution = distribution
    this.owner = owner
    this.forwarder = makeForwarder(this)
  }

  /** A consumer may still come: it is no dynamic address, and somebody sends to it. */
  get mayBeServed(): boolean {
    return this.owner === undefined && this.#producers.size > 0
  }

  /** Nobody is attached to it, and nothing is kept in it. */
  get unused(): boolean {
    if (this.declared || this.consumers.length > 0) return false
    return this.#producers.size === 0 && this.forwarder.keeps !== true
  }

  get producerCount(): number {
    return this.#producers.size
  }

  /** Messages that producers may still send. */
  get granted(): number {
    return this.#granted
  }

  /** What one producer may have granted and held. */
  get window(): number {
    const producers = Math.max(1, this.#producers.size)
    const window = Math.min(PRODUCER_WINDOW, Math.max(MIN_WINDOW, Math.floor(TOTAL_WINDOW / producers)))
    const { mostGranted } = this.forwarder
    return mostGranted === undefined ? window : Math.min(window, Math.max(1, Math.floor(mostGranted / producers)))
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
    producer.leave()
    this.#producers.delete(producer)
    this.#waiting.delete(producer)
    this.#granted += producer.creditChange()
    this.forwarder.producerLeft(producer)
  }

  /** Ends all its links: it is there no more. */
  detachAll(error: ErrorCondition): void {
    for (const consumer of [...this.consumers]) consumer.detach(error)
    for (const producer of [...this.#producers]) producer.detach(error)
  }

  /** A producer has used some of its credit. */
  creditUsed(producer: Producer): void {
    this.#granted += producer.creditChange()
  }

  /** Gives a producer credit now, or once the forwarder is ready: never before. */
  grant(producer: Producer): void {
    this.#granted += producer.creditChange()
    if (!this.forwarder.ready || !this.#give(producer)) this.#waiting.add(producer)
  }

  /** Nobody takes messages now: producers keep what they have. */
  withdrawCredit(): void {
    this.#withdraws = !this.#mayLook(this.#producers.size)
    if (this.#withdraws) return
    for (const producer of this.#producers) {
      producer.withdrawCredit()
      this.#granted += producer.creditChange()
      this.#waiting.add(producer)
    }
  }

  /** Something has changed for the better. */
  grantWaiting(): void {
    if (this.#waiting.size === 0 || !this.#mayLook(this.consumers.length + this.#waiting.size)) return
    if (!this.forwarder.ready) return
    for (const producer of this.#waiting) {
      if (!this.#give(producer)) return
      this.#waiting.delete(producer)
    }
  }

  /** No more than the forwarder allows. False: nothing, now. */
  #give(producer: Producer): boolean {
    let { allowance = Number.POSITIVE_INFINITY } = this.forwarder
    if (allowance <= 0 && producer.credit === 0) {
      // Others have been granted all that there is, and perhaps do not use it.
      this.#limitCredit(this.window)
      allowance = this.forwarder.allowance ?? 1
      if (allowance <= 0 && this.forwarder.keeps) return false
      allowance = Math.max(1, allowance)
    }
    producer.replenish(this.window, allowance)
    this.#granted += producer.creditChange()
    return true
  }

  /** Takes back what producers have been granted beyond `most` each, if there is as much as that. */
  #limitCredit(most: number): void {
    const { size } = this.#producers
    if (this.#granted < size * most || !this.#mayLook(size)) return
    for (const producer of this.#producers) {
      if (producer.credit <= most) continue
      producer.withdrawCredit()
      producer.replenish(most)
      this.#granted += producer.creditChange()
    }
  }

  #mayLook(looks: number): boolean {
    return looks <= FREE_LOOKS || this.#looks.spend(looks)
  }

  /** What was put off. */
  #catchUp(): void {
    if (this.#withdraws && !this.forwarder.ready) this.withdrawCredit()
    this.grantWaiting()
  }
}

/** `onDropped`: see Forwarder. */
export function forwarderOf(address: Address, onDropped?: () => void): AnycastForwarder | MulticastForwarder {
  const forwarder = newForwarder(address)
  forwarder.onDropped = onDropped
  return forwarder
}

function newForwarder(address: Address): AnycastForwarder | MulticastForwarder {
  switch (address.distribution) {
    case 'multicast':
      return new MulticastForwarder(address)
    case 'closest':
      return new AnycastForwarder(address, chooseNext)
    case 'queue':
      throw new TypeError('a queue has a forwarder that is made for it')
    default:
      return new AnycastForwarder(address, chooseLeastBusy)
  }
}
