// The addresses of one virtual host. An address exists while somebody is attached to it, or something is stored in it.

import { randomBytes } from 'node:crypto'
import type { ErrorCondition } from '../amqp/index.ts'
import { Address, forwarderOf } from './address.ts'
import { AddressCount } from './address-count.ts'
import type { Treatment } from './address-rule.ts'
import type { Distribution } from './distribution.ts'
import type { DistributionRules } from './distribution-rules.ts'
import type { Forwarder } from './forwarder.ts'
import type { ForwardingOptions } from './probe.ts'
import { QueueForwarder } from './queue-forwarder.ts'
import type { QueueOptions } from './queue-options.ts'
import { resolveQueueOptions } from './queue-options.ts'
import { Storage } from './storage.ts'
import type { Traffic } from './traffic.ts'

/** How the addresses begin that a router invents (as Qpid Dispatch Router's do). */
export const DYNAMIC_PREFIX = 'amqp:/_topo/'

/** The router's own node, see ManagementNode. */
export const MANAGEMENT = '$management'

/** 128 bits: an address that nobody can guess. */
const RANDOM_BYTES = 16

/** A queue: its address, and what stores its messages, also where somebody stands before that (RouterProbe). */
export interface MadeQueue {
  readonly address: Address
  readonly forwarder: QueueForwarder
}

export class AddressTable {
  readonly #rules: DistributionRules
  readonly #dynamicPrefix: string
  /** Of all addresses that there are, here and on other virtual hosts. */
  readonly count: AddressCount
  readonly #addresses = new Map<string, Address>()
  /** The virtual host; empty: the default one. */
  readonly host: string
  readonly #storage: Storage
  readonly #forwarding: ForwardingOptions
  /** Makes what stands before each queue and takes its messages. Undefined: nothing does. */
  beforeQueue: ((address: Address, own: QueueForwarder) => Forwarder) | undefined = undefined
  /** Called when the last address is gone. */
  onEmpty: (() => void) | undefined = undefined

  /**
   * `count`: of this table and others that share a bound. `host`: the name of the virtual host, under which `storage` keeps
   * what is stored in its queues.
   */
  constructor(
    rules: DistributionRules,
    routerId: string,
    count = new AddressCount(),
    host = '',
    storage: Storage = new Storage(),
    forwarding: ForwardingOptions = {},
  ) {
    this.#forwarding = forwarding
    this.#rules = rules
    this.count = count
    this.host = host
    this.#storage = storage
    this.#dynamicPrefix = `${DYNAMIC_PREFIX}0/${routerId}/temp.`
  }

  get traffic(): Traffic {
    return this.#storage.traffic
  }

  get size(): number {
    return this.#addresses.size
  }

  /** In the order in which they were made. */
  get addresses(): Iterable<Address> {
    return this.#addresses.values()
  }

  find(name: string): Address | undefined {
    return this.#addresses.get(name)
  }

  /** For a link that attaches to it. Undefined: it is refused, with `refusalOf`. */
  obtain(name: string): Address | undefined {
    const existing = this.#addresses.get(name)
    if (existing) return existing
    const treatment = this.count.full ? undefined : this.#treatmentOf(name)
    if (!treatment) return undefined
    const { distribution, queue } = treatment
    return this.#add(
      distribution === 'queue' ? this.#newQueue(name, queue).address : this.#newAddress(name, distribution),
    )
  }

  /** For a message that names it: a queue takes it although nobody is there. */
  findFor(to: string): Address | undefined {
    return this.#addresses.get(to) ?? (this.#rules.of(to) === 'queue' ? this.obtain(to) : undefined)
  }

  /** Whatever the rules say. Undefined: there are too many. */
  make(name: string, distribution: Distribution, makeForwarder: (address: Address) => Forwarder): Address | undefined {
    return this.count.full ? undefined : this.#add(this.makeApart(name, distribution, makeForwarder))
  }

  /** A node that is found by no name here, for links that have been told of it. */
  makeApart(name: string, distribution: Distribution, makeForwarder: (address: Address) => Forwarder): Address {
    return new Address(name, distribution, undefined, (address) => this.#probed(address, makeForwarder(address)))
  }

  /** A queue, whatever the rules say. Undefined: there are too many addresses. */
  makeQueue(name: string, options?: QueueOptions): MadeQueue | undefined {
    if (this.count.full) return undefined
    const made = this.#newQueue(name, options)
    this.#add(made.address)
    return made
  }

  /** A queue whose messages have been kept from before, whatever rules and limits say now. */
  restoreQueue(name: string): QueueForwarder {
    const { address, forwarder } = this.#newQueue(name, this.#rules.ruleOf(name).queue)
    this.#add(address)
    return forwarder
  }

  /** A queue that gets copies of what is sent to another one, whose options it has. Undefined: there are too many addresses. */
  makePool(name: string, queue: string): MadeQueue | undefined {
    return this.count.full ? undefined : this.restorePool(name, queue)
  }

  /** One that has been kept from before, whatever limits say now. */
  restorePool(name: string, queue: string): MadeQueue {
    const made = this.#newQueue(name, this.#rules.ruleOf(queue).queue, queue)
    this.#add(made.address)
    return made
  }

  /** The address is one, or would be. */
  isQueue(name: string): boolean {
    return (this.#addresses.get(name) ?? this.#treatmentOf(name))?.distribution === 'queue'
  }

  distributionOf(name: string): Distribution {
    return this.#addresses.get(name)?.distribution ?? this.#rules.of(name)
  }

  /** An address of its own for the connection that asks for it. Undefined: there are too many. */
  createDynamic(owner: object, name = this.#dynamicName()): Address | undefined {
    if (this.count.full) return undefined
    return this.#add(this.#newAddress(name, 'balanced', owner))
  }

  /** Why nobody may attach to this address now. */
  refusalOf(name: string): ErrorCondition {
    return this.#treatmentOf(name) ? TOO_MANY : notFound(name)
  }

  /** To be called when a link has left: what nobody uses vanishes, and a dynamic address with its receiver. */
  releaseUnused(address: Address): void {
    const over = address.owner === undefined ? address.unused : address.consumers.length === 0
    if (over) this.remove(address)
  }

  /** A node is deleted, whoever is attached to it: the name is free again. */
  remove(address: Address): void {
    if (this.#addresses.get(address.name) !== address) return
    this.#addresses.delete(address.name)
    this.count.remove()
    address.forwarder.dispose?.()
    if (this.#addresses.size === 0) this.onEmpty?.()
  }

  /** Nobody uses the table any more: what is stored in it stays. */
  clear(): void {
    for (const address of [...this.#addresses.values()]) this.releaseUnused(address)
  }

  #dynamicName(): string {
    return this.#dynamicPrefix + randomBytes(RANDOM_BYTES).toString('base64url')
  }

  #newAddress(name: string, distribution: Distribution, owner?: object): Address {
    const onDropped = this.#forwarding.dropSettledOfSlow ? () => {} : undefined
    return new Address(name, distribution, owner, (address) => this.#probed(address, forwarderOf(address, onDropped)))
  }

  #probed(address: Address, own: Forwarder): Forwarder {
    return this.#forwarding.probe?.forwarderOf(address, own) ?? own
  }

  /** `copied`: of a pool, the queue whose messages it gets. */
  #newQueue(name: string, options: QueueOptions | undefined, copied?: string): MadeQueue {
    const resolved = resolveQueueOptions(options, this.#storage.options)
    const store = this.#storage.store.queue(this.host, name)
    const place = {
      store,
      obtain: (other: string) => this.obtain(other),
      mayBe: (other: string) => this.#treatmentOf(other) !== undefined,
      releaseUnused: (unused: Address) => this.releaseUnused(unused),
      ...(copied === undefined ? {} : { senders: () => this.#addresses.get(copied) }),
    }
    let forwarder!: QueueForwarder
    const address = new Address(name, 'queue', undefined, (made) => {
      forwarder = new QueueForwarder(made, resolved, this.#storage, place)
      const before = copied === undefined ? this.beforeQueue?.(made, forwarder) : undefined
      return this.#probed(made, before ?? forwarder)
    })
    return { address, forwarder }
  }

  /** Undefined: nobody may attach, or it is a dynamic address that is gone. */
  #treatmentOf(name: string): Treatment | undefined {
    if (name.startsWith(DYNAMIC_PREFIX) || name === MANAGEMENT) return undefined
    const treatment = this.#rules.ruleOf(name)
    return treatment.distribution === 'unavailable' ? undefined : treatment
  }

  #add(address: Address): Address {
    this.#addresses.set(address.name, address)
    this.count.add()
    return address
  }
}

export const TOO_MANY: ErrorCondition = Object.freeze({
  condition: 'amqp:resource-limit-exceeded',
  description: 'the router has as many addresses as it may have',
})

const notFound = (name: string): ErrorCondition => ({
  condition: 'amqp:not-found',
  description: `nobody can attach to "${name}"`,
})
