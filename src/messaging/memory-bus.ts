// A bus within the process, for the driver `memory://`: addresses with consumers that have credit, as a router has them.
// Nothing is stored: a message is its sender's until a consumer takes it, and waits no longer than its sender does.
// Appendix B of oslo's behaviour has its `fake:` driver; this one keeps the promises of an AMQP router instead.

import { Fifo } from '../support/fifo.ts'
import { MemoryCopy, MemoryGroup } from './memory-group.ts'
import type { MemorySend } from './memory-send.ts'

/** Messages that one consumer holds and is not done with. */
export const CONSUMER_CREDIT = 100

export interface MemoryConsumerOptions {
  /** Messages that it must be able to hold. */
  readonly minCredit?: number | undefined
  /** With whom it shares messages. */
  readonly pool?: string | undefined
}

/** One subscription to one address. */
export class MemoryConsumer {
  readonly address: MemoryAddress
  readonly group: MemoryGroup
  readonly take: (copy: MemoryCopy) => void
  credit: number

  constructor(address: MemoryAddress, group: MemoryGroup, take: (copy: MemoryCopy) => void, minCredit = 0) {
    this.address = address
    this.group = group
    this.take = take
    this.credit = Math.max(CONSUMER_CREDIT, minCredit)
  }

  /** It is done with one of its messages. */
  returnCredit(): void {
    this.credit += 1
    this.address.schedule()
  }
}

/**
 * Where messages meet consumers. Anycast: one consumer of each group, in turn, among those with credit. Multicast: all, once all have
 * credit.
 */
export class MemoryAddress {
  readonly name: string
  readonly multicast: boolean
  /** While nobody listens. Bounded by the senders that wait, each with a deadline. */
  readonly #waiting = new Fifo<MemorySend>()
  readonly #groups = new Map<string | undefined, MemoryGroup>()
  readonly #bus: MemoryBus
  /** Messages that came here and whose senders wait. */
  #sends = 0

  constructor(bus: MemoryBus, name: string, multicast: boolean) {
    this.#bus = bus
    this.name = name
    this.multicast = multicast
  }

  get hasConsumers(): boolean {
    for (const { consumers } of this.#groups.values()) if (consumers.length > 0) return true
    return false
  }

  get unused(): boolean {
    return this.#sends === 0 && !this.hasConsumers
  }

  push(send: MemorySend): void {
    this.#sends += 1
    this.#waiting.push(send)
    this.schedule()
  }

  /** Its sender waits no more. */
  settled(send: MemorySend): void {
    this.#sends -= 1
    this.#waiting.remove(send)
    this.forgetUnusedGroups()
  }

  /** Delivers in the next turn of the event loop: never from inside a send. */
  schedule(): void {
    this.#bus.schedule(this)
  }

  group(pool: string | undefined): MemoryGroup {
    const known = this.#groups.get(pool)
    if (known) return known
    const group = new MemoryGroup(pool, () => this.schedule())
    this.#groups.set(pool, group)
    return group
  }

  forgetUnusedGroups(): void {
    for (const group of this.#groups.values()) if (group.unused) this.#groups.delete(group.pool)
  }

  deliver(): void {
    if (this.multicast) return this.#deliverToAll()
    const groups = [...this.#groups.values()]
    const listening = groups.filter(({ consumers }) => consumers.length > 0)
    if (listening.length > 0) for (const send of this.#waiting.takeAll()) send.spread(listening)
    for (const group of groups) group.deliver()
  }

  #deliverToAll(): void {
    const group = this.group(undefined)
    const { consumers } = group
    while (this.#waiting.first && consumers.length > 0 && consumers.every(({ credit }) => credit > 0)) {
      const send = this.#waiting.shift() as MemorySend
      send.taken()
      for (const consumer of [...consumers]) {
        consumer.credit -= 1
        consumer.take(new MemoryCopy(send, group))
      }
    }
  }
}

export class MemoryBus {
  readonly #addresses = new Map<string, MemoryAddress>()
  readonly #due = new Set<MemoryAddress>()
  #scheduled = false

  send(addressName: string, multicast: boolean, send: MemorySend): void {
    send.address = this.#address(addressName, multicast)
    send.address.push(send)
  }

  subscribe(
    addressName: string,
    multicast: boolean,
    take: (copy: MemoryCopy) => void,
    { minCredit, pool }: MemoryConsumerOptions = {},
  ): MemoryConsumer {
    const address = this.#address(addressName, multicast)
    const group = address.group(pool)
    const consumer = new MemoryConsumer(address, group, take, minCredit)
    group.consumers.push(consumer)
    address.schedule()
    return consumer
  }

  unsubscribe(consumer: MemoryConsumer): void {
    const { address, group } = consumer
    const index = group.consumers.indexOf(consumer)
    if (index >= 0) group.consumers.splice(index, 1)
    address.forgetUnusedGroups()
    this.forgetIfUnused(address)
  }

  /** An address lives as long as somebody sends or listens there. */
  forgetIfUnused(address: MemoryAddress): void {
    if (address.unused && this.#addresses.get(address.name) === address) this.#addresses.delete(address.name)
  }

  schedule(address: MemoryAddress): void {
    this.#due.add(address)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#deliver())
  }

  #deliver(): void {
    this.#scheduled = false
    const due = [...this.#due]
    this.#due.clear()
    for (const address of due) address.deliver()
  }

  #address(name: string, multicast: boolean): MemoryAddress {
    let address = this.#addresses.get(name)
    if (!address) {
      address = new MemoryAddress(this, name, multicast)
      this.#addresses.set(name, address)
    }
    return address
  }
}

/** Transports of one process meet by the name in their url. This map is what makes them meet; it holds a bus while a driver uses it. */
const buses = new Map<string, { readonly bus: MemoryBus; users: number }>()

/** The bus of that name, and the function that tells that it is no longer used (to be called once). */
export function joinMemoryBus(name: string): { readonly bus: MemoryBus; leave(): void } {
  const entry = buses.get(name) ?? { bus: new MemoryBus(), users: 0 }
  buses.set(name, entry)
  entry.users += 1
  const leave = (): void => {
    entry.users -= 1
    if (entry.users === 0) buses.delete(name)
  }
  return { bus: entry.bus, leave }
}
