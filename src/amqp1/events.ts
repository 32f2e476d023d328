// What the driver publishes through node:diagnostics_channel. Nothing here is needed to use the library.

import { diagnosticsChannel } from '../support/diagnostics.ts'

/** `oslo-messaging:connection`: one message per change of the failover connection's state. */
export interface ConnectionEvent {
  /** The state before: `idle`, `connecting`, `active`, `backoff` or `closed`. */
  readonly from: string
  /** The state now. */
  readonly to: string
  /** The host that this is about, as `host:port`. */
  readonly host: string
  /** Why the connection was lost or could not be made. */
  readonly error?: Error | undefined
}

/** `oslo-messaging:link`: a link was attached, refused or lost. */
export interface LinkEvent {
  /** What the driver has it for. */
  readonly link: 'sender' | 'reply-receiver' | 'subscription'
  /** What happened; `purged`: a sender was detached because it was idle, or one too many. */
  readonly event: 'attached' | 'refused' | 'lost' | 'purged'
  /** The address at its other end. */
  readonly address: string
  /** Why it was refused or lost. */
  readonly error?: Error | undefined
}

/** `oslo-messaging:reply`: a reply that no call waits for, or a reply-to that is not written to. */
export interface ReplyEvent {
  /** `unknown`: no call waits for it (any more); `malformed`: it cannot be read; `reply-to-refused`: where a reply should have gone. */
  readonly event: 'unknown' | 'malformed' | 'reply-to-refused'
  /** The reply-to that was refused. */
  readonly address?: string | undefined
  /** What is wrong with it. */
  readonly error?: Error | undefined
}

export const connectionEvents = diagnosticsChannel<ConnectionEvent>('connection')
export const linkEvents = diagnosticsChannel<LinkEvent>('link')
export const replyEvents = diagnosticsChannel<ReplyEvent>('reply')
