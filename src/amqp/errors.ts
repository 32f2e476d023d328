import type { ErrorCondition } from '../codec/delivery-state.ts'
import type { AmqpValue } from '../codec/types.ts'
import { printable as escaped } from '../support/printable.ts'

/**
 * Who ended it. `local`: this side (a deadline, a protocol error that we found, our own close). `remote`: the peer said so.
 * `parent`: the session or connection below went; the cause tells why.
 */
export type ErrorOrigin = 'local' | 'remote' | 'parent'

export interface AmqpErrorDetails {
  readonly origin: ErrorOrigin
  /** The AMQP error condition, as `amqp:not-found` (AMQP 1.0 part 2, 2.8.15-2.8.18). */
  readonly condition?: string | undefined
  /** What the peer wrote about it. Text from the network: escape before printing. */
  readonly description?: string | undefined
  /** The peer's info map, e.g. where a redirect points. */
  readonly info?: ReadonlyMap<string, AmqpValue> | undefined
  readonly cause?: unknown
}

/** The base of everything that the AMQP layer throws. */
export class AmqpError extends Error {
  readonly code: string = 'AMQP'
  readonly origin: ErrorOrigin
  readonly condition: string | undefined
  readonly description: string | undefined
  readonly info: ReadonlyMap<string, AmqpValue> | undefined

  constructor(message: string, details: AmqpErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.origin = details.origin
    this.condition = details.condition
    this.description = details.description
    this.info = details.info
  }
}

/** The connection could not be made, was refused, closed or lost. */
export class ConnectionError extends AmqpError {
  override readonly code: string = 'AMQP_CONNECTION'
}

/** The peer did not let us in: no common mechanism, wrong credentials, a broken exchange. */
export class SaslError extends ConnectionError {
  override readonly code: string = 'AMQP_SASL'
}

/** The session was ended, or could not begin. */
export class SessionError extends AmqpError {
  override readonly code: string = 'AMQP_SESSION'
}

/** The link was refused or detached, or went with its session or connection. */
export class LinkError extends AmqpError {
  override readonly code: string = 'AMQP_LINK'
}

/** `Sender.send`: the message did not leave in time, its outcome did not come, or the link went before it did. */
export class SendError extends LinkError {
  override readonly code: string = 'AMQP_SEND'
  /** Nobody can say whether it arrived. False: it certainly has not, and may be sent again. */
  readonly inDoubt: boolean

  constructor(message: string, details: AmqpErrorDetails & { readonly inDoubt: boolean }) {
    super(message, details)
    this.inDoubt = details.inDoubt
  }
}

/** How far an error of the peer reaches (part 2, 2.8.15-2.8.18: connection, session and link errors). */
export type ViolationScope = 'connection' | 'session' | 'link'

/**
 * The peer broke a rule. Thrown while one of its frames is worked on and caught by the frame reader, which closes what the
 * scope says. It never leaves the layer.
 */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
  readonly scope: ViolationScope
  readonly condition: string

  constructor(scope: ViolationScope, condition: string, message: string) {
    super(message)
    this.scope = scope
    this.condition = condition
  }
}

const MAX_PRINTED = 200

/** Text from the network, made safe for an error message or a terminal. */
export function printable(text: string): string {
  const cut = text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}…` : text
  return escaped(cut)
}

/** `amqp:not-found: no such queue`, or what stands for it when the peer gave no reason. */
export function describeCondition(error: ErrorCondition | undefined): string {
  if (!error) return 'without giving a reason'
  const condition = printable(error.condition)
  return error.description ? `${condition}: ${printable(error.description)}` : condition
}

/** The details of an error that the peer stated. */
export function remoteDetails(error: ErrorCondition | undefined): AmqpErrorDetails {
  return { origin: 'remote', condition: error?.condition, description: error?.description, info: error?.info }
}
