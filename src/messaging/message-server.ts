// The life cycle that an RPC server and a notification listener share: subscribe, run handlers up to a bound, drain.
// oslo_messaging/server.py: MessageHandlingServer. It knows neither requests nor notifications, only incoming messages.

import { startDeadline } from '../support/deadline.ts'
import type { IncomingMessage, Subscription } from './driver.ts'
import { DriverClosedError } from './errors.ts'
import { durationMs, MESSAGE_SERVER_DEFAULTS, positiveInteger } from './options.ts'

/** What servers and listeners have in common. */
export interface MessageServerOptions {
  /** How many handlers run at a time; what is received beyond it waits unacknowledged. Default 64. */
  readonly concurrency?: number | undefined
  /** Milliseconds within which the subscription must be up, else starting rejects with MessagingTimeoutError. 0: do not wait. Default 30 000. */
  readonly readyTimeoutMs?: number | undefined
  /** Milliseconds that running handlers have to finish once `stop()` is called. Default 30 000. */
  readonly drainTimeoutMs?: number | undefined
  /** Gives up starting. Once started, aborting it stops the server as `stop()` does. */
  readonly signal?: AbortSignal | undefined
}

export interface StopOptions {
  /** Milliseconds that running handlers have to finish. Default: the server's `drainTimeoutMs`. */
  readonly drainTimeoutMs?: number | undefined
}

/** What became of the messages that a server held when it was stopped, and before. */
export interface StopReport {
  /** Handlers that ran to their end, since the start. */
  readonly done: number
  /** Messages given back untouched by `stop()`, for others to handle. */
  readonly released: number
  /** Handlers that were still running when the time to drain was over. Their results are lost. */
  readonly abandoned: number
}

/** Handles one message; must not reject. What it returns early (undefined) was handled synchronously. */
type Work<M> = (message: M) => Promise<void> | undefined

type Subscribe<M> = (handler: (message: M) => void, options: { readyTimeoutMs: number; signal?: AbortSignal }) => Promise<Subscription>

export class MessageServer<M extends IncomingMessage> {
  readonly #concurrency: number
  readonly #drainTimeoutMs: number
  readonly #work: Work<M>
  readonly #stopping = new AbortController()
  readonly #drained = Promise.withResolvers?.<void>() ?? resolvers()
  #subscription: Subscription | undefined
  /** Received and not started. Bounded by the credit of the subscription's links. */
  #waiting: M[] = []
  #running = 0
  #done = 0
  #released = 0
  #stopped: Promise<StopReport> | undefined
}
