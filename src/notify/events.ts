// What happens to notifications and nobody waits for: a message on a channel, or else a process warning.

import { monotonicMs } from '../support/deadline.ts'
import { diagnosticsChannel } from '../support/diagnostics.ts'
import { printable } from '../support/printable.ts'
import type { Priority } from './notification.ts'

/** Which notification it was. */
export interface UnpublishedNotification {
  readonly messageId: string
  readonly publisherId: string
  readonly eventType: string
  readonly priority: Priority
}

/** `oslo-messaging:notification`: one was not published and nobody waits for it, or what came is none, and the application has no function for it (`onFailure`, `onMalformed`). Without a subscriber it becomes a process warning named `OsloMessagingNotification`, at most one a second. */
export interface NotificationEventMessage {
  /** What happened. `malformed` was rejected, `unknown-priority` acknowledged: what it says is its priority no endpoint has a method for. */
  readonly event: 'failed' | 'malformed' | 'unknown-priority'
  /** Which one was not published. */
  readonly notification?: UnpublishedNotification | undefined
  /** Why. `inDoubt` of a MessageDeliveryFailureError tells whether it may have arrived all the same. */
  readonly error: unknown
}

const notificationEvents = diagnosticsChannel<NotificationEventMessage>('notification')

const WARNING_INTERVAL_MS = 1_000

/** Tells of the events of one notifier or listener. A bus that is down fails thousands: they are counted, not all printed. */
export class NotificationReport {
  #warnedAt = Number.NEGATIVE_INFINITY
  #unsaid = 0

  tell(message: NotificationEventMessage): void {
    if (notificationEvents.hasSubscribers) notificationEvents.publish(message)
    else this.#warn(message)
  }

  #warn({ event, notification, error }: NotificationEventMessage): void {
    const now = monotonicMs()
    if (now - this.#warnedAt < WARNING_INTERVAL_MS) {
      this.#unsaid += 1
      return
    }
    const others = this.#unsaid > 0 ? ` (and ${this.#unsaid} others since the last warning)` : ''
    this.#warnedAt = now
    this.#unsaid = 0
    const why = error instanceof Error ? error.message : String(error)
    const warning = new Error(`${describe(event, notification)}: ${printable(why)}${others}`, { cause: error })
    warning.name = 'OsloMessagingNotification'
    process.emitWarning(warning)
  }
}

function describe(event: NotificationEventMessage['event'], notification: UnpublishedNotification | undefined): string {
  if (event === 'unknown-priority') return 'acknowledged, and seen by no endpoint'
  if (!notification) return 'a message that came is no notification, and was rejected'
  const { eventType, messageId } = notification
  return `notification "${printable(String(eventType))}" (message_id ${printable(messageId)}) was not published`
}
