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
import { startDeadline } from '../support/deadline.ts'
import { reportDefect } from '../support/report-defect.ts'
import { isThenable, RpcDispatcher } from './dispatcher.ts'
import { type AccessPolicy, checkAccessPolicy, type RpcEndpoint } from './endpoint.ts'
import { MethodRun } from './method-run.ts'
import { RPC_DEFAULTS } from './options.ts'
import { PendingReplies } from './pending-replies.ts'

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

  /** A method that returns its result, and not a promise of it, costs no turn of the promise queue. */
  readonly #serve = (incoming: IncomingRequest): Promise<void> | undefined => {
    incoming.acknowledge()
    const run = new MethodRun(incoming)
    let result: unknown
    let pending = false
    try {
      result = run.start(this.#dispatcher, this.#server.abandonment)
      pending = isThenable(result)
    } catch (error) {
      return this.#failed(run, error)
    }
    return pending ? this.#awaited(run, result) : this.#succeeded(run, result)
  }

  async #awaited(run: MethodRun, pending: unknown): Promise<void> {
    let result: unknown
    try {
      result = await pending
    } catch (error) {
      return await this.#failed(run, error)
    }
    await this.#succeeded(run, result)
  }

  /** Returns what the method's place has to wait for, as PendingReplies has it. */
  #succeeded(run: MethodRun, result: unknown): Promise<void> | undefined {
    run.end()
    const { incoming } = run
    const reply = incoming.expectsReply ? incoming.reply(result) : undefined
    incoming.done()
    return reply && this.#replies.add(reply, (error) => this.#replyFailed(run, error))
  }

  #failed(run: MethodRun, error: unknown): Promise<void> | undefined {
    run.end()
    const { incoming } = run
    if (!run.expects(error)) this.#report(error, run)
    const reply = incoming.expectsReply ? this.#fail(run, error) : undefined
    incoming.done()
    return reply && this.#replies.add(reply)
  }

  async #replyFailed(run: MethodRun, error: unknown): Promise<void> {
    this.#report(error, run)
    // Better than oslo, whose caller waits in vain: a result that cannot be written as JSON is an error of the method,
    // whatever was thrown (by a toJSON of its own, for instance), and so is one that is too large to send. Any other
    // MessagingError says that the way back is gone.
    const tooLarge = error instanceof MessageDeliveryFailureError && error.tooLarge
    if (tooLarge || !(error instanceof MessagingError)) await this.#fail(run, error)
  }

  async #fail(run: MethodRun, error: unknown): Promise<void> {
    try {
      await run.incoming.fail(serializeFailure(error, this.#options))
    } catch (cause) {
      this.#report(new MessageDeliveryFailureError('an error could not be sent to the caller', { cause }), run)
    }
  }

  #report(error: unknown, { request, incoming: { expectsReply } }: MethodRun): void {
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
