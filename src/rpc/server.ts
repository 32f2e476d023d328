// An RPC server: takes requests from the bus, lets the endpoints serve them, sends what they return.
// oslo_messaging/rpc/server.py: RPCServer.
//
// A request is acknowledged when its method starts, before it has run, and never delivered again: at most once.

import type { IncomingRequest } from '../messaging/driver.ts'
import { MessageDeliveryFailureError, MessagingError } from '../messaging/errors.ts'
import { serializeFailure } from '../messaging/failure.ts'
import {
  checkStopOptions,
  MESSAGE_SERVER_NAMES,
  MessageServer,
  type MessageServerOptions,
  type StopOptions,
  type StopReport,
} from '../messaging/message-server.ts'
import { checkNames, MESSAGE_SERVER_DEFAULTS } from '../messaging/options.ts'
import type { Serializer } from '../messaging/serializer.ts'
import { TARGET_NAMES, type Target } from '../messaging/target.ts'
import { checkTransport, type Transport } from '../messaging/transport.ts'
import { monotonicMs, startDeadline } from '../support/deadline.ts'
import { reportDefect } from '../support/report-defect.ts'
import { isThenable, RpcDispatcher } from './dispatcher.ts'
import { type AccessPolicy, checkAccessPolicy, isExpectedError, type RpcEndpoint } from './endpoint.ts'
import { Heartbeat } from './heartbeat.ts'
import { RPC_DEFAULTS } from './options.ts'
import { PendingReplies } from './pending-replies.ts'
import { parseRequest, type RpcRequest } from './request.ts'
import { RpcCall } from './rpc-call.ts'

export interface RpcServerOptions extends MessageServerOptions {
  /** Which methods can be called. Default `default`: all whose names do not begin with `_`. */
  readonly accessPolicy?: AccessPolicy | undefined
  /** Turns plain data into the application's values and back. Default: none. */
  readonly serializer?: Serializer | undefined
  /** Whether callers get the stack of an error: it shows paths of this machine. Default false. */
  readonly sendTraceback?: boolean | undefined
  /** Answers the method `oslo_rpc_server_ping` with `pong`. oslo: rpc_ping_enabled. Default false. */
  readonly ping?: boolean | undefined
  /**
   * Told about every error that an endpoint did not declare as expected, and about replies that could not be sent. For logs:
   * a caller gets its error anyway. Default: the errors of casts become a defect (diagnostics channel, or a process warning).
   */
  readonly onError?: ((error: unknown, request: FailedRequest) => void) | undefined
  /** Told about a message that is no request at all. It is settled already, and the server goes on. */
  readonly onMalformed?: ((error: Error) => void) | undefined
}

/** Which request it was. */
export interface FailedRequest {
  readonly method: string | undefined
  readonly namespace: string | undefined
  readonly version: string | undefined
  readonly expectsReply: boolean
}

/** What a server listens to: any exchange, a topic, and its own name within the topic. */
export interface ServerTarget {
  readonly topic: string
  readonly server: string
  readonly exchange?: string | undefined
}

/**
 * Starts an RPC server and resolves when it can be called: by its own name, as one of its topic's servers, and by fan-out.
 *
 *     const server = await serveRpc(transport, { topic: 'compute', server: 'node-1' }, [endpoint])
 *     …
 *     await server.stop()
 *
 * At most `concurrency` methods run at a time; more is received up to the credit of the links and waits unacknowledged.
 * The subscription survives lost connections.
 *
 * Rejects with InvalidTargetError (no topic, no server), InvalidArgumentError (what cannot be an endpoint or an option),
 * MessagingTimeoutError (not up within `readyTimeoutMs`), DriverClosedError, or the reason of the aborted signal.
 */
export async function serveRpc(
  transport: Transport,
  target: ServerTarget,
  endpoints: readonly RpcEndpoint[],
  options: RpcServerOptions = {},
): Promise<RpcServer> {
  const server = new RpcServer(transport, target, endpoints, options)
  await server.start()
  return server
}

/** Replies that may be on their way without holding a place among the running methods. */
const PENDING_REPLIES = 1_000

const SERVER_NAMES: ReadonlySet<string> = new Set<keyof RpcServerOptions>([
  ...MESSAGE_SERVER_NAMES,
  'accessPolicy',
  'serializer',
  'sendTraceback',
  'ping',
  'onError',
  'onMalformed',
])

const PING_ENDPOINT = Object.freeze({ oslo_rpc_server_ping: (): string => 'pong' })

/** A running RPC server, made by `serveRpc`. */
export class RpcServer implements AsyncDisposable {
  readonly target: Target
  readonly #transport: Transport
  readonly #options: RpcServerOptions
  readonly #dispatcher: RpcDispatcher
  readonly #server: MessageServer<IncomingRequest>
  #stopped: Promise<StopReport> | undefined
  readonly #replies = new PendingReplies(PENDING_REPLIES)

  /** @internal */
  constructor(
    transport: Transport,
    target: ServerTarget,
    endpoints: readonly RpcEndpoint[],
    options: RpcServerOptions,
  ) {
    checkTransport('serveRpc', transport, 'listen')
    checkNames('target of serveRpc', target, TARGET_NAMES)
    checkNames('options of serveRpc', options, SERVER_NAMES)
    this.target = Object.freeze({ exchange: target.exchange, topic: target.topic, server: target.server })
    this.#transport = transport
    this.#options = options
    const ping = options.ping ?? RPC_DEFAULTS.rpcPingEnabled
    const all = ping && Array.isArray(endpoints) ? [...endpoints, PING_ENDPOINT] : endpoints
    this.#dispatcher = new RpcDispatcher(all, checkAccessPolicy(options.accessPolicy ?? 'default'), options.serializer)
    this.#server = new MessageServer(this.#serve, options)
  }

  /** @internal */
  start(): Promise<void> {
    return this.#server.start((handler, options) =>
      this.#transport.listen(this.target, handler, { ...options, onMalformed: this.#options.onMalformed }),
    )
  }

  /**
   * Takes no new requests, gives back those that have not started, lets those that run finish within `drainTimeoutMs`, and
   * leaves the bus. Resolves with what became of them. Idempotent.
   */
  async stop(options: StopOptions = {}): Promise<StopReport> {
    // Before it counts as stopped, so that a mistake in the options can be made good.
    checkStopOptions(options)
    this.#stopped ??= this.#stop(options)
    return await this.#stopped
  }

  async #stop(options: StopOptions): Promise<StopReport> {
    const report = await this.#server.stop(options)
    const longestMs = options.drainTimeoutMs ?? this.#options.drainTimeoutMs ?? MESSAGE_SERVER_DEFAULTS.drainTimeoutMs
    await new Promise<void>((resolve) => {
      const deadline = startDeadline(longestMs, resolve)
      void this.#replies.none().then(() => {
        deadline.cancel()
        resolve()
      })
    })
    return report
  }

  /** The same as `stop()`, for whoever does not care about the report. */
  async close(): Promise<void> {
    await this.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  readonly #serve = (incoming: IncomingRequest): Promise<void> => {
    incoming.acknowledge()
    return this.#execute(incoming)
  }

  async #execute(incoming: IncomingRequest): Promise<void> {
    let reply: Promise<void> | undefined
    try {
      ;({ reply } = await this.#answer(incoming))
    } finally {
      incoming.done()
    }
    if (reply) await this.#replies.add(reply)
  }

  /** Runs the method. The reply is on its way when this resolves; it does not reject. */
  async #answer(incoming: IncomingRequest): Promise<{ readonly reply: Promise<void> | undefined }> {
    let request: RpcRequest | undefined
    let call: RpcCall | undefined
    let heartbeat: Heartbeat | undefined
    let expected = false
    let result: unknown
    try {
      request = parseRequest(incoming.message)
      const route = this.#dispatcher.find(request)
      call = new RpcCall(request, incoming, monotonicMs(), this.#server.abandonment)
      heartbeat = Heartbeat.start(incoming)
      try {
        result = this.#dispatcher.invoke(route, incoming.context, request.args, call)
        if (isThenable(result)) result = await result
      } catch (error) {
        expected = isExpectedError(route.method, error)
        throw error
      }
    } catch (error) {
      heartbeat?.stop()
      call?.end()
      if (!expected) this.#report(error, request, incoming)
      return { reply: incoming.expectsReply ? this.#fail(incoming, request, error) : undefined }
    }
    heartbeat?.stop()
    call.end()
    return { reply: incoming.expectsReply ? this.#reply(incoming, request, result) : undefined }
  }

  async #reply(incoming: IncomingRequest, request: RpcRequest, result: unknown): Promise<void> {
    try {
      await incoming.reply(result)
    } catch (error) {
      this.#report(error, request, incoming)
      // Better than oslo, whose caller waits in vain: a result that cannot be written as JSON is an error of the method,
      // whatever was thrown (by a toJSON of its own, for instance), and so is one that is too large to send. Any other
      // MessagingError says that the way back is gone.
      const tooLarge = error instanceof MessageDeliveryFailureError && error.tooLarge
      if (tooLarge || !(error instanceof MessagingError)) await this.#fail(incoming, request, error)
    }
  }

  async #fail(incoming: IncomingRequest, request: RpcRequest | undefined, error: unknown): Promise<void> {
    try {
      await incoming.fail(serializeFailure(error, this.#options))
    } catch (cause) {
      this.#report(
        new MessageDeliveryFailureError('an error could not be sent to the caller', { cause }),
        request,
        incoming,
      )
    }
  }

  #report(error: unknown, request: RpcRequest | undefined, { expectsReply }: IncomingRequest): void {
    const { onError } = this.#options
    if (!onError) {
      // The error of a call has gone to its caller; that of a cast would vanish.
      if (!expectsReply) reportDefect(`the method "${request?.method}" of a cast`, error)
      return
    }
    try {
      onError(error, {
        method: request?.method,
        namespace: request?.namespace,
        version: request?.version,
        expectsReply,
      })
    } catch (defect) {
      reportDefect('onError of an RPC server', defect)
    }
  }
}
