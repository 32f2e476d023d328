// Who is connected to a router now, with the links of each: for those who ask about it. No message passes here.

import type { Connection, ErrorCondition, Link } from '../amqp/index.ts'
import { monotonicMs } from '../support/deadline.ts'
import type { AddressTable } from './address-table.ts'
import type { Consumer } from './consumer.ts'
import type { Producer } from './producer.ts'

/** A link that a peer has attached. */
export interface AttachedLink {
  /** Unique in the router, and never used again: that of the connection, a point, and the number of the link there. */
  readonly identity: string
  readonly name: string
  /** Undefined: each message of it says where it goes. */
  readonly address: string | undefined
  /** What its peer is for the router. */
  readonly end: Consumer | Producer
  /** As the router sees it: `in`, the peer sends. */
  readonly direction: 'in' | 'out'
}

/** Hears of the links of peers. */
export interface LinkWatcher {
  linkAttached(peer: Peer, link: AttachedLink): void
  linkDetached(peer: Peer, link: AttachedLink, error: Error | undefined): void
  linkRefused(peer: Peer, name: string, error: ErrorCondition): void
}

export class Peer {
  /** Unique in the router, and never used again. */
  readonly identity: string
  readonly connection: Connection
  readonly openedAt = monotonicMs()
  readonly links = new Set<AttachedLink>()
  readonly #watcher: LinkWatcher | undefined
  #numbers = 0

  constructor(identity: string, connection: Connection, watcher?: LinkWatcher) {
    this.identity = identity
    this.connection = connection
    this.#watcher = watcher
  }

  attached({ name }: Link, direction: AttachedLink['direction'], end: Consumer | Producer): AttachedLink {
    this.#numbers += 1
    const identity = `${this.identity}.${this.#numbers}`
    const link = { identity, name, address: end.address?.name, end, direction }
    this.links.add(link)
    this.#watcher?.linkAttached(this, link)
    return link
  }

  /** Undefined: it never was. */
  detached(link: AttachedLink | undefined, error: Error | undefined): void {
    if (!link || !this.links.delete(link)) return
    this.#watcher?.linkDetached(this, link, error)
  }

  refused(name: string, error: ErrorCondition): void {
    this.#watcher?.linkRefused(this, name, error)
  }
}

const NOBODY: ReadonlySet<Peer> = new Set()

export class Peers {
  readonly #hosts = new Map<AddressTable, Set<Peer>>()
  readonly #watcher: LinkWatcher | undefined
  #numbers = 0

  constructor(watcher?: LinkWatcher) {
    this.#watcher = watcher
  }

  /** A connection has been opened for the virtual host of that table. */
  join(connection: Connection, table: AddressTable): Peer {
    this.#numbers += 1
    const peer = new Peer(String(this.#numbers), connection, this.#watcher)
    const host = this.#hosts.get(table)
    if (host) host.add(peer)
    else this.#hosts.set(table, new Set([peer]))
    return peer
  }

  leave(peer: Peer, table: AddressTable): void {
    const host = this.#hosts.get(table)
    if (host?.delete(peer) && host.size === 0) this.#hosts.delete(table)
  }

  /** Those of one virtual host, in the order in which they came. */
  of(table: AddressTable): ReadonlySet<Peer> {
    return this.#hosts.get(table) ?? NOBODY
  }
}
