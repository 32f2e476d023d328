// What becomes of a failure to publish that nobody awaits. oslo_messaging/notify/notifier.py logs it.

import { guarded } from '../support/guarded.ts'
import { NotificationReport, type UnpublishedNotification } from './events.ts'

export type OnFailure = (error: unknown, notification: UnpublishedNotification) => unknown

/** Where the failures of one notifier go: to the application's function, or else to the channel of notifications. */
export class FailureReport {
  readonly #onFailure: OnFailure | undefined
  readonly #report = new NotificationReport()

  constructor(onFailure: OnFailure | undefined) {
    this.#onFailure = onFailure
  }

  failed(error: unknown, notification: UnpublishedNotification): void {
    const onFailure = this.#onFailure
    if (onFailure) guarded('onFailure of a notifier', () => onFailure(error, notification))
    else this.#report.tell({ event: 'failed', notification, error })
  }
}
