// Whether the caller of a notifier waits for what becomes of a notification, or is told elsewhere when it failed.
// The third way, through a buffer: buffered-publishing.ts.

import { DriverClosedError } from '../messaging/errors.ts'
import type { JsonObject } from '../messaging/json.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import { startDeadline } from '../support/deadline.ts'
import type { UnpublishedNotification } from './events.ts'
import type { FailureReport } from './unpublished.ts'

/** One notification that is to go out. */
export interface Publication {
  readonly facts: UnpublishedNotification
  readonly context: SerializedContext
  readonly message: JsonObject
  /** Its caller gives it up. */
  readonly signal: AbortSignal | undefined
  /** Milliseconds, where the notifier or the notification has a time-out of its own. */
  readonly timeoutMs: number | undefined
  /** Hands it to all publishers of its notifier. */
  send(context: SerializedContext, message: JsonObject, signal: AbortSignal | undefined): Promise<void>
}

/** What a notifier has done since it was made; those that `prepare()` made count with it. */
export interface PublishingReport {
  /** Notifications that all their publishers have published. */
  readonly published: number
  /** Notifications that were not, or not by all: also those that may have arrived, and those that were given up. */
  readonly failed: number
  /** Of the failed: those that the buffer had no place for. */
  readonly dropped: number
  /** Notifications that are on their way, or wait in the buffer. */
  readonly pending: number
}

/** The way of all notifiers that share their publishers. */
export abstract class Publishing {
  protected published = 0
  protected failed = 0
  protected dropped = 0
  protected pending = 0
  #onIdle: (() => void) | undefined
  #closed: Promise<PublishingReport> | undefined

  get report(): PublishingReport {
    const { published, failed, dropped, pending } = this
    return { published, failed, dropped, pending }
  }

  /** Resolves when the caller needs to wait no longer. Rejects with DriverClosedError once it is closed. */
  async publish(publication: Publication): Promise<void> {
    if (this.#closed) throw new DriverClosedError('the notifier is closed')
    await this.begin(publication)
  }

  /** Takes no more, and resolves when nothing is pending, after `flushTimeoutMs` at the latest. Idempotent; never rejects. */
  close(flushTimeoutMs: number): Promise<PublishingReport> {
    this.#closed ??= this.#close(flushTimeoutMs)
    return this.#closed
  }

  async #close(flushTimeoutMs: number): Promise<PublishingReport> {
    await this.flush(flushTimeoutMs)
    return this.report
  }

  protected abstract begin(publication: Publication): Promise<void>

  protected async flush(flushTimeoutMs: number): Promise<void> {
    if (this.pending === 0) return
    await new Promise<void>((resolve) => {
      const deadline = startDeadline(flushTimeoutMs, resolve)
      this.#onIdle = () => {
        deadline.cancel()
        resolve()
      }
    })
    this.#onIdle = undefined
  }

  /** One of those that were pending has ended. */
  protected ended(): void {
    this.pending -= 1
    if (this.pending === 0) this.#onIdle?.()
  }
}

/** The caller waits until it is over; with `failures` a failure goes there, and the caller is not told, as in oslo. */
export class AwaitedPublishing extends Publishing {
  readonly #failures: FailureReport | undefined

  constructor(failures: FailureReport | undefined) {
    super()
    this.#failures = failures
  }

  protected override async begin({ facts, context, message, signal, send }: Publication): Promise<void> {
    this.pending += 1
    try {
      await send(context, message, signal)
      this.published += 1
    } catch (error) {
      this.failed += 1
      if (!this.#failures) throw error
      this.#failures.failed(error, facts)
    } finally {
      this.ended()
    }
  }
}
