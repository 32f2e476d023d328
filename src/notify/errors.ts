// Errors of notifications: those of the driver contract (messaging/errors.ts), and these.

import { MessagingError } from '../messaging/errors.ts'

/** A notification was published in several ways or to several topics, and more than one of them failed. `cause` is an AggregateError of what happened. */
export class NotificationError extends MessagingError {
  override readonly name = 'NotificationError'
  readonly code = 'NOTIFICATION_FAILED'
  /** What each failed send rejected with. */
  readonly errors: readonly unknown[]

  constructor(errors: readonly unknown[], attempts: number) {
    const cause = new AggregateError(errors)
    super(`${errors.length} of ${attempts} sends of a notification failed, the first with: ${String(errors[0])}`, {
      cause,
    })
    this.errors = errors
  }
}

/** The buffer of a notifier had no place for a notification: it was not sent. */
export class NotificationBufferFullError extends MessagingError {
  override readonly name = 'NotificationBufferFullError'
  readonly code = 'NOTIFICATION_BUFFER_FULL'
  /** How many it holds. */
  readonly size: number

  constructor(size: number, reason: string) {
    super(`the notifier's buffer of ${size}: ${reason}`)
    this.size = size
  }
}

/** A notification was delivered as often as a listener tries one, and never dealt with: it was rejected. `cause` is what its handler threw last. */
export class PoisonNotificationError extends MessagingError {
  override readonly name = 'PoisonNotificationError'
  readonly code = 'NOTIFICATION_POISON'
  /** How often it was delivered. */
  readonly deliveries: number

  constructor(deliveries: number, options?: ErrorOptions) {
    const times = deliveries === 1 ? 'once' : `${deliveries} times`
    super(`the notification was delivered ${times}, and never dealt with`, options)
    this.deliveries = deliveries
  }
}
