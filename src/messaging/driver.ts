// THE CONTRACT between the API (rpc/, notify/) and a driver (amqp1/, memory-driver.ts).
//
// Nobody above this file knows which protocol carries a message; nobody below it knows what an endpoint is.
// It says what a driver promises: the delivery guarantee, when a promise settles, and which errors may leave.
// The conformance suite (test/conformance) runs the same cases against every driver.
//
// Modelled on oslo_messaging/_drivers/base.py: BaseDriver, IncomingMessage, RpcIncomingMessage, Listener.

import type { JsonObject } from './json.ts'
import type { RemoteErrorRegistry } from './remote-errors.ts'
import type { Target } from './target.ts'
import type { TransportUrl } from './transport-url.ts'

/** A message as the API hands it over: plain data, already serialized. */
export interface Envelope {
  /** What oslo calls the message: `{method, args, …}` for RPC, `{message_id, event_type, …}` for a notification. */
  readonly message: JsonObject
  /** The request context: travels beside the message. */
  readonly context: JsonObject
}

/** What every send understands. */
export interface SendOptions {
  /** Milliseconds until the send is given up. Covers connecting, waiting for link and credit, and the outcome. Default: the driver's. */
  readonly timeoutMs?: number | undefined
  /**
   * How often it may be sent again: -1 without limit, 0 never. Default -1. A call or cast only while it has certainly not been
   * delivered; a notification also when nobody knows.
   */
  readonly retry?: number | undefined
  /** Gives the send up. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface CallOptions extends SendOptions {
  /** Milliseconds until the reply has to be there; it travels with the message as its time to live. */
  readonly timeoutMs: number
  /** Milliseconds without reply or heartbeat after which the call is given up, although `timeoutMs` has not passed. */
  readonly callMonitorTimeoutMs?: number | undefined
  /** A call that was sent waits on for its time-outs when its reply can hardly come any more: the way back is lost. Default: it fails at once. */
  readonly waitAfterLoss?: boolean | undefined
}

export interface NotifyOptions extends SendOptions {
  /** 1: the bare message (oslo's `messaging`); 2: in the 2.0 envelope (oslo's `messagingv2`). */
  readonly format: 1 | 2
}

export interface ListenOptions {
  /** Milliseconds within which the subscription must be up (its links attached, its credit out), else `listen` rejects. 0: do not wait. Default 30 000. */
  readonly readyTimeoutMs?: number | undefined
  /** Gives up waiting for the subscription. */
  readonly signal?: AbortSignal | undefined
  /** Messages of each address that must be able to be here at a time, whatever the driver's own options say. */
  readonly minCredit?: number | undefined
  /**
   * Of notifications: the name of a subscription that listeners share. Each pool of an address gets each event once, and so do those
   * without a pool. Default: none.
   */
  readonly pool?: string | undefined
  /** Told about a message that is no request (not JSON, not an object, …). The driver has settled it; the subscription goes on. */
  readonly onMalformed?: ((error: Error) => void) | undefined
}

/** One received message. Settling twice is harmless: the first wins. Settling after the link is lost does nothing. */
export interface IncomingMessage {
  readonly message: JsonObject
  readonly context: JsonObject
  /** It arrived settled: it cannot be given back, so a server that stops runs it. Absent: false. */
  readonly settled?: boolean
  /** Deliveries before this one that failed, as far as the bus counts them (AMQP: delivery-count). Absent: none is known. */
  readonly deliveryCount?: number | undefined
  /** Takes the message off the bus (AMQP: accepted). */
  acknowledge(): void
  /** Gives it back, to be delivered again to anyone (AMQP: released). */
  requeue(): void
  /** Refuses it for good: nobody could make sense of it (AMQP: rejected). */
  reject(reason: string): void
  /**
   * The application is finished with it: the credit that it took goes back to the bus. Called once for every message that
   * was handed over, after its handler ended or it was given back; so a slow handler slows its senders, and at most the
   * configured credit of messages waits in memory.
   */
  done(): void
}

/** One received request. */
export interface IncomingRequest extends IncomingMessage {
  /** False for a cast: `reply`, `fail` and `heartbeat` then do nothing. */
  readonly expectsReply: boolean
  /** Milliseconds that the caller allows between two signs of life; `undefined`: it does not monitor. */
  readonly callMonitorTimeoutMs: number | undefined
  /** Milliseconds that were left of the caller's time-out when the message was sent; `undefined`: none was given. */
  readonly ttlMs: number | undefined
  /**
   * Sends the result. Resolves when it left under credit (settled) or with its outcome (unsettled).
   * Rejects with MessageDeliveryFailureError, or a TypeError when the result cannot be expressed in JSON.
   */
  reply(result: unknown): Promise<void>
  /** Sends an error (see failure.ts for the text). Settles like `reply`. */
  fail(failure: string): Promise<void>
  /** Tells a monitoring caller that the request is still being worked on. Settles like `reply`. */
  heartbeat(): Promise<void>
}

/**
 * A listener's links. The driver re-creates them after every loss, for as long as the subscription is open.
 * At most the configured credit of messages per link is handed over and not yet released (see `done`).
 */
export interface Subscription {
  /** Stops new messages: withdraws credit and detaches. What was handed over can still be settled and answered. Idempotent; never rejects. */
  stop(): Promise<void>
  /** After `stop()`: what is still not settled is the bus's again, whatever becomes of it here. Absent: it stays until the driver is closed. */
  abandon?(): void
}

/** Where a driver delivers. Called synchronously, once a message; must not throw (a driver treats that as a defect and reports it). */
export type RequestHandler = (request: IncomingRequest) => void
export type NotificationHandler = (notification: IncomingNotification) => void

export interface IncomingNotification extends IncomingMessage {
  /** The priority under whose address it was received, in lower case. */
  readonly priority: string
}

export interface NotificationSource {
  readonly target: Target
  /** Lower case; the address is that of the topic `<topic>.<priority>`. */
  readonly priority: string
}

/** What an application may ask about before it relies on it. */
export interface DriverFeatures {
  /** `requeue()` really brings the message back. */
  readonly requeue: boolean
  /** Notifications of one address that a listener may hold. Absent: not known. */
  readonly notificationCredit?: number
}

/**
 * Every promise settles: by its deadline, on abort, and on `close()`. Every error is a MessagingError.
 *
 * Guarantees: a call and a cast are delivered at most once (never sent again once they may have arrived). A notification
 * is acknowledged by whoever holds it: by the queue that stores it, else by the consumer behind a router. It is delivered at
 * least once: sent again, the same to the byte, until it is acknowledged or its retries or its time are over.
 */
export interface Driver {
  readonly features: DriverFeatures

  /**
   * Sends a request and waits for its reply. Resolves with the result.
   * Rejects with: MessagingTimeoutError (no reply in time), MessageDeliveryFailureError (certainly or possibly not
   * delivered), RemoteError or what the registry made of it (the endpoint failed), DriverClosedError, the abort reason.
   */
  call(target: Target, envelope: Envelope, options: CallOptions): Promise<unknown>

  /**
   * Sends a request without reply; to all servers of the topic when `target.fanout`.
   * Resolves when it left under credit (sent settled) or was accepted (sent unsettled).
   * Rejects with MessageDeliveryFailureError, DriverClosedError, the abort reason.
   */
  cast(target: Target, envelope: Envelope, options: SendOptions): Promise<void>

  /** Publishes to `target.topic` (already `<topic>.<priority>`). Resolves when stored or processed. Rejects like `cast`. */
  notify(target: Target, envelope: Envelope, options: NotifyOptions): Promise<void>

  /**
   * Subscribes to the three addresses of a server: its own, its group's, everybody's.
   * Resolves when all links have credit out. Rejects with MessagingTimeoutError when that takes longer than
   * `readyTimeoutMs` (and unsubscribes), DriverClosedError, the abort reason.
   */
  listen(target: Target, handler: RequestHandler, options: ListenOptions): Promise<Subscription>

  /**
   * Subscribes to the address of each source. Settles like `listen`; besides rejects with NotSupportedError when the bus has nothing
   * for a pool.
   */
  listenForNotifications(
    sources: readonly NotificationSource[],
    handler: NotificationHandler,
    options: ListenOptions,
  ): Promise<Subscription>

  /** Flushes what left under credit, closes everything, rejects all that waits with DriverClosedError. Idempotent; never rejects. */
  close(): Promise<void>
}

/** What every driver is given besides its url. */
export interface DriverContext {
  /** The exchange of targets that name none. oslo: `control_exchange`. The driver fills it in, because its own options may come before it. */
  readonly controlExchange: string
  /** The options of the driver's group, by their oslo name (`idle_timeout`, …). The driver checks them. The url's query wins over them. */
  readonly options: Readonly<Record<string, unknown>>
  /** The errors that a reply may bring to life as the application's own class. oslo: `allowed_remote_exmods`. */
  readonly allowedRemoteErrors: RemoteErrorRegistry
}

/** How drivers.ts makes one. Throws InvalidTransportUrlError or an options error; connects lazily, never here. */
export type DriverFactory = (url: TransportUrl, context: DriverContext) => Driver
