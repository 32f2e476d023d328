/** Base of everything that codec/ throws. Nothing else leaves it, whatever the bytes or values were. */
export class CodecError extends Error {
  /** Stable name of the kind of failure. */
  readonly code: string
  /** The AMQP error condition that a peer should be told when the connection or link is given up because of it. */
  readonly condition: string

  constructor(message: string, code: string, condition: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.condition = condition
  }

  override get name(): string {
    return 'CodecError'
  }
}

/** A value cannot be expressed in the AMQP type that it was meant for. Code `AMQP_ENCODE`. */
export class EncodeError extends CodecError {
  constructor(message: string, options?: ErrorOptions, condition = 'amqp:internal-error') {
    super(message, 'AMQP_ENCODE', condition, options)
  }

  override get name(): string {
    return 'EncodeError'
  }
}

/** The peer's bytes are not what the specification allows at this place. Code `AMQP_DECODE`. */
export class DecodeError extends CodecError {
  /** Index in the buffer that was being read: where the offending byte stands. */
  readonly offset: number

  constructor(message: string, offset: number, code = 'AMQP_DECODE', condition = 'amqp:decode-error') {
    super(`${message} (at byte ${offset})`, code, condition)
    this.offset = offset
  }

  override get name(): string {
    return 'DecodeError'
  }
}

/** To be thrown again where a field ends: the error says in which one it was. */
export function inField(error: unknown, what: string): unknown {
  if (error instanceof DecodeError && !error.message.startsWith(what)) error.message = `${what}: ${error.message}`
  return error
}

/** The stream is not cut into AMQP frames: nothing after this byte can be understood. Code `AMQP_FRAMING`. */
export class FramingError extends DecodeError {
  constructor(message: string, offset: number) {
    super(message, offset, 'AMQP_FRAMING', 'amqp:connection:framing-error')
  }

  override get name(): string {
    return 'FramingError'
  }
}
