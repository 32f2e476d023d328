// The embedded router: listens, gives each connection the address table of its virtual host, and ends in order.

import { randomUUID } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Connection, Listener, ListenOptions } from '../amqp/index.ts'
import { listen } from '../amqp/index.ts'
import { monotonicMs, startDeadline } from '../support/deadline.ts'
import type { Address } from './address.ts'
import { AddressCount } from './address-count.ts'
import type { AddressTable } from './address-table.ts'
import type { ManagedHost } from './entity-type.ts'
import { RouterError, RouterListenError, RouterStoreError } from './errors.ts'
import { openLevelStore } from './level-store.ts'
import { LinkShare } from './link-share.ts'
import { LogWatch } from './log-watch.ts'
import { ManagementNode } from './management-node.ts'
import { ManagementTurns } from './management-turns.ts'
import { MemoryStore } from './memory-store.ts'
import type { MessageStore } from './message-store.ts'
import { MetricsServer } from './metrics-server.ts'
import type { ResolvedRouterOptions, RouterOptions } from './options.ts'
import { resolveRouterOptions } from './options.ts'
import { type Peer, Peers } from './peers.ts'
import { RouterEvents } from './router-events.ts'
import { RouterLinks } from './router-links.ts'
import { RouterLog } from './router-log.ts'
import { Storage } from './storage.ts'
import type { RouterCounters } from './traffic.ts'
import { Traffic } from './traffic.ts'
import { VirtualHosts } from './virtual-hosts.ts'

/**
 * A running router. A message goes to consumers that are there, and its sender hears what they made of it; or its address is a
 * queue, where it is stored until a consumer has accepted it.
 */
export class Router {
  /** Where clients connect: `amqp://127.0.0.1:PORT`, with TLS `amqps://…`. */
  readonly url: string
  readonly host: string
  readonly port: number
  /** Where it is watched: `http://127.0.0.1:PORT`, with /metrics, /livez and /readyz below. Undefined without `metrics`. */
  readonly metricsUrl: string | undefined
  readonly #listener: Listener
  readonly #core: RouterCore
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(listener: Listener, core: RouterCore) {
    const { host, port } = listener
    this.host = host
    this.port = port
    this.url = `${core.options.listen.tls ? 'amqps' : 'amqp'}://${isIPv6(host) ? `[${host}]` : host}:${port}`
    this.metricsUrl = core.metrics?.url
    this.#listener = listener
    this.#core = core
  }

  /** What it has done and what it holds now. */
  get counters(): RouterCounters {
    return this.#core.counters
  }

  /**
   * Grants no more credit, waits for the messages in flight (`drainTimeoutMs` at most), closes all connections in order,
   * stops listening and closes the store. Idempotent; never rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#core.drained()
    await this.#listener.close()
    await this.#core.close()
  }
}

/**
 * Starts a router. Resolves when clients can connect.
 *
 * @throws RouterOptionsError (`ROUTER_OPTIONS`) for a value that cannot be; UnprotectedRouterError (`ROUTER_UNPROTECTED`) when
 * it would let everybody in from other machines; RouterStoreError (`ROUTER_STORE`) when its store cannot be used;
 * RouterListenError (`ROUTER_LISTEN`) when the port, or the one for metrics, cannot be bound.
 */
export async function startRouter(options: RouterOptions = {}): Promise<Router> {
  const containerId = options.containerId ?? `oslo-messaging-router-${randomUUID().slice(0, 8)}`
  const resolved = resolveRouterOptions(options, containerId)
  const store = resolved.store === undefined ? new MemoryStore() : await openLevelStore(resolved.store)
  const core = new RouterCore(resolved, containerId, store)
  try {
    await core.prepare()
    const router = new Router(await listen(core.listenOptions), core)
    core.started(router.url)
    return router
  } catch (error) {
    await core.close()
    if (error instanceof RouterError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RouterListenError(`the router ${reason}`, { cause: error })
  }
}

interface OpenConnection {
  readonly peer: Peer
  readonly table: AddressTable
  readonly links: RouterLinks
}

/** What the connections of a router share. */
class RouterCore {
  readonly options: ResolvedRouterOptions
  readonly #containerId: string
  readonly #startedAt = monotonicMs()
  readonly #traffic = new Traffic()
  readonly #storage: Storage
  readonly #hosts: VirtualHosts
  readonly #links = new Map<Connection, OpenConnection>()
  readonly #peers: Peers
  readonly #management = new ManagementTurns()
  readonly #log: RouterLog | undefined
  readonly #events: RouterEvents | undefined
  #logWatch: LogWatch | undefined
  #metrics: MetricsServer | undefined
  #serves = false

  constructor(options: ResolvedRouterOptions, containerId: string, store: MessageStore) {
    const { log, logLevel } = options
    this.options = options
    this.#containerId = containerId
    this.#log = log && new RouterLog(log, logLevel)
    this.#events = this.#log && new RouterEvents(this.#log)
    this.#peers = new Peers(this.#events)
    this.#storage = new Storage(options.queues, store, this.#traffic)
    const count = new AddressCount(options.maxAddresses)
    this.#hosts = new VirtualHosts(options.rules, containerId, options.hostnames, count, this.#storage)
  }

  get listenOptions(): ListenOptions {
    return {
      ...this.options.listen,
      onConnection: (connection) => this.#opened(connection),
      onConnectionClosed: (connection, error) => this.#closed(connection, error),
      onRefused: (refused) => this.#events?.connectionRefused(refused),
      onLink: (request) => this.#links.get(request.connection)?.links.answer(request),
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
    log.write('info', 'router.listening', `listening on ${url}`, { url })
  }

  /** The queues that the store has kept. */
  async #restore(): Promise<void> {
    for (const queue of await this.#storage.store.load()) {
      try {
        this.#hosts.tableOf(queue.host).restoreQueue(queue.address).restore(queue)
      } catch (error) {
        const message = `the message store ${this.options.store}: a message of "${queue.address}" cannot be read`
        throw new RouterStoreError(message, { cause: error })
      }
    }
  }

  async close(): Promise<void> {
    this.#logWatch?.stop()
    await this.#storage.close()
    await this.#metrics?.close()
    if (this.#serves) this.#log?.write('info', 'router.stopped', 'stopped')
  }

  /** Resolves when nothing is in flight any more, or when it has taken too long. */
  async drained(): Promise<void> {
    const traffic = this.#traffic
    traffic.draining = true
    this.#log?.write('info', 'router.draining', `stopping: ${traffic.inFlight} messages are in flight`, {
      count: traffic.inFlight,
    })
    if (traffic.inFlight === 0) return
    await new Promise<void>((resolve) => {
      const deadline = startDeadline(this.options.drainTimeoutMs, resolve)
      traffic.onIdle = () => {
        deadline.cancel()
        resolve()
      }
    })
    traffic.onIdle = undefined
  }

  #opened(connection: Connection): void {
    this.#traffic.connections += 1
    const table = this.#hosts.enter(connection.remote.hostname)
    const { maxUnsettled, maxUnsettledBytes } = this.options
    const senders = new LinkShare(maxUnsettled, maxUnsettledBytes)
    const receivers = new LinkShare(maxUnsettled, maxUnsettledBytes)
    const peer = this.#peers.join(connection, table)
    const management = (): Address => new ManagementNode(connection, this.#managedBy(table), this.#management).address
    const links = new RouterLinks(peer, table, management, this.#traffic, senders, receivers)
    this.#links.set(connection, { peer, table, links })
    this.#events?.connectionOpened(peer, table.host)
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
    if (open) {
      this.#peers.leave(open.peer, open.table)
      this.#events?.connectionClosed(open.peer, error)
    }
    this.#hosts.leave(connection.remote.hostname)
  }
}
