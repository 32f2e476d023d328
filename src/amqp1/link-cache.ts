// The sending links of a driver, one per address, made on first use. Idle ones are detached after a while, and the number
// is bounded: the least recently used idle one goes. Only when every link of a full cache has work does it hold more.

import { randomUUID } from 'node:crypto'
import { printable } from '../amqp/index.ts'
import { describeTarget, type Target } from '../messaging/target.ts'
import { type Deadline, startDeadline } from '../support/deadline.ts'
import type { Addresser } from './addressing.ts'
import { CachedSender, type CachedSenderScope } from './cached-sender.ts'
import type { ConnectionLoss } from './errors.ts'
import { linkEvents } from './events.ts'
import type { ActiveConnection, ConnectionPart } from './failover-connection.ts'
import type { AmqpOptions } from './options.ts'

export interface LinkCacheScope {
  readonly options: AmqpOptions
  /** The exchange of targets without one. oslo: control_exchange. */
  readonly controlExchange: string
  readonly describeConnection: () => string
}

export class LinkCache implements ConnectionPart {
  readonly #scope: LinkCacheScope
  /** Naming it is the same as naming none, whichever address syntax the connection will have. */
  readonly #defaultExchange: string | undefined
  /** By exchange, topic and receiver. */
  readonly #requests = new Map<string, CachedSender>()
  /** By topic. */
  readonly #notifications = new Map<string, CachedSender>()
  /** By reply address. Apart, so that no reply-to can name a link of the others. */
  readonly #replies = new Map<string, CachedSender>()
  #current: { readonly connection: ActiveConnection; readonly addresser: Addresser } | undefined
  #uses = 0
  #usesAtLastPurge = 0
  #purgeTimer: Deadline | undefined
  #closed = false

  constructor(scope: LinkCacheScope) {
    const { controlExchange, options } = scope
    this.#scope = scope
    if (!options.defaultRpcExchange || options.defaultRpcExchange === controlExchange)
      this.#defaultExchange = controlExchange
  }

  get size(): number {
    return this.#requests.size + this.#notifications.size + this.#replies.size
  }

  /** The link to whoever serves the target. */
  forRequest(target: Target): CachedSender {
    const receiver = target.fanout ? '*' : target.server ? `=${target.server}` : ''
    const exchange = target.exchange === this.#defaultExchange ? '' : (target.exchange ?? '')
    const key = `${exchange}\0${target.topic}\0${receiver}`
    return (
      this.#find(this.#requests, key) ??
      this.#add(this.#requests, key, describeTarget(target), target.fanout ? 'broadcast' : 'request', (addresser) =>
        addresser.request(target),
      )
    )
  }

  forNotification(target: Target): CachedSender {
    const { topic = '', exchange } = target
    // The most are without an exchange.
    const key = exchange ? `${exchange}\0${topic}` : topic
    return (
      this.#find(this.#notifications, key) ??
      this.#add(this.#notifications, key, `notification topic "${printable(topic)}"`, 'notification', (addresser) =>
        addresser.notification(target),
      )
    )
  }

  /** The link to a caller's reply address, which is used byte for byte. */
  forReply(address: string): CachedSender {
    return (
      this.#find(this.#replies, address) ??
      this.#add(this.#replies, address, `reply address "${printable(address)}"`, undefined, () => address)
    )
  }

  /** A reply address that is in use needs no second look. */
  hasReply(address: string): boolean {
    return this.#replies.has(address)
  }

  attach(connection: ActiveConnection, addresser: Addresser): void {
    this.#current = { connection, addresser }
    for (const [, , sender] of [...this.#all()]) sender.attach(connection, addresser)
  }

  /** Links with nothing to send are forgotten: on the next connection they are made when they are needed. */
  detach(loss: ConnectionLoss): void {
    this.#current = undefined
    for (const [map, key, sender] of [...this.#all()]) {
      sender.detach(loss)
      if (sender.isIdle) map.delete(key)
    }
  }

  /** What waits is told; links are detached. */
  close(): void {
    this.#closed = true
    this.#purgeTimer?.cancel()
    for (const [map, key, sender] of [...this.#all()]) {
      map.delete(key)
      sender.close()
    }
  }

  *#all(): Iterable<[Map<string, CachedSender>, string, CachedSender]> {
    for (const map of [this.#requests, this.#notifications, this.#replies])
      for (const [key, sender] of map) yield [map, key, sender]
  }

  #find(map: ReadonlyMap<string, CachedSender>, key: string): CachedSender | undefined {
    const sender = map.get(key)
    if (sender) sender.lastUsed = ++this.#uses
    return sender
  }

  #add(
    map: Map<string, CachedSender>,
    key: string,
    label: string,
    use: CachedSenderScope['use'],
    address: (addresser: Addresser) => string,
  ): CachedSender {
    const sender = new CachedSender({
      label,
      use,
      address,
      linkName,
      linkRetryDelayMs: this.#scope.options.linkRetryDelayMs,
      describeConnection: this.#scope.describeConnection,
    })
    if (this.#closed) {
      sender.close()
      return sender
    }
    if (this.size >= this.#scope.options.senderLinkLimit) this.#evict()
    sender.lastUsed = ++this.#uses
    map.set(key, sender)
    if (this.#current) sender.attach(this.#current.connection, this.#current.addresser)
    this.#purgeTimer ??= startDeadline(this.#scope.options.defaultSenderLinkTimeoutMs, () => this.#purge())
    return sender
  }

  /** The least recently used idle link goes. */
  #evict(): void {
    let oldest: [Map<string, CachedSender>, string, CachedSender] | undefined
    for (const entry of this.#all()) {
      if (entry[2].isIdle && (!oldest || entry[2].lastUsed < oldest[2].lastUsed)) oldest = entry
    }
    if (oldest) drop(...oldest)
  }

  /** Those not used since the last pass go, so an idle link lives one to two periods. */
  #purge(): void {
    this.#purgeTimer = undefined
    for (const [map, key, sender] of [...this.#all()]) {
      if (sender.lastUsed <= this.#usesAtLastPurge && sender.isIdle) drop(map, key, sender)
    }
    this.#usesAtLastPurge = this.#uses
    if (this.size > 0)
      this.#purgeTimer = startDeadline(this.#scope.options.defaultSenderLinkTimeoutMs, () => this.#purge())
  }
}

function drop(map: Map<string, CachedSender>, key: string, sender: CachedSender): void {
  const address = sender.where
  map.delete(key)
  sender.close()
  if (linkEvents.hasSubscribers) linkEvents.publish({ link: 'sender', event: 'purged', address })
}

const linkName = (address: string): string => `openstack.org/om/sender/[${address}]/${randomUUID().replaceAll('-', '')}`
