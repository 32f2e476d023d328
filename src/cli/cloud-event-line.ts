// A notification as one line of CloudEvents JSON.

import { type CloudEvent, type NotificationEvent, type SerializedContext, toCloudEvent } from '../index.ts'

/** JSON has no NaN and no infinities, which Python sends, and whoever reads CloudEvents expects JSON: they become null. */
export function cloudEventLine(context: SerializedContext, event: NotificationEvent): CloudEvent {
  const { data, ...attributes } = toCloudEvent(context, event)
  return { ...attributes, data: finite(data) }
}

/** As deep as the payload, which is no deeper than messages may be. */
function finite(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(finite)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, finite(member)]))
}
