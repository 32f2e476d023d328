// Arrays: one constructor for all elements, so the elements are written without it, in a form that fits each of them.

import { HALF_PAIR } from './byte-writer.ts'
import { bytesOf, charOf, checkDepth, entriesOf, millisecondsOf, refuse, textOf } from './coercion.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError } from './errors.ts'
import * as format from './format-codes.ts'
import { AmqpArray, type AmqpType, type AmqpValue, Typed } from './types.ts'

/** What encodeArray needs to know about a type of elements. `wide` is the constructor when an element exceeds 255 bytes. */
interface ElementType {
  readonly code: number
  readonly wide?: number
  readonly write: (e: Encoder, value: AmqpValue, what: string, depth: number) => void
}

export function encodeArray(e: Encoder, array: AmqpArray, what: string, depth: number): void {
  checkDepth(what, depth)
  const { values } = array
  const mark = e.beginCompound()
  writeElements(e, array, what, depth)
  e.endCompound(mark, values.length, format.ARRAY8, format.ARRAY32)
}

function writeElements(e: Encoder, array: AmqpArray, what: string, depth: number): void {
  if (!Object.hasOwn(ELEMENT_TYPES, array.type)) {
    throw new EncodeError(`${what}: there is no AMQP type ${String(array.type)} for the elements of an array`)
  }
  const type = ELEMENT_TYPES[array.type]
  if (array.descriptor !== undefined) {
    e.rawUint8(format.DESCRIBED)
    e.writeValue(array.descriptor, what, depth + 1)
  }
  if (type.wide !== undefined) {
    writeSized(e, type, type.wide, array, what)
    return
  }
  e.rawUint8(type.code)
  for (const value of array.values) type.write(e, plain(value, array.type), what, depth + 1)
}

/** Elements that decoding had to wrap, because no JavaScript type says theirs, go back as they came. */
function plain(value: AmqpValue, type: AmqpType): AmqpValue {
  return value instanceof Typed && value.type === type ? value.value : value
}

/** Strings, symbols and binaries: one size byte each when all of them fit. */
function writeSized(e: Encoder, type: ElementType, wideCode: number, array: AmqpArray, what: string): void {
  const parts = array.values.map((value) => sizedBytes(plain(value, array.type), array.type, what))
  const wide = parts.some((part) => part.length > 0xff)
  e.rawUint8(wide ? wideCode : type.code)
  for (const part of parts) {
    if (wide) e.rawUint32(part.length)
    else e.rawUint8(part.length)
    e.rawBytes(part)
  }
}

function sizedBytes(value: AmqpValue, type: AmqpType, what: string): Uint8Array {
  if (type === 'binary') return value instanceof Uint8Array ? value : refuse(value, type, what)
  const text = textOf(value)
  if (typeof text !== 'string' || HALF_PAIR.test(text)) return refuse(value, type, what)
  const bytes = Buffer.from(text)
  if (type === 'symbol' && bytes.some((byte) => byte > 0x7f)) return refuse(value, type, what)
  return bytes
}

function integer(type: AmqpType, code: number, bits: number, signed: boolean): ElementType {
  const width = BigInt(bits)
  const write = (e: Encoder, value: AmqpValue, what: string): void => {
    const given = type === 'timestamp' ? millisecondsOf(value) : value
    if (typeof given !== 'bigint' && !Number.isSafeInteger(given)) refuse(value, type, what)
    const exact = BigInt(given as number | bigint)
    if ((signed ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact)) !== exact) {
      throw new EncodeError(`${what}: ${exact} does not fit the type ${type}`)
    }
    for (let shift = width - 8n; shift >= 0n; shift -= 8n) e.rawUint8(Number((exact >> shift) & 0xffn))
  }
  return { code, write }
}

function bytes(type: AmqpType, code: number, length: number): ElementType {
  return { code, write: (e, value, what) => e.rawBytes(bytesOf(value, type, length, what)) }
}

function floating(type: 'float' | 'double', code: number, length: 4 | 8): ElementType {
  const write = (e: Encoder, value: AmqpValue, what: string): void => {
    if (typeof value !== 'number') refuse(value, type, what)
    const raw = Buffer.alloc(length)
    if (length === 4) raw.writeFloatBE(value as number)
    else raw.writeDoubleBE(value as number)
    e.rawBytes(raw)
  }
  return { code, write }
}

/** Lists, maps and arrays as elements: always with four bytes for size and count. `content` returns the count. */
function compound(
  code: number,
  content: (e: Encoder, value: AmqpValue, what: string, depth: number) => number,
): ElementType {
  const write = (e: Encoder, value: AmqpValue, what: string, depth: number): void => {
    checkDepth(what, depth)
    const size = e.length
    e.rawUint32(0)
    e.rawUint32(0)
    e.patchUint32(size + 4, content(e, value, what, depth))
    e.patchUint32(size, e.length - size - 4)
  }
  return { code, write }
}

const listElement = compound(format.LIST32, (e, value, what, depth) => {
  if (!Array.isArray(value)) return refuse(value, 'list', what)
  for (const item of value) e.writeValue(item, what, depth + 1)
  return value.length
})

const mapElement = compound(format.MAP32, (e, value, what, depth) => {
  const entries = entriesOf(value, what)
  for (const [key, item] of entries) {
    e.writeValue(key, what, depth + 1)
    e.writeValue(item, what, depth + 1)
  }
  return entries.size * 2
})

const arrayElement = compound(format.ARRAY32, (e, value, what, depth) => {
  if (!(value instanceof AmqpArray)) return refuse(value, 'array', what)
  writeElements(e, value, what, depth)
  return value.values.length
})

const ELEMENT_TYPES: { readonly [type in AmqpType]: ElementType } = {
  null: { code: format.NULL, write: (_, value, what) => void (value == null || refuse(value, 'null', what)) },
  boolean: {
    code: format.BOOLEAN,
    write: (e, value, what) =>
      typeof value === 'boolean' ? e.rawUint8(value ? 1 : 0) : refuse(value, 'boolean', what),
  },
  ubyte: integer('ubyte', format.UBYTE, 8, false),
  ushort: integer('ushort', format.USHORT, 16, false),
  uint: integer('uint', format.UINT, 32, false),
  ulong: integer('ulong', format.ULONG, 64, false),
  byte: integer('byte', format.BYTE, 8, true),
  short: integer('short', format.SHORT, 16, true),
  int: integer('int', format.INT, 32, true),
  long: integer('long', format.LONG, 64, true),
  timestamp: integer('timestamp', format.TIMESTAMP, 64, true),
  float: floating('float', format.FLOAT, 4),
  double: floating('double', format.DOUBLE, 8),
  decimal32: bytes('decimal32', format.DECIMAL32, 4),
  decimal64: bytes('decimal64', format.DECIMAL64, 8),
  decimal128: bytes('decimal128', format.DECIMAL128, 16),
  uuid: bytes('uuid', format.UUID, 16),
  char: { code: format.CHAR, write: (e, value, what) => e.rawUint32(charOf(value, what).codePoint) },
  binary: { code: format.BINARY8, wide: format.BINARY32, write: refuseUnsized },
  string: { code: format.STRING8, wide: format.STRING32, write: refuseUnsized },
  symbol: { code: format.SYMBOL8, wide: format.SYMBOL32, write: refuseUnsized },
  list: listElement,
  map: mapElement,
  array: arrayElement,
}

/** The three sized types go through writeSized. */
function refuseUnsized(_: Encoder, value: AmqpValue, what: string): void {
  refuse(value, 'sized element', what)
}
