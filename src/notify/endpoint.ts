// What a notification listener exposes: objects with a method per priority.

import { InvalidArgumentError } from '../messaging/errors.ts'
import { checkEndpoints, type EndpointMethod, findMethod } from '../messaging/method-lookup.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import { NotificationFilter } from './filter.ts'
import { type NotificationEvent, PRIORITIES, type Priority } from './notification.ts'

/** The notification is dealt with. The same as returning nothing. */
export const HANDLED = 'handled' as const
/** It is to be delivered again, to anyone. The same as throwing. */
export const REQUEUE = 'requeue' as const

// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is the usual one
export type NotificationResult = typeof HANDLED | typeof REQUEUE | void

/** Deals with one notification. It may see it again: delivery is at least once. */
export type NotificationMethod<Context extends object = SerializedContext> = (
  context: Context,
  event: NotificationEvent,
) => NotificationResult | Promise<NotificationResult>

/**
 * An object with a method for each priority that it wants to hear of.
 *
 *     const endpoint = {
 *       filter: new NotificationFilter({ eventType: 'compute\\.' }),
 *       async info(context, event) { await store(event.eventType, event.payload) },
 *       async error(context, event) { … return REQUEUE },
 *     }
 */
export interface NotificationEndpoint<Context extends object = SerializedContext> {
  /** Which notifications. Default: all. oslo: filter_rule. */
  readonly filter?: NotificationFilter | undefined
  audit?: NotificationMethod<Context>
  debug?: NotificationMethod<Context>
  info?: NotificationMethod<Context>
  warn?: NotificationMethod<Context>
  error?: NotificationMethod<Context>
  critical?: NotificationMethod<Context>
  sample?: NotificationMethod<Context>
}

/** An endpoint as the dispatcher sees it. */
export interface BoundNotificationEndpoint {
  readonly endpoint: object
  readonly filter: NotificationFilter | undefined
  readonly methods: ReadonlyMap<string, EndpointMethod>
}

/** Throws InvalidArgumentError for what cannot be an endpoint, and when no endpoint has a method for any priority. */
export function bindNotificationEndpoints(
  endpoints: readonly NotificationEndpoint<never>[],
): readonly BoundNotificationEndpoint[] {
  checkEndpoints(endpoints)
  const bound = endpoints.map((endpoint, index) => {
    const filter = endpoint.filter ?? undefined
    if (filter !== undefined && !(filter instanceof NotificationFilter)) {
      throw new InvalidArgumentError(`endpoints[${index}].filter: expected a NotificationFilter`)
    }
    const methods = new Map<string, EndpointMethod>()
    for (const priority of PRIORITIES) {
      const method = findMethod(endpoint, priority)
      if (method) methods.set(priority, method)
    }
    return { endpoint, filter, methods }
  })
  if (bound.some(({ methods }) => methods.size > 0)) return bound
  throw new InvalidArgumentError(`endpoints: none has a method for a priority (${PRIORITIES.join(', ')})`)
}

/** Whether any endpoint wants to hear of it; a notification may say any text. */
export const isWanted = (endpoints: readonly BoundNotificationEndpoint[], priority: string): boolean =>
  endpoints.some(({ methods }) => methods.has(priority))

/** The priorities that some endpoint wants to hear of. */
export const wantedPriorities = (endpoints: readonly BoundNotificationEndpoint[]): readonly Priority[] =>
  PRIORITIES.filter((priority) => endpoints.some(({ methods }) => methods.has(priority)))
