// What the connections of a router share, and how they come and go.

import type { Connection, ListenOptions } from '../amqp/index.ts'
import { ConnectionError } from '../amqp/index.ts'
import { monotonicMs, startRealDeadline } from '../support/deadline.ts'
import type { Address } from './address.ts'
import { AddressCount } from './address-count.ts'
import type { AddressTable } from './address-table.ts'
import type { ManagedHost } from './entity-type.ts'
import { RouterStoreError } from './errors.ts'
import { LinkShare } from './link-share.ts'
import { LogWatch } from './log-watch.ts'
import { ManagementNode } from './management-node.ts'
import { ManagementTurns } from './management-turns.ts'
import type { MessageStore } from './message-store.ts'
import { MetricsServer } from './metrics-server.ts'
import type { ResolvedRouterOptions } from './options.ts'
import { PeerAccess } from './peer-access.ts'
import { type Peer, Peers } from './peers.ts'
import type { RouterProbe } from './probe.ts'
import { RouterEvents } from './router-events.ts'
import { RouterLinks } from './router-links.ts'
import { RouterLog } from './router-log.ts'
import { Storage } from './storage.ts'
import type { RouterCounters } from './traffic.ts'
import { Traffic } from './traffic.ts'
import type { Users } from './users.ts'
import { VirtualHosts } from './virtual-hosts.ts'

interface OpenConnection {
  readonly peer: Peer
  readonly table: AddressTable
  readonly links: RouterLinks
}

export class RouterCore {
  readonly options: ResolvedRouterOptions
  readonly #containerId: string
  readonly #startedAt = monotonicMs()
  readonly #traffic = new Traffic()
  readonly #storage: Storage
  readonly #hosts: VirtualHosts
  readonly #links = new Map<Connection, OpenConnection>()
  readonly #users: Users | undefined
  readonly #probe: RouterProbe | undefined
  readonly #peers: Peers
  readonly #management = new ManagementTurns()
  readonly #log: RouterLog | undefined
  readonly #events: RouterEvents | undefined
  #logWatch: LogWatch | undefined
  #metrics: MetricsServer | undefined
  #serves = false

  constructor(
    options: ResolvedRouterOptions,
    containerId: string,
    store: MessageStore,
    users: Users | undefined,
    probe: RouterProbe | undefined,
  ) {
    this.#users = users
    this.#probe = probe
    const { log, logLevel } = options
    this.options = options
    this.#containerId = containerId
    this.#log = log && new RouterLog(log, logLevel)
    this.#events = this.#log && new RouterEvents(this.#log)
    this.#peers = new Peers(this.#events)
    this.#storage = new Storage(options.queues, store, this.#traffic)
    const count = new AddressCount(options.maxAddresses)
    const forwarding = { dropSettledOfSlow: options.dropSettledOfSlow, probe }
    this.#hosts = new VirtualHosts(
      options.rules,
      containerId,
      options.hostnames,
      count,
      this.#storage,
      options.manner,
      forwarding,
    )
  }

  get listenOptions(): ListenOptions {
    return {
      ...this.options.listen,
      ...(this.#users ? { sasl: this.#users.saslOptions(this.options.listen.sasl) } : {}),
      onConnection: (connection) => this.#opened(connection),
      onConnectionClosed: (connection, error) => this.#closed(connection, error),
      onRefused: (refused) => this.#events?.connectionRefused(refused),
      onLink: (request) => {
        this.#links.get(request.connection)?.links.answer(request)
        this.#probe?.answered(request)
      },
    }
  }

  get counters(): RouterCounters {
    const { messages, bytes } = this.#storage.total
    return this.#traffic.snapshot(this.#hosts.addresses, messages, bytes)
  }

  get metrics(): MetricsServer | undefined {
    return this.#metrics
  }

  get storeBroken(): boolean {
    return this.#storage.store.broken
  }

  /** Why it takes no new work now, in words. */
  get unready(): string | undefined {
    if (this.#traffic.draining) return 'draining'
    if (!this.#serves) return 'starting'
    return this.storeBroken ? 'the message store fails' : undefined
  }

  /** What comes before the first connection. */
  async prepare(): Promise<void> {
    const { metrics } = this.options
    if (metrics) this.#metrics = await MetricsServer.listen(metrics, this)
    await this.#restore()
  }

  /** Connections are taken from now on. */
  started(url: string): void {
    this.#serves = true
    const log = this.#log
    if (!log) return
    this.#logWatch = new LogWatch(log, this)
    this.#traffic.onStalled = (address, description) => this.#events?.subscriberDetached(address, description)
    this.#traffic.onPoolExpired = (address, messages) => this.#events?.poolExpired(address, messages)
    log.write('info', 'router.listening', `listening on ${url}`, { url })
  }

  /** The queues that the store has kept. */
  async #restore(): Promise<void> {
    for (const queue of await this.#storage.store.load()) {
      try {
        this.#hosts.restore(queue)
      } catch (error) {
        const message = `the message store ${this.options.store}: a message of "${queue.address}" cannot be read`
        throw new RouterStoreError(message, { cause: error })
      }
    }
  }

  async close(): Promise<void> {
    this.#users?.end()
    this.#logWatch?.stop()
    this.#hosts.end()
    await this.#storage.close()
    await this.#metrics?.close()
    if (this.#serves) this.#log?.write('info', 'router.stopped', 'stopped')
  }

  /** Resolves when nothing is in flight any more, or when it has taken too long. */
  async drained(): Promise<void> {
    const traffic = this.#traffic
    this.#probe?.ending()
    traffic.draining = true
    this.#log?.write('info', 'router.draining', `stopping: ${traffic.inFlight} messages are in flight`, {
      count: traffic.inFlight,
    })
    if (traffic.inFlight === 0) return
    await new Promise<void>((resolve) => {
      const deadline = startRealDeadline(this.options.drainTimeoutMs, resolve)
      traffic.onIdle = () => {
        deadline.cancel()
        resolve()
      }
    })
    traffic.onIdle = undefined
  }

  #opened(connection: Connection): void {
    this.#traffic.connections += 1
    const { table, nodes } = this.#hosts.enter(connection.remote.hostname)
    const user = this.#users?.find(connection.username)
    if (user?.hosts?.has(table.host) === false) return this.#refuse(connection, table.host)
    const access = user?.access && new PeerAccess(user.access, nodes)
    const { maxUnsettled, maxUnsettledBytes } = this.options
    const senders = new LinkShare(maxUnsettled, maxUnsettledBytes)
    const receivers = new LinkShare(maxUnsettled, maxUnsettledBytes)
    const peer = this.#peers.join(connection, table)
    const management = (): Address => new ManagementNode(connection, this.#managedBy(table), this.#management).address
    const links = new RouterLinks(peer, nodes, management, this.#traffic, senders, receivers, access)
    this.#links.set(connection, { peer, table, links })
    this.#events?.connectionOpened(peer, table.host)
    this.#probe?.opened(connection)
  }

  /** It is open, so it hears why. */
  #refuse(connection: Connection, virtualHost: string): void {
    const condition = 'amqp:unauthorized-access'
    const description = `this user may not open the virtual host "${virtualHost}"`
    const { remoteAddress, username } = connection
    const error = new ConnectionError(`${description}, of "${username}"`, { origin: 'local', condition })
    this.#events?.connectionRefused({ remoteAddress, username, error })
    void connection.close({ condition, description })
  }

  #managedBy(table: AddressTable): ManagedHost {
    const { version, listen } = this.options
    const router = { id: this.#containerId, version, tls: listen.tls !== undefined, startedAt: this.#startedAt }
    return { router, table, peers: this.#peers.of(table) }
  }

  #closed(connection: Connection, error: Error | undefined): void {
    this.#traffic.connections -= 1
    const open = this.#links.get(connection)
    this.#links.delete(connection)
    this.#probe?.closed(connection)
    if (open) {
      open.links.ended()
      this.#peers.leave(open.peer, open.table)
      this.#events?.connectionClosed(open.peer, error)
    }
    this.#hosts.leave(connection.remote.hostname)
  }
}
