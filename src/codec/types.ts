// The JavaScript values that stand for AMQP values where no field of the specification tells their type.

import { EncodeError } from './errors.ts'

/** The primitive types of the specification (part 1, section 1.6), by their names there. */
export type AmqpType =
  | 'null'
  | 'boolean'
  | 'ubyte'
  | 'ushort'
  | 'uint'
  | 'ulong'
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'decimal32'
  | 'decimal64'
  | 'decimal128'
  | 'char'
  | 'timestamp'
  | 'uuid'
  | 'binary'
  | 'string'
  | 'symbol'
  | 'list'
  | 'map'
  | 'array'

/**
 * Anything that can be sent. Integers become int, or long outside 32 bits; other numbers double; bigint long, or ulong
 * above 2^63 - 1; plain objects maps with string keys; `undefined` null. `Typed` says the type where that is not enough.
 *
 * Received values are: numbers for every integer type when safe, else bigint; Date for timestamps (outside Date's range
 * `Typed`); AmqpSymbol; Buffer (a view of the received bytes) for binary; arrays for lists; AmqpArray; always Map for maps.
 */
export type AmqpValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | AmqpSymbol
  | Uuid
  | Char
  | Decimal
  | Typed
  | Described
  | AmqpArray
  | AmqpValue[]
  | Map<AmqpValue, AmqpValue>
  | { [key: string]: AmqpValue }

/** A map whose keys are symbols on the wire (the specification's `fields`) or strings (application-properties). */
export type Fields = ReadonlyMap<string, AmqpValue>

/** A name from a fixed domain, such as an error condition: ASCII only, and a type of its own beside string. */
export class AmqpSymbol {
  readonly value: string

  constructor(value: string) {
    this.value = value
  }

  toString(): string {
    return this.value
  }
}

export function symbol(value: string): AmqpSymbol {
  return new AmqpSymbol(value)
}

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A universally unique identifier (RFC 4122): 16 bytes. */
export class Uuid {
  readonly bytes: Buffer

  /** Takes the 16 bytes as they are (no copy). Throws EncodeError when there are more or fewer. */
  constructor(bytes: Buffer) {
    if (bytes.length !== 16) throw new EncodeError(`a uuid has 16 bytes, not ${bytes.length}`)
    this.bytes = bytes
  }

  /** Reads the usual text form, as crypto.randomUUID() gives it. Throws EncodeError for any other text. */
  static parse(text: string): Uuid {
    if (!UUID_TEXT.test(text)) throw new EncodeError(`not a uuid: ${JSON.stringify(text)}`)
    return new Uuid(Buffer.from(text.replaceAll('-', ''), 'hex'))
  }

  toString(): string {
    const hex = this.bytes.toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
}

/** One Unicode scalar value, which AMQP keeps apart from a string of length one. */
export class Char {
  readonly codePoint: number

  constructor(codePoint: number) {
    if (!isScalarValue(codePoint)) throw new EncodeError(`not a Unicode scalar value: ${codePoint}`)
    this.codePoint = codePoint
  }

  toString(): string {
    return String.fromCodePoint(this.codePoint)
  }
}

/** True for what UTF-32BE can hold as a char: 0 to 0x10ffff without the surrogates. */
export function isScalarValue(codePoint: number): boolean {
  if (!Number.isInteger(codePoint) || codePoint < 0 || codePoint > 0x10ffff) return false
  return codePoint < 0xd800 || codePoint > 0xdfff
}

export type DecimalType = 'decimal32' | 'decimal64' | 'decimal128'

/** An IEEE 754-2008 decimal number as its bytes: carried through, never calculated with. */
export class Decimal {
  readonly type: DecimalType
  readonly bytes: Uint8Array

  constructor(type: DecimalType, bytes: Uint8Array) {
    const expected = Number(type.slice(7)) / 8
    if (bytes.length !== expected) throw new EncodeError(`a ${type} has ${expected} bytes, not ${bytes.length}`)
    this.type = type
    this.bytes = bytes
  }
}

/** A value with a descriptor that gives it a meaning beyond its primitive type. */
export class Described {
  readonly descriptor: AmqpValue
  readonly value: AmqpValue

  constructor(descriptor: AmqpValue, value: AmqpValue) {
    this.descriptor = descriptor
    this.value = value
  }
}

/** A sequence in which every element has the same type (a list mixes them), and the same descriptor if there is one. */
export class AmqpArray {
  /** The type of the elements. */
  readonly type: AmqpType
  /** The elements, without the descriptor that they share. */
  readonly values: AmqpValue[]
  readonly descriptor: AmqpValue

  constructor(type: AmqpType, values: AmqpValue[], descriptor?: AmqpValue) {
    this.type = type
    this.values = values
    this.descriptor = descriptor
  }
}

/** A value whose AMQP type is said instead of derived. */
export class Typed {
  readonly type: AmqpType
  readonly value: AmqpValue

  constructor(type: AmqpType, value: AmqpValue) {
    this.type = type
    this.value = value
  }
}

export function typed(type: AmqpType, value: AmqpValue): Typed {
  return new Typed(type, value)
}
