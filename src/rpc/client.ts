// The calling side of RPC. oslo_messaging/rpc/client.py: RPCClient.

import type { CallOptions, Envelope } from '../messaging/driver.ts'
import { InvalidArgumentError, InvalidTargetError } from '../messaging/errors.ts'
import { checkNames, durationMs, retryCount } from '../messaging/options.ts'
import type { SerializedContext, Serializer } from '../messaging/serializer.ts'
import { TARGET_NAMES, type Target } from '../messaging/target.ts'
import { checkTransport, type Transport } from '../messaging/transport.ts'
import { checkVersion, versionIsCompatible } from '../messaging/version.ts'
import type { AnyApi, MethodName, RequestRest, ResultOf } from './api-types.ts'
import { RpcVersionCapError } from './errors.ts'
import { warnOfCloseMonitor } from './monitor-warning.ts'
import { RPC_DEFAULTS } from './options.ts'
import { makeProxy, type RpcProxy } from './proxy.ts'
import { buildRequest, type RpcArgs } from './request.ts'

/** What holds for all requests of a client, where a request does not say otherwise. */
export interface RpcClientOptions {
  /** Milliseconds until the reply to a call has to be there. oslo: rpc_response_timeout. Default 60 000. */
  readonly timeoutMs?: number | undefined
  /**
   * Milliseconds without a reply or a heartbeat of the server after which a call is given up early. Default: not monitored. Servers
   * of Python's oslo.messaging send no heartbeats for less than 2 000; a smaller one is warned of, once for each transport.
   */
  readonly callMonitorTimeoutMs?: number | undefined
  /** How often a message that was certainly not delivered is sent again: -1 without limit, 0 never. Default -1. */
  readonly retry?: number | undefined
  /** The newest version that requests may have, while older servers are still running. Default: any. */
  readonly versionCap?: string | undefined
  /** Turns the application's values into plain data and back. Default: none. */
  readonly serializer?: Serializer | undefined
}

/** What one cast can say. */
export interface RpcCastOptions {
  /** Milliseconds until a cast is given up that could not leave. Default: the driver's, 30 000. */
  readonly timeoutMs?: number | undefined
  /** How often it is sent again. Default: the client's. */
  readonly retry?: number | undefined
  /** Gives it up: the promise rejects with the signal's reason. What was sent is not called back. */
  readonly signal?: AbortSignal | undefined
}

/** What one call can say. */
export interface RpcCallOptions extends RpcCastOptions {
  /** Milliseconds until the reply has to be there. Default: the client's. */
  readonly timeoutMs?: number | undefined
  /** Milliseconds without a reply or a heartbeat. Default: the client's. */
  readonly callMonitorTimeoutMs?: number | undefined
  /**
   * A call whose connection is lost once it was sent cannot expect its reply any more: it fails at once, `inDoubt`. True: it waits
   * for its time-outs all the same, as Python's does, and rejects with MessagingTimeoutError. Default false.
   */
  readonly waitAfterLoss?: boolean | undefined
}

/** What `prepare` replaces: undefined keeps what the client has, null takes it away. */
export type PrepareOptions = {
  readonly [K in 'exchange' | 'topic' | 'namespace' | 'version' | 'server']?: string | null | undefined
} & {
  readonly fanout?: boolean | null | undefined
  readonly versionCap?: string | null | undefined
} & { readonly [K in 'timeoutMs' | 'callMonitorTimeoutMs' | 'retry']?: number | null | undefined }

const CLIENT_NAMES: ReadonlySet<string> = new Set<keyof RpcClientOptions>([
  'timeoutMs',
  'callMonitorTimeoutMs',
  'retry',
  'versionCap',
  'serializer',
])
const CAST_NAMES: ReadonlySet<string> = new Set<keyof RpcCastOptions>(['timeoutMs', 'retry', 'signal'])
const CALL_NAMES: ReadonlySet<string> = new Set([...CAST_NAMES, 'callMonitorTimeoutMs', 'waitAfterLoss'])
const PREPARE_NAMES: ReadonlySet<string> = new Set<keyof PrepareOptions>([
  'exchange',
  'topic',
  'namespace',
  'version',
  'server',
  'fanout',
  'versionCap',
  'timeoutMs',
  'callMonitorTimeoutMs',
  'retry',
])

/**
 * Calls the methods of servers: of any server of a topic, of one (`server`), or, without reply, of all (`fanout`).
 *
 *     const client = new RpcClient(transport, { topic: 'compute' })
 *     const answer = await client.call(context, 'reboot', { id: 7 }, { timeoutMs: 5000 })
 *     await client.prepare({ server: 'node-1' }).cast(context, 'refresh')
 *
 * A request is delivered at most once: after an error it may or may not have run. Clients are cheap, hold nothing, and need
 * no closing. With an interface, `new RpcClient<ComputeApi>(…)`, the compiler checks methods, arguments and results.
 */
export class RpcClient<Api extends object = AnyApi> {
  readonly target: Target
  readonly #transport: Transport
  readonly #options: RpcClientOptions
  readonly #timeoutMs: number
  readonly #monitorMs: number | undefined
  readonly #retry: number | undefined
  /** Of calls that say nothing themselves, which are most. */
  readonly #callDefaults: CallOptions

  /** Throws InvalidVersionError and InvalidArgumentError for options that cannot be. */
  constructor(transport: Transport, target: Target, options: RpcClientOptions = {}) {
    checkTransport('RpcClient', transport, 'call')
    checkNames('target of RpcClient', target, TARGET_NAMES)
    checkNames('options of RpcClient', options, CLIENT_NAMES)
    if (target.version !== undefined) checkVersion(target.version)
    if (options.versionCap !== undefined) checkVersion(options.versionCap)
    this.target = Object.freeze({ ...target })
    this.#transport = transport
    this.#options = Object.freeze({ ...options })
    this.#timeoutMs = durationMs('timeoutMs', options.timeoutMs, RPC_DEFAULTS.rpcResponseTimeoutMs, 1)
    this.#monitorMs = durationMs('callMonitorTimeoutMs', options.callMonitorTimeoutMs, undefined, 1)
    this.#retry = retryCount(options.retry, undefined)
    warnOfCloseMonitor(transport, this.#monitorMs)
    this.#callDefaults = Object.freeze(this.#callOptions({}))
  }

  /**
   * Calls a method and resolves with what it returns (null when it returns nothing).
   *
   * Rejects with: MessagingTimeoutError: no reply in time, or no heartbeat in time. RemoteError, or an error class that the
   * transport allows: the method failed, or the server has no such method (`excType` NoSuchMethod or UnsupportedVersion).
   * MessageDeliveryFailureError: not delivered, or in doubt. RpcVersionCapError, InvalidTargetError (no topic; or fan-out,
   * which has no reply), TypeError (arguments that JSON cannot express): nothing was sent. DriverClosedError. The reason of
   * the aborted signal.
   */
  call<M extends MethodName<Api>>(
    context: object,
    method: M,
    ...rest: RequestRest<Api, M, RpcCallOptions>
  ): Promise<ResultOf<Api, M>>
  call(context: object, method: string, args?: unknown, options?: RpcCallOptions): Promise<unknown> {
    try {
      const callOptions = options === undefined ? this.#callDefaults : this.#callOptions(options)
      if (this.target.fanout) throw new InvalidTargetError('A call cannot be used with fanout', this.target)
      const envelope = this.#envelope(context, method, args)
      warnOfCloseMonitor(this.#transport, callOptions.callMonitorTimeoutMs)
      const reply = this.#transport.call(this.target, envelope, callOptions)
      const { serializer } = this.#options
      return serializer ? reply.then((entity) => serializer.deserializeEntity(context, entity)) : reply
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Invokes a method without waiting for it: of any server, of one, or with `fanout` of all. Resolves when the message left
   * under credit, or was accepted, as the driver's settings have it. What the method does nobody hears.
   *
   * Rejects like `call`, except that there is no reply to wait for: a message that could not leave in time is a
   * MessageDeliveryFailureError.
   */
  cast<M extends MethodName<Api>>(
    context: object,
    method: M,
    ...rest: RequestRest<Api, M, RpcCastOptions>
  ): Promise<void>
  cast(context: object, method: string, args?: unknown, options: RpcCastOptions = {}): Promise<void> {
    try {
      checkNames('options of cast', options, CAST_NAMES)
      return this.#transport.cast(this.target, this.#envelope(context, method, args), {
        timeoutMs: durationMs('timeoutMs', options.timeoutMs, undefined, 1),
        retry: retryCount(options.retry, this.#retry),
        signal: options.signal,
      })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * A client with some of the target and options replaced: `client.prepare({ server: 'node-1', timeoutMs: 1000 })`.
   * Throws InvalidVersionError for a version that is not `major.minor`, InvalidArgumentError for a name that does not exist.
   */
  prepare(overrides: PrepareOptions): RpcClient<Api> {
    checkNames('overrides of prepare', overrides, PREPARE_NAMES)
    const { exchange, topic, namespace, version, server, fanout, ...options } = overrides
    const target = replace<Target>(this.target, { exchange, topic, namespace, version, server, fanout })
    return new RpcClient<Api>(this.#transport, target, replace<RpcClientOptions>(this.#options, options))
  }

  /**
   * The server's methods as methods: `const compute = client.proxy(context)`, then `await compute.reboot({ id: 7 }, { timeoutMs: 5000 })`.
   * Each is `call` with that context, and rejects as it does. The names that JavaScript itself asks objects for (`then`, `toJSON`,
   * `constructor`, symbols …) are never sent: a proxy can be awaited, printed and compared without a request.
   */
  proxy(context: object): RpcProxy<Api> {
    if (typeof context !== 'object' || context === null) throw new InvalidArgumentError('context: expected an object')
    return makeProxy(this, context)
  }

  /** Whether the version cap lets requests of that version be sent. Default: the version of the target. Null: a request without version. */
  canSendVersion(version: string | null | undefined = this.target.version): boolean {
    return versionIsCompatible(this.#options.versionCap, version ?? undefined)
  }

  #callOptions(options: RpcCallOptions): CallOptions {
    checkNames('options of call', options, CALL_NAMES)
    return {
      timeoutMs: durationMs('timeoutMs', options.timeoutMs, this.#timeoutMs, 1),
      callMonitorTimeoutMs: durationMs('callMonitorTimeoutMs', options.callMonitorTimeoutMs, this.#monitorMs, 1),
      retry: retryCount(options.retry, this.#retry),
      signal: options.signal,
      waitAfterLoss: options.waitAfterLoss,
    }
  }

  #envelope(context: object, method: string, args: unknown): Envelope {
    if (typeof context !== 'object' || context === null) throw new InvalidArgumentError('context: expected an object')
    if (typeof method !== 'string') throw new InvalidArgumentError(`method: expected a name, not ${typeof method}`)
    const { versionCap, serializer } = this.#options
    if (versionCap !== undefined && !this.canSendVersion())
      throw new RpcVersionCapError(this.target.version, versionCap)
    const given = (args ?? {}) as RpcArgs
    if (typeof given !== 'object' || Array.isArray(given))
      throw new InvalidArgumentError('args: expected an object, name by name')
    if (!serializer) return { message: buildRequest(method, given, this.target), context: context as SerializedContext }
    const plain: Record<string, unknown> = Object.create(null)
    for (const name of Object.keys(given)) plain[name] = serializer.serializeEntity(context, given[name])
    const sentContext = serializer.serializeContext(context) as SerializedContext
    return { message: buildRequest(method, plain, this.target), context: sentContext }
  }
}

/** undefined keeps, null takes away. */
function replace<T extends object>(base: T, overrides: Readonly<Record<string, unknown>>): T {
  const replaced = { ...base } as Record<string, unknown>
  for (const [name, value] of Object.entries(overrides)) {
    if (value === null) delete replaced[name]
    else if (value !== undefined) replaced[name] = value
  }
  return replaced as T
}
