// The errors of the API. oslo's exceptions keep their names, with the suffix Error; `osloClass` is the Python class under
// which an error crosses the wire when an endpoint lets it escape (failure.ts).

import { describeTarget, type Target } from './target.ts'

/** The Python class that stands for an error class on the wire. */
export interface OsloClass {
  /** The class name. Default: the name of the JavaScript class. */
  readonly name?: string
  /** The Python module. */
  readonly module: string
}

const exceptions = (name: string): OsloClass => ({ name, module: 'oslo_messaging.exceptions' })

/** The base of everything that this library throws. `code` is stable and unique to the class; messages are for people and may change. */
export abstract class MessagingError extends Error {
  static readonly osloClass: OsloClass = exceptions('MessagingException')
  abstract readonly code: string
}

/** No reply came in time. The request may or may not have been processed. oslo: MessagingTimeout. */
export class MessagingTimeoutError extends MessagingError {
  static override readonly osloClass = exceptions('MessagingTimeout')
  override readonly name = 'MessagingTimeoutError'
  readonly code = 'MESSAGING_TIMEOUT'
}

export interface DeliveryFailureOptions extends ErrorOptions {
  /** Whether the message may have arrived all the same. Default false. */
  readonly inDoubt?: boolean
  /** Whether it was refused for its size. Default false. */
  readonly tooLarge?: boolean
}

/** A message was not delivered, or nobody knows whether it was (`inDoubt`). oslo: MessageDeliveryFailure. */
export class MessageDeliveryFailureError extends MessagingError {
  static override readonly osloClass = exceptions('MessageDeliveryFailure')
  override readonly name = 'MessageDeliveryFailureError'
  readonly code = 'MESSAGE_DELIVERY_FAILURE'
  /** True: it may have arrived. False: it certainly has not. */
  readonly inDoubt: boolean
  /** True: it is larger than the other side takes. */
  readonly tooLarge: boolean

  constructor(message: string, options: DeliveryFailureOptions = {}) {
    super(message, options)
    this.inDoubt = options.inDoubt ?? false
    this.tooLarge = options.tooLarge ?? false
  }
}

/** The target lacks what this use of it needs. oslo: InvalidTarget. */
export class InvalidTargetError extends MessagingError {
  static override readonly osloClass = exceptions('InvalidTarget')
  override readonly name = 'InvalidTargetError'
  readonly code = 'INVALID_TARGET'
  readonly target: Target

  constructor(message: string, target: Target) {
    super(`${message}:${describeTarget(target)}`)
    this.target = target
  }
}

/** A transport url that cannot be read. The message never repeats user names, passwords or what might be part of one. oslo: InvalidTransportURL. */
export class InvalidTransportUrlError extends MessagingError {
  static override readonly osloClass: OsloClass = { name: 'InvalidTransportURL', module: 'oslo_messaging.transport' }
  override readonly name = 'InvalidTransportUrlError'
  readonly code = 'INVALID_TRANSPORT_URL'
}

/** A configuration file that cannot be read, or says what cannot be. Values are never shown: one of them may be a password. oslo: ConfigFileParseError. */
export class ConfigFileError extends MessagingError {
  static override readonly osloClass: OsloClass = { name: 'ConfigFileParseError', module: 'oslo_config.cfg' }
  override readonly name = 'ConfigFileError'
  readonly code = 'CONFIG_FILE'

  /** The same, with the place where it is. */
  at(path: string, line?: number): ConfigFileError {
    const place = line === undefined ? path : `${path}, line ${line}`
    return new ConfigFileError(`${place}: ${this.message}`, { cause: this.cause })
  }
}

/** The scheme of the transport url names no driver of this library. oslo: DriverLoadFailure. */
export class DriverLoadFailureError extends MessagingError {
  static override readonly osloClass: OsloClass = { name: 'DriverLoadFailure', module: 'oslo_messaging.transport' }
  override readonly name = 'DriverLoadFailureError'
  readonly code = 'DRIVER_LOAD_FAILURE'
  /** The scheme that was asked for. */
  readonly driver: string

  constructor(driver: string, reason: string) {
    super(`failed to load transport driver "${driver}": ${reason}`)
    this.driver = driver
  }
}

/** The transport was closed: before the operation began, or while it waited. */
export class DriverClosedError extends MessagingError {
  override readonly name = 'DriverClosedError'
  readonly code = 'DRIVER_CLOSED'
  /** True: what was to be sent may have arrived. */
  readonly inDoubt: boolean

  constructor(message: string, { inDoubt = false, ...options }: ErrorOptions & { readonly inDoubt?: boolean } = {}) {
    super(message, options)
    this.inDoubt = inDoubt
  }
}

/** What was received is not a message of oslo.messaging: no JSON, no object, an envelope of an unknown version. */
export class MalformedMessageError extends MessagingError {
  override readonly name = 'MalformedMessageError'
  readonly code = 'MALFORMED_MESSAGE'
}

/** A version that is not `major.minor` or `major.minor.revision`. */
export class InvalidVersionError extends MessagingError {
  override readonly name = 'InvalidVersionError'
  readonly code = 'INVALID_VERSION'

  constructor(version: unknown) {
    super(`Version must contain a major and minor integer. Got ${String(version)}`)
  }
}

/** An argument or option of this library's API has a value that it cannot have, or a name that does not exist. */
export class InvalidArgumentError extends MessagingError {
  override readonly name = 'InvalidArgumentError'
  readonly code = 'INVALID_ARGUMENT'
}

/** The bus at the other end has nothing for what was asked; the message says which bus it is, and what to do instead. oslo: NotImplementedError. */
export class NotSupportedError extends MessagingError {
  override readonly name = 'NotSupportedError'
  readonly code = 'NOT_SUPPORTED'
}
