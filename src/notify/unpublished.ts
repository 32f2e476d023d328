// What becomes of a failure that nobody awaits: it is told to the notifier's `onFailure`, or else to the channel below, or else to
// the process as a warning. oslo_messaging/notify/notifier.py logs it.

import { monotonicMs } from '../support/deadline.ts'
import { diagnosticsChannel } from '../support/diagnostics.ts'
import { printable } from '../support/printable.ts'
import { reportDefect } from '../support/report-defect.ts'
import type { Priority } from './notification.ts'

/** Which notification it was. */
export interface UnpublishedNotification {
  readonly messageId: string
  readonly publisherId: string
  readonly eventType: string
  readonly priority: Priority
}

/** `oslo-messaging:notification`: one was not published, nobody waits for it, and its notifier has no `onFailure`. Without a subscriber it becomes a process warning named `OsloMessagingNotification`, at most one a second. */
export interface NotificationEventMessage {
  /** What happened. */
  readonly event: 'failed'
  /** Which one it was. */
  readonly notification: UnpublishedNotification
  /** Why. `inDoubt` of a MessageDeliveryFailureError tells whether it may have arrived all the same. */
  readonly error: unknown
}

export const notificationEvents = diagnosticsChannel<NotificationEventMessage>('notification')

export type OnFailure = (error: unknown, notification: UnpublishedNotification) => void

const WARNING_INTERVAL_MS = 1_000

/** Where the failures of one notifier go. */
export class FailureReport {
  readonly #onFailure: OnFailure | undefined
  #warnedAt = Number.NEGATIVE_INFINITY
  #unsaid = 0

  constructor(onFailure: OnFailure | undefined) {
    this.#onFailure = onFailure
  }

  failed(error: unknown, notification: UnpublishedNotification): void {
    if (this.#onFailure) this.#tell(this.#onFailure, error, notification)
    else if (notificationEvents.hasSubscribers) notificationEvents.publish({ event: 'failed', notification, error })
    else this.#warn(error, notification)
  }

  #tell(onFailure: OnFailure, error: unknown, notification: UnpublishedNotification): void {
    try {
      onFailure(error, notification)
    } catch (defect) {
      reportDefect('onFailure of a notifier', defect)
    }
  }

  /** A bus that is down fails thousands: they are counted, not all printed. */
  #warn(error: unknown, { eventType, messageId }: UnpublishedNotification): void {
    const now = monotonicMs()
    if (now - this.#warnedAt < WARNING_INTERVAL_MS) {
      this.#unsaid += 1
      return
    }
    const others = this.#unsaid > 0 ? ` (and ${this.#unsaid} others since the last warning)` : ''
    this.#warnedAt = now
    this.#unsaid = 0
    const why = error instanceof Error ? error.message : String(error)
    const what = `notification "${printable(String(eventType))}" (message_id ${printable(messageId)})`
    const warning = new Error(`${what} was not published: ${why}${others}`, { cause: error })
    warning.name = 'OsloMessagingNotification'
    process.emitWarning(warning)
  }
}
