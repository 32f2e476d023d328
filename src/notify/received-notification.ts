// A notification in the application's hands: it says itself what becomes of it.

import type { IncomingNotification } from '../messaging/driver.ts'
import type { WorkEnd } from '../messaging/message-server.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import type { NotificationEvent } from './notification.ts'
import type { Settling } from './settling.ts'

/** A notification that an iteration brought. One of `acknowledge`, `requeue` and `reject` must be called; the first wins. */
export class ReceivedNotification<Context extends object = SerializedContext> implements NotificationEvent {
  readonly context: Context
  readonly priority: string
  readonly publisherId: string
  readonly eventType: string
  readonly payload: unknown
  readonly messageId: string
  readonly timestamp: string
  readonly #incoming: IncomingNotification
  readonly #settling: Settling
  readonly #onSettled: (end: WorkEnd) => void
  #isOpen = true

  /** @internal */
  constructor(
    context: Context,
    event: NotificationEvent,
    incoming: IncomingNotification,
    settling: Settling,
    onSettled: (end: WorkEnd) => void,
  ) {
    this.context = context
    this.priority = event.priority
    this.publisherId = event.publisherId
    this.eventType = event.eventType
    this.payload = event.payload
    this.messageId = event.messageId
    this.timestamp = event.timestamp
    this.#incoming = incoming
    this.#settling = settling
    this.#onSettled = onSettled
  }

  /** It is dealt with: it leaves the bus. */
  acknowledge(): void {
    this.#settle(() => this.#settling.handled(this.#incoming))
  }

  /** It is to be delivered again, to anyone, after `requeueDelayMs`; `error`: why, for `onError`. Poison is rejected instead (`maxDeliveries`). */
  requeue(error?: unknown): void {
    this.#settle(() => this.#settling.giveBack(this.#incoming, error === undefined ? {} : { error }))
  }

  /** It is refused for good: a broker's dead-letter address gets it. `reason` goes to the bus. */
  reject(reason: string): void {
    this.#settle(() => this.#settling.refuse(this.#incoming, reason))
  }

  /** @internal It cannot be given back any more. */
  get arrivedSettled(): boolean {
    return this.#incoming.settled ?? false
  }

  /** @internal Untouched, and at once. */
  release(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#incoming.requeue()
    this.#incoming.done()
    this.#onSettled('released')
  }

  #settle(how: () => void): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    how()
    this.#onSettled(undefined)
  }
}
