// What becomes of a notification once the application has said what it makes of it: acknowledged, given back after a while, or,
// when it fails again and again, refused for good. The same for endpoints, batches and iteration.

import type { DriverFeatures, IncomingNotification } from '../messaging/driver.ts'
import { InvalidArgumentError } from '../messaging/errors.ts'
import { durationMs } from '../messaging/options.ts'
import { describeValue } from '../support/describe-value.ts'
import { guarded } from '../support/guarded.ts'
import { reportDefect } from '../support/report-defect.ts'
import { DelayedRequeues } from './delayed-requeues.ts'
import { PoisonNotificationError } from './errors.ts'
import { NOTIFICATION_DEFAULTS } from './options.ts'
import { RedeliveryCount } from './redelivery-count.ts'

export interface SettlingOptions {
  /**
   * Whether a notification that is requeued, or that a handler fails on, is delivered again; else it is acknowledged all the same.
   * Default: whether the driver can (oslo: false).
   */
  readonly allowRequeue?: boolean | undefined
  /**
   * Milliseconds that such a notification is kept before it is given back: brokers redeliver at once. Twice as long each further time,
   * up to 30 000. Default 1 000.
   */
  readonly requeueDelayMs?: number | undefined
  /**
   * How often a notification is tried before it is poison: then it is rejected, so that a broker's dead-letter address gets it.
   * `Infinity`: it is never given up. Default 20, which with the default delay is seven minutes.
   */
  readonly maxDeliveries?: number | undefined
  /** Told about every error that a handler threw, and about poison. Default: a defect (diagnostics channel, or a process warning). */
  readonly onError?: ((error: unknown, notification: FailedNotification) => unknown) | undefined
}

/** Which notification it was, and what became of it. */
export interface FailedNotification {
  readonly priority: string
  readonly messageId: unknown
  readonly eventType: unknown
  /** `requeued`: it will be delivered again; `rejected`: it was poison; `acknowledged`: it may not come again (`allowRequeue: false`), or cannot. */
  readonly outcome: 'requeued' | 'rejected' | 'acknowledged'
}

export class Settling {
  readonly #allowRequeue: boolean
  readonly #maxDeliveries: number
  readonly #onError: SettlingOptions['onError']
  readonly #requeues: DelayedRequeues
  readonly #deliveries = new RedeliveryCount()

  /** Throws InvalidArgumentError for options that cannot be. */
  constructor(options: SettlingOptions, { requeue: canRequeue, notificationCredit = 100 }: DriverFeatures) {
    const { allowRequeue = canRequeue, maxDeliveries = NOTIFICATION_DEFAULTS.maxDeliveries, onError } = options
    if (typeof allowRequeue !== 'boolean')
      throw new InvalidArgumentError(`allowRequeue: expected true or false, not ${describeValue(allowRequeue)}`)
    if (onError !== undefined && typeof onError !== 'function')
      throw new InvalidArgumentError(`onError: expected a function, not ${describeValue(onError)}`)
    if (allowRequeue && !canRequeue)
      throw new InvalidArgumentError('allowRequeue: this transport cannot give messages back')
    if (maxDeliveries !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(maxDeliveries) && maxDeliveries >= 1))
      throw new InvalidArgumentError(
        `maxDeliveries: expected a positive integer, or Infinity, not ${describeValue(maxDeliveries)}`,
      )
    this.#allowRequeue = allowRequeue
    this.#maxDeliveries = maxDeliveries
    this.#onError = onError
    this.#requeues = new DelayedRequeues(
      durationMs('requeueDelayMs', options.requeueDelayMs, NOTIFICATION_DEFAULTS.requeueDelayMs),
      Math.max(1, Math.floor(notificationCredit / 2)),
    )
  }

  /** It failed so often before that this delivery is its last one. */
  isLastTry(incoming: IncomingNotification): boolean {
    return this.#allowRequeue && this.#deliveries.of(incoming) >= this.#maxDeliveries - 1
  }

  /** It is dealt with. */
  handled(incoming: IncomingNotification): void {
    this.#deliveries.forget(incoming)
    incoming.acknowledge()
    incoming.done()
  }

  /** It is to come again: an application wants that, or `failure.error` was thrown. */
  giveBack(incoming: IncomingNotification, failure: { readonly error?: unknown }): void {
    const { error } = failure
    if (!this.#allowRequeue || incoming.settled) {
      this.handled(incoming)
      if ('error' in failure) this.#report(error, incoming, 'acknowledged')
      return
    }
    const deliveries = this.#deliveries.failed(incoming)
    if (deliveries >= this.#maxDeliveries) {
      const poison = new PoisonNotificationError(deliveries, { cause: error })
      this.refuse(incoming, poison.message)
      this.#report(poison, incoming, 'rejected')
      return
    }
    this.#requeues.add(incoming, deliveries)
    if ('error' in failure) this.#report(error, incoming, 'requeued')
  }

  /** Nobody can make sense of it. */
  refuse(incoming: IncomingNotification, reason: string): void {
    this.#deliveries.forget(incoming)
    incoming.reject(reason)
    incoming.done()
  }

  /** Gives back at once all that waits for its delay, and from now on all. */
  flush(): void {
    this.#requeues.flush()
  }

  #report(error: unknown, incoming: IncomingNotification, outcome: FailedNotification['outcome']): void {
    const { priority, message } = incoming
    if (!this.#onError) {
      reportDefect(`the handling of a notification of priority ${priority}`, error)
      return
    }
    const onError = this.#onError
    const failed = { priority, messageId: message.message_id, eventType: message.event_type, outcome }
    guarded('onError of a notification listener', () => onError(error, failed))
  }
}
