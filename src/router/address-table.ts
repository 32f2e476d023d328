// The addresses of one virtual host. An address exists while somebody is attached to it.

import { randomBytes } from 'node:crypto'
import { Address } from './address.ts'
import type { DistributionRules } from './distribution-rules.ts'

/** How the addresses begin that a router invents (as Qpid Dispatch Router's do). */
export const DYNAMIC_PREFIX = 'amqp:/_topo/'

/** The router's own node, where there will be answers about it. */
const MANAGEMENT = '$management'

/** 128 bits: an address that nobody can guess. */
const RANDOM_BYTES = 16

export class AddressTable {
  readonly #rules: DistributionRules
  readonly #dynamicPrefix: string
  readonly #addresses = new Map<string, Address>()

  constructor(rules: DistributionRules, routerId: string) {
    this.#rules = rules
    this.#dynamicPrefix = `${DYNAMIC_PREFIX}0/${routerId}/temp.`
  }

  get size(): number {
    return this.#addresses.size
  }

  find(name: string): Address | undefined {
    return this.#addresses.get(name)
  }

  /** For a link that attaches to it. Undefined: nobody may attach, or it is a dynamic address that is gone. */
  obtain(name: string): Address | undefined {
    const existing = this.#addresses.get(name)
    if (existing) return existing
    if (name.startsWith(DYNAMIC_PREFIX) || name === MANAGEMENT) return undefined
    const { distribution, queue } = this.#rules.of(name)
    return distribution === 'unavailable' ? undefined : this.#add(new Address(name, distribution, undefined, queue))
  }

  /** An address of its own for the connection that asks for it. */
  createDynamic(owner: object): Address {
    const name = this.#dynamicPrefix + randomBytes(RANDOM_BYTES).toString('base64url')
    return this.#add(new Address(name, 'balanced', owner))
  }

  /** To be called when a link has left: what nobody uses vanishes, and a dynamic address with its receiver. */
  releaseUnused(address: Address): void {
    const over = address.owner === undefined ? address.unused : address.consumers.length === 0
    if (over && this.#addresses.get(address.name) === address) this.#addresses.delete(address.name)
  }

  #add(address: Address): Address {
    this.#addresses.set(address.name, address)
    return address
  }
}
