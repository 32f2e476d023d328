// What an operator may want to know and no caller waits for goes out through node:diagnostics_channel: the library never
// logs, and pays nothing when nobody subscribes.

import { type Channel, channel } from 'node:diagnostics_channel'

/** A channel whose messages have one type. */
export interface DiagnosticsChannel<T> {
  readonly name: string
  /** Ask before building a costly message. */
  readonly hasSubscribers: boolean
  publish(message: T): void
}

/** The channel `oslo-messaging:<topic>`. What a subscriber throws surfaces as an uncaught exception (Node's rule), never in the caller. */
export function diagnosticsChannel<T extends object>(topic: string): DiagnosticsChannel<T> {
  return channel(`oslo-messaging:${topic}`) as Channel as DiagnosticsChannel<T>
}
