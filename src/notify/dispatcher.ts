// From a notification to the endpoints that want it. oslo_messaging/notify/dispatcher.py: NotificationDispatcher.

import type { IncomingNotification } from '../messaging/driver.ts'
import type { Serializer } from '../messaging/serializer.ts'
import { type BoundNotificationEndpoint, HANDLED, isWanted, REQUEUE } from './endpoint.ts'
import { readNotification } from './notification.ts'

/** What is to become of the message, and why. */
export type DispatchResult =
  | { readonly result: typeof HANDLED; readonly unknownPriority?: string }
  | { readonly result: typeof REQUEUE; readonly error?: unknown }

const DONE: DispatchResult = Object.freeze({ result: HANDLED })

export class NotificationDispatcher {
  readonly #endpoints: readonly BoundNotificationEndpoint[]
  readonly #serializer: Serializer | undefined

  constructor(endpoints: readonly BoundNotificationEndpoint[], serializer: Serializer | undefined) {
    this.#endpoints = endpoints
    this.#serializer = serializer
  }

  /**
   * Calls the endpoints one after the other. The first that returns REQUEUE or throws ends it: those after it are not called,
   * those before it will see the message again. Never rejects.
   */
  async dispatch(incoming: IncomingNotification): Promise<DispatchResult> {
    try {
      const { context, event } = readNotification(incoming, this.#serializer)
      for (const { endpoint, filter, methods } of this.#endpoints) {
        const method = methods.get(event.priority)
        if (!method || (filter && !filter.matches(context, event))) continue
        const result: unknown = await Reflect.apply(method, endpoint, [context, event])
        if (result === REQUEUE) return { result: REQUEUE }
      }
      return isWanted(this.#endpoints, event.priority) ? DONE : { result: HANDLED, unknownPriority: event.priority }
    } catch (error) {
      return { result: REQUEUE, error }
    }
  }
}
