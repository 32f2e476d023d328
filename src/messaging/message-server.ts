// The life cycle that an RPC server and a notification listener share: subscribe, run handlers up to a bound, drain.
// oslo_messaging/server.py: MessageHandlingServer. It knows neither requests nor notifications, only incoming messages.

import { addAbortListener } from '../support/abort-listener.ts'
import { monotonicMs, startDeadline } from '../support/deadline.ts'
import { describeValue } from '../support/describe-value.ts'
import { reportDefect } from '../support/report-defect.ts'
import type { IncomingMessage, Subscription } from './driver.ts'
import { DriverClosedError, InvalidArgumentError } from './errors.ts'
import { checkNames, durationMs, MESSAGE_SERVER_DEFAULTS, positiveInteger } from './options.ts'

/** What servers and listeners have in common. */
export interface MessageServerOptions {
  /** How many handlers run at a time; what is received beyond it waits unacknowledged. Default 64. */
  readonly concurrency?: number | undefined
  /** Milliseconds within which the subscription must be up, else starting rejects with MessagingTimeoutError. 0: do not wait. Default 30 000. */
  readonly readyTimeoutMs?: number | undefined
  /** Milliseconds that running handlers have to finish once `stop()` is called. Default 30 000. */
  readonly drainTimeoutMs?: number | undefined
  /** Gives up starting; once started, aborting it stops the server as `stop()` does. */
  readonly signal?: AbortSignal | undefined
}

export interface StopOptions {
  /** Milliseconds that running handlers have to finish. Default: the server's `drainTimeoutMs`. */
  readonly drainTimeoutMs?: number | undefined
}

/** What became of the messages of a server that was stopped. */
export interface StopReport {
  /** Handlers that ran to their end, since the start. */
  readonly done: number
  /** Messages that `stop()` gave back untouched, for others to handle. */
  readonly released: number
  /** Messages whose handlers had not ended when the time to drain was over. What they have not acknowledged is delivered again. */
  readonly lost: number
}

/** The names in MessageServerOptions, for those who add their own. */
export const MESSAGE_SERVER_NAMES = ['concurrency', 'readyTimeoutMs', 'drainTimeoutMs', 'signal'] as const
const STOP_NAMES: ReadonlySet<string> = new Set<keyof StopOptions>(['drainTimeoutMs'])

/** Throws InvalidArgumentError for a name that does not exist and for a time that is none. */
export function checkStopOptions(options: StopOptions): void {
  checkNames('options of stop', options, STOP_NAMES)
  durationMs('drainTimeoutMs', options.drainTimeoutMs, undefined)
}

/** How the work on a message ended: it was done, or the message was given back untouched. */
// biome-ignore lint/suspicious/noConfusingVoidType: work that says nothing is done, as nearly all is
export type WorkEnd = 'released' | void

/**
 * Handles one message: settles it, and calls its `done()` when nothing of it is left to do. Must not reject. Returns undefined
 * when it has ended already.
 */
export type MessageWork<M> = (message: M) => Promise<WorkEnd> | undefined

export type Subscribe<M> = (
  handler: (message: M) => void,
  options: { readonly readyTimeoutMs: number; readonly signal: AbortSignal | undefined },
) => Promise<Subscription>

type Status = 'open' | 'stopping' | 'stopped'

function checkedSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || typeof signal?.addEventListener === 'function') return signal
  throw new InvalidArgumentError(`signal: expected an AbortSignal, not ${describeValue(signal)}`)
}

export class MessageServer<M extends IncomingMessage> {
  readonly #work: MessageWork<M>
  readonly #onStopping: (() => void) | undefined
  readonly #concurrency: number
  readonly #readyTimeoutMs: number
  readonly #drainTimeoutMs: number
  readonly #signal: AbortSignal | undefined
  /** Aborted when the time to drain is over: handlers see it as their own signal. */
  readonly #abandonment = new AbortController()
  #status: Status = 'open'
  #subscription: Subscription | undefined
  /** Received and not started. Bounded by the credit of the subscription's links. */
  #waiting: M[] = []
  #running = 0
  #done = 0
  #released = 0
  #onIdle: (() => void) | undefined
  #stopped: Promise<StopReport> | undefined

  /** `onStopping` is called once, when no new messages can come: to give back what is kept outside. */
  constructor(work: MessageWork<M>, options: MessageServerOptions, onStopping?: () => void) {
    this.#work = work
    this.#onStopping = onStopping
    this.#concurrency = positiveInteger('concurrency', options.concurrency, MESSAGE_SERVER_DEFAULTS.concurrency)
    this.#readyTimeoutMs = durationMs('readyTimeoutMs', options.readyTimeoutMs, MESSAGE_SERVER_DEFAULTS.readyTimeoutMs)
    this.#drainTimeoutMs = durationMs('drainTimeoutMs', options.drainTimeoutMs, MESSAGE_SERVER_DEFAULTS.drainTimeoutMs)
    this.#signal = checkedSignal(options.signal)
  }

  /** Aborted when handlers need not go on: their server was stopped and the time to drain is over. */
  get abandonment(): AbortSignal {
    return this.#abandonment.signal
  }

  /** Resolves when the subscription is up; rejects with what `subscribe` rejects with. To be called once. */
  async start(subscribe: Subscribe<M>): Promise<void> {
    try {
      this.#subscription = await subscribe(this.#receive, {
        readyTimeoutMs: this.#readyTimeoutMs,
        signal: this.#signal,
      })
    } catch (error) {
      void this.stop({ drainTimeoutMs: 0 })
      throw error
    }
    if (this.#signal?.aborted) this.#onAbort()
    else if (this.#signal) addAbortListener(this.#signal, this.#onAbort)
  }

  /** Idempotent: the first call decides, later ones get the same report. Rejects only for options that cannot be. */
  async stop(options: StopOptions = {}): Promise<StopReport> {
    checkStopOptions(options)
    this.#stopped ??= this.#stop(durationMs('drainTimeoutMs', options.drainTimeoutMs, this.#drainTimeoutMs))
    return await this.#stopped
  }

  readonly #onAbort = (): void => {
    void this.stop()
  }

  async #stop(drainTimeoutMs: number): Promise<StopReport> {
    this.#status = 'stopping'
    this.#signal?.removeEventListener('abort', this.#onAbort)
    const startedAt = monotonicMs()
    // No new messages first: else what is given back could come straight back.
    const detached = this.#subscription?.stop()
    this.#giveBackWaiting()
    this.#onStopping?.()
    await detached
    // Only now is it known what runs: messages that arrived settled were still taken.
    await this.#idle(drainTimeoutMs - (monotonicMs() - startedAt))
    this.#status = 'stopped'
    const lost = this.#running + this.#waiting.length
    for (const message of this.#waiting.splice(0)) message.done()
    if (lost > 0) {
      this.#subscription?.abandon?.()
      this.#abandonment.abort(
        new DriverClosedError(`the server was stopped, and its handler did not end within ${drainTimeoutMs} ms`),
      )
    }
    return { done: this.#done, released: this.#released, lost }
  }

  readonly #receive = (message: M): void => {
    if (this.#status !== 'open') this.#receiveLate(message)
    else if (this.#running < this.#concurrency) this.#run(message)
    else this.#waiting.push(message)
  }

  /** It was on its way when the server stopped. What arrived settled cannot be given back. */
  #receiveLate(message: M): void {
    if (!message.settled || this.#status === 'stopped') this.#giveBack(message)
    else if (this.#running < this.#concurrency) this.#run(message)
    else this.#waiting.push(message)
  }

  #giveBack(message: M): void {
    this.#released += 1
    message.requeue()
    message.done()
  }

  #giveBackWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = waiting.filter((message) => message.settled)
    for (const message of waiting) if (!message.settled) this.#giveBack(message)
  }

  #run(message: M): void {
    this.#running += 1
    this.#handle(message)
  }

  /** Handles it, and those that wait as long as one after the other ends at once: in a loop, however many there are. */
  #handle(first: M): void {
    for (let message: M | undefined = first; message !== undefined; message = this.#next()) {
      const pending = this.#begin(message)
      if (pending) return void pending.then(this.#finished, this.#failed)
    }
  }

  #begin(message: M): Promise<WorkEnd> | undefined {
    try {
      return this.#work(message)
    } catch (error) {
      reportDefect('the handling of a message', error)
      return undefined
    }
  }

  /** One has ended. Returns the one that takes its place. */
  #next(end?: WorkEnd): M | undefined {
    if (end === 'released') this.#released += 1
    else this.#done += 1
    if (this.#waiting.length > 0) return this.#waiting.shift()
    this.#running -= 1
    if (this.#running === 0) this.#onIdle?.()
    return undefined
  }

  readonly #finished = (end?: WorkEnd): void => {
    const next = this.#next(end)
    if (next !== undefined) this.#handle(next)
  }

  readonly #failed = (error: unknown): void => {
    reportDefect('the handling of a message', error)
    this.#finished()
  }

  async #idle(timeoutMs: number): Promise<void> {
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      const deadline = startDeadline(timeoutMs, resolve)
      this.#onIdle = () => {
        deadline.cancel()
        resolve()
      }
    })
    this.#onIdle = undefined
  }
}
