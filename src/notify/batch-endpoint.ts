// What a batch listener exposes: objects with a method per priority that takes many notifications at once.

import type { SerializedContext } from '../messaging/serializer.ts'
import type { NotificationResult } from './endpoint.ts'
import type { NotificationFilter } from './filter.ts'
import type { NotificationEvent } from './notification.ts'

/** One notification of a batch, with its context. */
export interface BatchedNotification<Context extends object = SerializedContext> extends NotificationEvent {
  readonly context: Context
}

/** Deals with notifications of one priority, in the order in which they came. What it returns, or throws, is meant for all of them. */
export type BatchMethod<Context extends object = SerializedContext> = (
  batch: readonly BatchedNotification<Context>[],
) => NotificationResult | Promise<NotificationResult>

/**
 * An object with a method for each priority that it wants to hear of.
 *
 *     const endpoint = { async info(batch) { await insertAll(batch.map(({ eventType, payload }) => …)) } }
 */
export interface BatchEndpoint<Context extends object = SerializedContext> {
  /** Which notifications. Default: all. */
  readonly filter?: NotificationFilter | undefined
  audit?: BatchMethod<Context>
  debug?: BatchMethod<Context>
  info?: BatchMethod<Context>
  warn?: BatchMethod<Context>
  error?: BatchMethod<Context>
  critical?: BatchMethod<Context>
  sample?: BatchMethod<Context>
}
