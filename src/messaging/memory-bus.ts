// A bus within the process, for the driver `memory://`: addresses with consumers that have credit, as a router has them.
// Nothing is stored: a message is its sender's until a consumer takes it, and waits no longer than its sender does.
// Appendix B of oslo's behaviour has its `fake:` driver; this one keeps the promises of an AMQP router instead.

import { Fifo } from '../support/fifo.ts'
import type { MemorySend } from './memory-send.ts'

/** Messages that one consumer holds and is not done with. */
const CONSUMER_CREDIT = 100

/** One subscription to one address. */
export class MemoryConsumer {
  readonly address: MemoryAddress
  readonly take: (send: MemorySend) => void
  credit: number

  constructor(address: MemoryAddress, take: (send: MemorySend) => void, minCredit: number) {
    this.address = address
    this.take = take
    this.credit = Math.max(CONSUMER_CREDIT, minCredit)
  }

  /** It is done with one of its messages. */
  returnCredit(): void {
    this.credit += 1
    this.address.schedule()
  }
}

/** Where messages meet consumers. Anycast: one consumer, in turn, among those with credit. Multicast: all, once all have credit. */
export class MemoryAddress {
  readonly name: string
  readonly multicast: boolean
  /** Bounded by the senders that wait, each with a deadline. */
  readonly waiting = new Fifo<MemorySend>()
  readonly consumers: MemoryConsumer[] = []
  readonly #bus: MemoryBus
  #next = 0

  constructor(bus: MemoryBus, name: string, multicast: boolean) {
    this.#bus = bus
    this.name = name
    this.multicast = multicast
  }

  push(send: MemorySend): void {
    this.waiting.push(send)
    this.schedule()
  }

  /** Back to where it came from; the address may have been forgotten meanwhile. */
  giveBack(send: MemorySend): void {
    this.#bus.send(this.name, this.multicast, send)
  }

  /** Delivers in the next turn of the event loop: never from inside a send. */
  schedule(): void {
    this.#bus.schedule(this)
  }

  deliver(): void {
    while (this.waiting.first) {
      const takers = this.multicast ? this.#allWithCredit() : this.#nextWithCredit()
      if (takers.length === 0) return
      const send = this.waiting.shift() as MemorySend
      send.taken()
      for (const consumer of takers) {
        consumer.credit -= 1
        consumer.take(send)
      }
    }
  }

  #allWithCredit(): readonly MemoryConsumer[] {
    return this.consumers.every((consumer) => consumer.credit > 0) ? [...this.consumers] : []
  }

  #nextWithCredit(): readonly MemoryConsumer[] {
    for (let tried = 0; tried < this.consumers.length; tried += 1) {
      const consumer = this.consumers[this.#next % this.consumers.length] as MemoryConsumer
      this.#next = (this.#next + 1) % this.consumers.length
      if (consumer.credit > 0) return [consumer]
    }
    return []
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

  subscribe(addressName: string, multicast: boolean, take: (send: MemorySend) => void, minCredit = 0): MemoryConsumer {
    const address = this.#address(addressName, multicast)
    const consumer = new MemoryConsumer(address, take, minCredit)
    address.consumers.push(consumer)
    address.schedule()
    return consumer
  }

  unsubscribe(consumer: MemoryConsumer): void {
    const { address } = consumer
    const index = address.consumers.indexOf(consumer)
    if (index >= 0) address.consumers.splice(index, 1)
    this.forgetIfUnused(address)
  }

  /** An address lives as long as somebody sends or listens there. */
  forgetIfUnused(address: MemoryAddress): void {
    if (address.consumers.length > 0 || address.waiting.size > 0) return
    if (this.#addresses.get(address.name) === address) this.#addresses.delete(address.name)
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
