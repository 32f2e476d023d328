import type { IncomingRequest } from '../messaging/driver.ts'
import { MessagingTimeoutError } from '../messaging/errors.ts'
import { addAbortListener } from '../support/abort-listener.ts'
import { type Deadline, monotonicMs, startDeadline } from '../support/deadline.ts'
import type { RpcRequest } from './request.ts'

/**
 * What a method can know about the call that it serves: its third argument.
 *
 *     async migrate(context, { id }, call) {
 *       await fetch(url, { signal: call.signal })
 *     }
 */
export class RpcCall {
  /** The method as the caller named it. */
  readonly method: string
  readonly namespace: string | undefined
  readonly version: string
  /** False for a cast: nobody waits for what the method returns. */
  readonly expectsReply: boolean
  readonly #ttlMs: number | undefined
  readonly #receivedAt: number
  readonly #abandonment: AbortSignal
  #controller: AbortController | undefined
  #deadline: Deadline | undefined
  #ended = false

  constructor(request: RpcRequest, incoming: IncomingRequest, receivedAt: number, abandonment: AbortSignal) {
    this.method = request.method
    this.namespace = request.namespace
    this.version = request.version
    this.expectsReply = incoming.expectsReply
    this.#ttlMs = incoming.ttlMs
    this.#receivedAt = receivedAt
    this.#abandonment = abandonment
  }

  /** Milliseconds that are left before the caller gives up, as far as this side can know; undefined: the caller named no time. Never negative. */
  get remainingMs(): number | undefined {
    return this.#ttlMs === undefined ? undefined : Math.max(0, this.#receivedAt + this.#ttlMs - monotonicMs())
  }

  /**
   * Aborted when the result is no longer of use: the caller's time is over (reason: MessagingTimeoutError), or the server was
   * stopped and its time to drain is over.
   */
  get signal(): AbortSignal {
    this.#controller ??= this.#watch(new AbortController())
    return this.#controller.signal
  }

  /** @internal The method ended: nothing is aborted any more. */
  end(): void {
    this.#ended = true
    if (!this.#controller) return
    this.#deadline?.cancel()
    this.#abandonment.removeEventListener('abort', this.#onAbandoned)
  }

  /** Made on demand: most methods never look. */
  #watch(controller: AbortController): AbortController {
    if (this.#ended) return controller
    if (this.#abandonment.aborted) {
      controller.abort(this.#abandonment.reason)
      return controller
    }
    addAbortListener(this.#abandonment, this.#onAbandoned)
    const remainingMs = this.remainingMs
    if (remainingMs !== undefined) {
      this.#deadline = startDeadline(remainingMs, () => {
        controller.abort(new MessagingTimeoutError(`the caller's ${this.#ttlMs} ms for "${this.method}" are over`))
      })
    }
    return controller
  }

  readonly #onAbandoned = (): void => {
    this.#deadline?.cancel()
    this.#controller?.abort(this.#abandonment.reason)
  }
}
