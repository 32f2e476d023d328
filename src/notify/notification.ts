// A notification as data. oslo_messaging/notify/notifier.py: Notifier._notify.

import { randomUUID } from 'node:crypto'
import type { IncomingNotification } from '../messaging/driver.ts'
import { InvalidArgumentError } from '../messaging/errors.ts'
import type { JsonObject } from '../messaging/json.ts'
import type { SerializedContext, Serializer } from '../messaging/serializer.ts'
import { describeValue } from '../support/describe-value.ts'

/** The priorities, in the order in which a listener subscribes to them. */
export const PRIORITIES = Object.freeze(['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample'] as const)

export type Priority = (typeof PRIORITIES)[number]

/** Those that are given, once each; all, where none are. Throws InvalidArgumentError for what is none. */
export function checkedPriorities(priorities: readonly Priority[] | undefined = PRIORITIES): readonly Priority[] {
  if (!Array.isArray(priorities) || priorities.length === 0)
    throw new InvalidArgumentError(`priorities: expected an array of at least one of ${PRIORITIES.join(', ')}`)
  for (const priority of priorities)
    if (!PRIORITIES.includes(priority))
      throw new InvalidArgumentError(
        `priorities: expected some of ${PRIORITIES.join(', ')}, not ${describeValue(priority)}`,
      )
  return [...new Set(priorities)]
}

export interface NotificationFacts {
  readonly publisherId: string
  readonly eventType: string
  readonly priority: Priority
  readonly payload: unknown
  /** Default: a new UUID. */
  readonly messageId?: string | undefined
  /** Default: now. */
  readonly timestamp?: Date | undefined
}

/** The message, its keys in Python's order. */
export function buildNotification(facts: NotificationFacts): JsonObject {
  return {
    message_id: facts.messageId ?? randomUUID(),
    publisher_id: facts.publisherId,
    event_type: facts.eventType,
    priority: facts.priority.toUpperCase(),
    payload: facts.payload === undefined ? null : facts.payload,
    timestamp: pythonTimestamp(facts.timestamp ?? new Date()),
  }
}

/** Python's str(utcnow()): `2026-11-23 22:47:25.753000`; without a fraction on the full second. */
export function pythonTimestamp(date: Date): string {
  const text = date.toISOString()
  const seconds = `${text.slice(0, 10)} ${text.slice(11, 19)}`
  return date.getUTCMilliseconds() === 0 ? seconds : `${seconds}${text.slice(19, 23)}000`
}

/** What an endpoint is told about a notification. A field that the publisher left out is null. */
export interface NotificationEvent {
  /** In lower case. */
  readonly priority: string
  readonly publisherId: string
  readonly eventType: string
  readonly payload: unknown
  /** The same when a notification is delivered again. */
  readonly messageId: string
  /** When it was made: UTC, in Python's text form. */
  readonly timestamp: string
}

/** Reads a received message. Publishers are trusted for nothing: a field that should be text and is not is still handed on, as in oslo. */
export function parseNotification(message: JsonObject, payload: unknown, addressPriority: string): NotificationEvent {
  const { message_id, publisher_id, event_type, priority, timestamp } = message
  return {
    priority: typeof priority === 'string' ? priority.toLowerCase() : addressPriority,
    publisherId: (publisher_id ?? null) as string,
    eventType: (event_type ?? null) as string,
    payload,
    messageId: (message_id ?? null) as string,
    timestamp: (timestamp ?? null) as string,
  }
}

/** What came, as the application sees it. Throws what the serializer throws. */
export function readNotification(
  incoming: IncomingNotification,
  serializer: Serializer | undefined,
): { readonly context: SerializedContext; readonly event: NotificationEvent } {
  const { message, priority } = incoming
  const context = serializer ? (serializer.deserializeContext(incoming.context) as SerializedContext) : incoming.context
  const sent = message.payload ?? null
  const payload = serializer ? serializer.deserializeEntity(context, sent) : sent
  return { context, event: parseNotification(message, payload, priority) }
}
