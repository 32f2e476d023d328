// The embedded router: how it is started and ended.

import { isIPv6 } from 'node:net'
import type { Listener } from '../amqp/index.ts'
import { listen } from '../amqp/index.ts'
import { RouterError, RouterListenError } from './errors.ts'
import { openLevelStore } from './level-store.ts'
import { mannerOf } from './manners.ts'
import { MemoryStore } from './memory-store.ts'
import type { RouterOptions } from './options.ts'
import { resolveRouterOptions } from './options.ts'
import type { RouterProbe } from './probe.ts'
import { RouterCore } from './router-core.ts'
import type { RouterCounters } from './traffic.ts'
import { Users } from './users.ts'

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
  return await startProbedRouter(options, undefined)
}

/** As `startRouter`, with somebody who stands between it and its peers. */
export async function startProbedRouter(options: RouterOptions, probe: RouterProbe | undefined): Promise<Router> {
  const containerId = options.containerId ?? mannerOf(options.as).containerId()
  const resolved = resolveRouterOptions(options, containerId)
  const users = resolved.users === undefined ? undefined : await Users.read(resolved.users)
  const store = resolved.store === undefined ? new MemoryStore() : await openLevelStore(resolved.store)
  const core = new RouterCore(resolved, containerId, store, users, probe)
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
