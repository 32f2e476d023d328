// One address table for each virtual host that a connection is open for.

import { isIP } from 'node:net'
import { AddressCount } from './address-count.ts'
import { AddressTable } from './address-table.ts'
import type { DistributionRules } from './distribution-rules.ts'

/** A table, for as long as connections use it. */
interface VirtualHost {
  readonly table: AddressTable
  connections: number
}

const DEFAULT_HOST = ''

export class VirtualHosts {
  readonly #rules: DistributionRules
  readonly #routerId: string
  readonly #ownNames: ReadonlySet<string>
  readonly #count: AddressCount
  readonly #hosts = new Map<string, VirtualHost>()

  /** `ownNames`: those of the router itself, which mean the default virtual host. `count` bounds the addresses of all. */
  constructor(rules: DistributionRules, routerId: string, ownNames: readonly string[], count = new AddressCount()) {
    this.#rules = rules
    this.#routerId = routerId
    this.#count = count
    this.#ownNames = new Set(['localhost', ...ownNames].map((name) => name.toLowerCase()))
  }

  /** Addresses in use on all of them. */
  get addresses(): number {
    let sum = 0
    for (const { table } of this.#hosts.values()) sum += table.size
    return sum
  }

  /** For a connection with this Open.hostname; to be given back with `leave`. */
  enter(hostname: string | undefined): AddressTable {
    const name = this.#nameOf(hostname)
    let host = this.#hosts.get(name)
    if (!host) {
      host = { table: new AddressTable(this.#rules, this.#routerId, this.#count), connections: 0 }
      this.#hosts.set(name, host)
    }
    host.connections += 1
    return host.table
  }

  /** The connection is gone, and its links are. */
  leave(hostname: string | undefined): void {
    const name = this.#nameOf(hostname)
    const host = this.#hosts.get(name)
    if (!host) return
    host.connections -= 1
    if (host.connections > 0) return
    this.#hosts.delete(name)
    host.table.clear()
  }

  #nameOf(hostname: string | undefined): string {
    const name = hostname?.toLowerCase() ?? DEFAULT_HOST
    const isOwn = name === DEFAULT_HOST || this.#ownNames.has(name) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
    return isOwn ? DEFAULT_HOST : name
  }
}
