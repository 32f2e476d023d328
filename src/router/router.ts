// The embedded router: listens, gives each connection the address table of its virtual host, and ends in order.

import { isIPv6 } from 'node:net'
import type { Connection, Listener, ListenOptions } from '../amqp/index.ts'
import { listen } from '../amqp/index.ts'
import { startDeadline } from '../support/deadline.ts'
import { AddressCount } from './address-count.ts'
import { RouterError, RouterListenError, RouterStoreError } from './errors.ts'
import { openLevelStore } from './level-store.ts'
import { LinkShare } from './link-share.ts'
import { mannerOf } from './manners.ts'
import { MemoryStore } from './memory-store.ts'
import type { MessageStore } from './message-store.ts'
import type { ResolvedRouterOptions, RouterOptions } from './options.ts'
import { resolveRouterOptions } from './options.ts'
import type { RouterProbe } from './probe.ts'
import { RouterLinks } from './router-links.ts'
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
  readonly #listener: Listener
  readonly #core: RouterCore
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(listener: Listener, core: RouterCore) {
    const { host, port } = listener
    this.host = host
    this.port = port
    this.url = `${core.options.listen.tls ? 'amqps' : 'amqp'}://${isIPv6(host) ? `[${host}]` : host}:${port}`
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
 * RouterListenError (`ROUTER_LISTEN`) when the port cannot be bound.
 */
export async function startRouter(options: RouterOptions = {}): Promise<Router> {
  return await startProbedRouter(options, undefined)
}

/** As `startRouter`, with somebody who stands between it and its peers. */
export async function startProbedRouter(options: RouterOptions, probe: RouterProbe | undefined): Promise<Router> {
  const containerId = options.containerId ?? mannerOf(options.as).containerId()
  const resolved = resolveRouterOptions(options, containerId)
  const store = resolved.store === undefined ? new MemoryStore() : await openLevelStore(resolved.store)
  const core = new RouterCore(resolved, containerId, store, probe)
  try {
    await core.restore()
    return new Router(await listen(core.listenOptions), core)
  } catch (error) {
    await core.close()
    if (error instanceof RouterError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new RouterListenError(`the router ${reason}`, { cause: error })
  }
}

/** What the connections of a router share. */
class RouterCore {
  readonly options: ResolvedRouterOptions
  readonly #traffic = new Traffic()
  readonly #storage: Storage
  readonly #hosts: VirtualHosts
  readonly #links = new Map<Connection, RouterLinks>()
  readonly #probe: RouterProbe | undefined

  constructor(options: ResolvedRouterOptions, containerId: string, store: MessageStore, probe?: RouterProbe) {
    this.#probe = probe
    this.options = options
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
      onConnection: (connection) => this.#opened(connection),
      onConnectionClosed: (connection) => this.#closed(connection),
      onLink: (request) => {
        this.#links.get(request.connection)?.answer(request)
        this.#probe?.answered(request)
      },
    }
  }

  get counters(): RouterCounters {
    const { messages, bytes } = this.#storage.total
    return this.#traffic.snapshot(this.#hosts.addresses, messages, bytes)
  }

  /** The queues that the store has kept. */
  async restore(): Promise<void> {
    for (const queue of await this.#storage.store.load()) {
      try {
        this.#hosts.tableOf(queue.host).restoreQueue(queue.address).restore(queue)
      } catch (error) {
        const message = `the message store ${this.options.store}: a message of "${queue.address}" cannot be read`
        throw new RouterStoreError(message, { cause: error })
      }
    }
  }

  close(): Promise<void> {
    this.#hosts.end()
    return this.#storage.close()
  }

  /** Resolves when nothing is in flight any more, or when it has taken too long. */
  async drained(): Promise<void> {
    const traffic = this.#traffic
    this.#probe?.ending()
    traffic.draining = true
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
    const { nodes } = this.#hosts.enter(connection.remote.hostname)
    const { maxUnsettled, maxUnsettledBytes } = this.options
    const senders = new LinkShare(maxUnsettled, maxUnsettledBytes)
    const receivers = new LinkShare(maxUnsettled, maxUnsettledBytes)
    this.#links.set(connection, new RouterLinks(connection, nodes, this.#traffic, senders, receivers))
    this.#probe?.opened(connection)
  }

  #closed(connection: Connection): void {
    this.#traffic.connections -= 1
    this.#links.get(connection)?.ended()
    this.#links.delete(connection)
    this.#probe?.closed(connection)
    this.#hosts.leave(connection.remote.hostname)
  }
}
