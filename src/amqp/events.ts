// What happens to connections, sessions and links, for whoever watches: published through node:diagnostics_channel, and
// nothing is made when nobody subscribes. Nothing here is needed to use the layer: errors go to whoever can act on them.

import { diagnosticsChannel } from '../support/diagnostics.ts'
import type { Connection } from './connection.ts'
import type { AmqpError, ProtocolViolation, ViolationScope } from './errors.ts'
import type { Link } from './link.ts'
import type { Session } from './session.ts'

/** `oslo-messaging:amqp.connection`: it is open on both ends, or it is gone after it was open. */
export interface AmqpConnectionEvent {
  /** What happened. One that was never open is not told of: `connect` rejects. */
  readonly event: 'opened' | 'closed'
  /** The connection, with what the peer has said about itself. */
  readonly connection: Connection
  /** Why it is gone; undefined: it was closed here, in order. */
  readonly error?: AmqpError | undefined
}

/** `oslo-messaging:amqp.session`: it is begun on both ends, or it is over. */
export interface AmqpSessionEvent {
  /** What happened. */
  readonly event: 'begun' | 'ended'
  /** The session, and through it its connection. */
  readonly session: Session
  /** Why it is over; undefined: it was ended here. */
  readonly error?: AmqpError | undefined
}

/** `oslo-messaging:amqp.link`: it is attached on both ends, it never was (`refused`), or it is gone. */
export interface AmqpLinkEvent {
  /** What happened. A link of the peer that is refused here never becomes one, and is not told of. */
  readonly event: 'attached' | 'refused' | 'detached'
  /** The sender or receiver (`link.role`), and through it its session and connection. */
  readonly link: Link
  /** Why it was refused or is gone; undefined: it was detached here. */
  readonly error?: AmqpError | undefined
}

/** `oslo-messaging:amqp.violation`: the peer broke a rule, and a link, a session or the connection was ended for it. */
export interface AmqpViolationEvent {
  /** The connection with that peer. */
  readonly connection: Connection
  /** What was ended for it. */
  readonly scope: ViolationScope
  /** The AMQP error condition that the peer was told. */
  readonly condition: string
  /** Names the field, what was expected and what was found. */
  readonly description: string
}

/** `oslo-messaging:amqp.backpressure`: the peer takes less than there is to send, and takes more again. */
export interface AmqpBackpressureEvent {
  /** `blocked`: more than `sendBuffer` waits for the peer, so messages, credit and settlements wait with it. */
  readonly event: 'blocked' | 'unblocked'
  /** The connection with that peer. */
  readonly connection: Connection
}

const connectionEvents = diagnosticsChannel<AmqpConnectionEvent>('amqp.connection')
const sessionEvents = diagnosticsChannel<AmqpSessionEvent>('amqp.session')
const linkEvents = diagnosticsChannel<AmqpLinkEvent>('amqp.link')
const violationEvents = diagnosticsChannel<AmqpViolationEvent>('amqp.violation')
const backpressureEvents = diagnosticsChannel<AmqpBackpressureEvent>('amqp.backpressure')

/** @internal */
export function tellConnection(
  event: AmqpConnectionEvent['event'],
  connection: Connection,
  error?: AmqpError | undefined,
): void {
  if (connectionEvents.hasSubscribers) connectionEvents.publish({ event, connection, error })
}

/** @internal */
export function tellSession(event: AmqpSessionEvent['event'], session: Session, error?: AmqpError | undefined): void {
  if (sessionEvents.hasSubscribers) sessionEvents.publish({ event, session, error })
}

/** @internal */
export function tellLink(event: AmqpLinkEvent['event'], link: Link, error?: AmqpError | undefined): void {
  if (linkEvents.hasSubscribers) linkEvents.publish({ event, link, error })
}

/** @internal */
export function tellViolation(connection: Connection, violation: ProtocolViolation): void {
  if (!violationEvents.hasSubscribers) return
  const { scope, condition, message } = violation
  violationEvents.publish({ connection, scope, condition, description: message })
}

/** @internal */
export function tellBackpressure(event: AmqpBackpressureEvent['event'], connection: Connection): void {
  if (backpressureEvents.hasSubscribers) backpressureEvents.publish({ event, connection })
}
