// One kind of things that management tells of: which there are, and what is said of each. One virtual host is seen, and no other.

import type { AmqpValue } from '../amqp/index.ts'
import type { AddressTable } from './address-table.ts'
import type { Peer } from './peers.ts'

/** What a router says of itself. */
export interface RouterFacts {
  readonly id: string
  readonly version: string
  readonly tls: boolean
  /** By `monotonicMs`. */
  readonly startedAt: number
}

/** What one asker may see. */
export interface ManagedHost {
  readonly router: RouterFacts
  readonly table: AddressTable
  readonly peers: ReadonlySet<Peer>
}

/** How one thing is named. */
export interface EntityName {
  readonly name?: string | undefined
  readonly identity?: string | undefined
}

type Attributes<T> = Readonly<Record<string, (entity: T, host: ManagedHost) => AmqpValue>>

/** One kind of things. */
export class EntityType {
  readonly name: string
  readonly attributeNames: readonly string[]
  readonly #attributes: Attributes<unknown>
  readonly #items: (host: ManagedHost, offset: number) => Iterable<unknown>
  readonly #find: (host: ManagedHost, name: EntityName) => unknown

  private constructor(
    name: string,
    attributes: Attributes<unknown>,
    items: (host: ManagedHost, offset: number) => Iterable<unknown>,
    find: (host: ManagedHost, name: EntityName) => unknown,
  ) {
    this.name = name
    this.attributeNames = Object.freeze([...Object.keys(attributes), 'type'])
    this.#attributes = attributes
    this.#items = items
    this.#find = find
  }

  /** `items`: those from that place on. `find`: undefined when there is no such thing. */
  static of<T>(
    name: string,
    attributes: Attributes<T>,
    items: (host: ManagedHost, offset: number) => Iterable<T>,
    find: (host: ManagedHost, name: EntityName) => T | undefined,
  ): EntityType {
    return new EntityType(name, attributes as Attributes<unknown>, items, find)
  }

  /** Their attributes by these names, one row for each thing; null for an attribute that there is not. */
  *rows(host: ManagedHost, offset: number, names: readonly string[]): Iterable<AmqpValue[]> {
    for (const item of this.#items(host, offset)) yield names.map((name) => this.#value(name, item, host))
  }

  /** All attributes of one of them. */
  read(host: ManagedHost, name: EntityName): Map<AmqpValue, AmqpValue> | undefined {
    const item = this.#find(host, name)
    if (item === undefined) return undefined
    return new Map(this.attributeNames.map((attribute) => [attribute, this.#value(attribute, item, host)]))
  }

  #value(name: string, item: unknown, host: ManagedHost): AmqpValue {
    if (name === 'type') return this.name
    return Object.hasOwn(this.#attributes, name) ? this.#attributes[name]?.(item, host) : null
  }
}
