// What the driver publishes through node:diagnostics_channel. Nothing here is needed to use the library.

import { diagnosticsChannel } from '../support/diagnostics.ts'

/** `oslo-messaging:connection`: one message per change of the failover connection's state. */
export interface ConnectionEvent {
  readonly from: string
  readonly to: string
  /** `host:port`. */
  readonly host: string
  readonly error?: Error | undefined
}

/** `oslo-messaging:link`: a link was attached, refused or lost. */
export interface LinkEvent {
  readonly link: 'sender' | 'reply-receiver' | 'subscription'
  readonly event: 'attached' | 'refused' | 'lost' | 'purged'
  readonly address: string
  readonly error?: Error | undefined
}

/** `oslo-messaging:reply`: a reply that no call waits for, or a reply-to that is not written to. */
export interface ReplyEvent {
  readonly event: 'unknown' | 'malformed' | 'reply-to-refused'
  readonly address?: string | undefined
  readonly error?: Error | undefined
}

export const connectionEvents = diagnosticsChannel<ConnectionEvent>('connection')
export const linkEvents = diagnosticsChannel<LinkEvent>('link')
export const replyEvents = diagnosticsChannel<ReplyEvent>('reply')
