// One address table for each virtual host that a connection is open for, or that has messages stored.

import { isIP } from 'node:net'
import { AddressCount } from './address-count.ts'
import { AddressTable } from './address-table.ts'
import type { DistributionRules } from './distribution-rules.ts'
import type { Manner } from './manner.ts'
import type { StoredQueue } from './message-store.ts'
import type { Nodes } from './nodes.ts'
import { OWN_MANNER } from './own-manner.ts'
import type { ForwardingOptions } from './probe.ts'
import { Storage } from './storage.ts'

/** There for as long as connections use it, or messages are stored in its queues. */
export interface VirtualHost {
  readonly table: AddressTable
  readonly nodes: Nodes
  connections: number
}

const DEFAULT_HOST = ''

export class VirtualHosts {
  readonly #rules: DistributionRules
  readonly #routerId: string
  readonly #ownNames: ReadonlySet<string>
  readonly #count: AddressCount
  readonly #storage: Storage
  readonly #manner: Manner
  readonly #forwarding: ForwardingOptions
  readonly #hosts = new Map<string, VirtualHost>()

  /** `ownNames`: those of the router itself, which mean the default virtual host. `count` bounds the addresses of all. */
  constructor(
    rules: DistributionRules,
    routerId: string,
    ownNames: readonly string[],
    count = new AddressCount(),
    storage: Storage = new Storage(),
    manner: Manner = OWN_MANNER,
    forwarding: ForwardingOptions = {},
  ) {
    this.#forwarding = forwarding
    this.#rules = rules
    this.#routerId = routerId
    this.#count = count
    this.#storage = storage
    this.#manner = manner
    this.#ownNames = new Set(['localhost', ...ownNames].map((name) => name.toLowerCase()))
  }

  /** Addresses in use on all of them. */
  get addresses(): number {
    let sum = 0
    for (const { table } of this.#hosts.values()) sum += table.size
    return sum
  }

  /** For a connection with this Open.hostname; to be given back with `leave`. */
  enter(hostname: string | undefined): VirtualHost {
    const host = this.#obtain(this.#nameOf(hostname))
    host.connections += 1
    return host
  }

  /** A queue that a store has kept, with its messages. */
  restore(stored: StoredQueue): void {
    const { table, nodes } = this.#obtain(stored.host)
    const queue = nodes.restoreQueue?.(stored) ?? table.restoreQueue(stored.address)
    queue.restore(stored)
  }

  /** The connection is gone, and its links are. */
  leave(hostname: string | undefined): void {
    const name = this.#nameOf(hostname)
    const host = this.#hosts.get(name)
    if (!host) return
    host.connections -= 1
    if (host.connections > 0) return
    host.table.clear()
    this.#releaseUnused(name, host)
  }

  /** The router is closed. */
  end(): void {
    for (const { nodes } of this.#hosts.values()) nodes.end?.()
  }

  #obtain(name: string): VirtualHost {
    const known = this.#hosts.get(name)
    if (known) return known
    const table = new AddressTable(this.#rules, this.#routerId, this.#count, name, this.#storage, this.#forwarding)
    const host = { table, nodes: this.#manner.nodesOf(table), connections: 0 }
    table.onEmpty = () => this.#releaseUnused(name, host)
    this.#hosts.set(name, host)
    return host
  }

  #releaseUnused(name: string, host: VirtualHost): void {
    if (host.connections === 0 && host.table.size === 0 && host.nodes.keeps !== true) this.#hosts.delete(name)
  }

  #nameOf(hostname: string | undefined): string {
    if (this.#manner.hostOf) return this.#manner.hostOf(hostname ?? DEFAULT_HOST)
    const name = hostname?.toLowerCase() ?? DEFAULT_HOST
    const isOwn = name === DEFAULT_HOST || this.#ownNames.has(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
    return isOwn ? DEFAULT_HOST : name
  }
}
