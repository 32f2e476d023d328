// Values whose AMQP type follows from their JavaScript type, or is said by Typed. The hot fields do not come this way.

import { encodeArray } from './array-encoder.ts'
import { bytesOf, charOf, checkDepth, entriesOf, millisecondsOf, refuse, textOf } from './coercion.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError } from './errors.ts'
import * as format from './format-codes.ts'
import { AmqpArray, AmqpSymbol, type AmqpType, type AmqpValue, Char, Decimal, Described, Typed, Uuid } from './types.ts'

const MAX_INT64 = 0x7fff_ffff_ffff_ffffn

/** Writes a value as AmqpValue says. `depth`: how many lists, maps, arrays and descriptors are around it. */
export function encodeValue(e: Encoder, value: AmqpValue, what: string, depth: number): void {
  switch (typeof value) {
    case 'undefined':
      e.writeNull()
      break
    case 'boolean':
      e.writeBoolean(value)
      break
    case 'number':
      encodeNumber(e, value)
      break
    case 'bigint':
      if (value > MAX_INT64) e.writeUlong(value, what)
      else e.writeLong(value, what)
      break
    case 'string':
      e.writeString(value, what)
      break
    case 'object':
      if (value === null) e.writeNull()
      else encodeObject(e, value, what, depth)
      break
    default:
      throw new EncodeError(`${what}: AMQP has no type for a ${typeof value}`)
  }
}

function encodeNumber(e: Encoder, value: number): void {
  // Minus zero is no integer: only double tells it from zero.
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) e.writeDouble(value)
  else if (value >= -0x8000_0000 && value <= 0x7fff_ffff) e.writeInt(value)
  else e.writeLong(value)
}

function encodeObject(e: Encoder, value: object, what: string, depth: number): void {
  if (value instanceof Uint8Array) e.writeBinary(value, what)
  else if (value instanceof AmqpSymbol) e.writeSymbol(value.value, what)
  else if (value instanceof Date) e.writeTimestamp(value.getTime(), what)
  else if (value instanceof Uuid) e.writeUuid(value, what)
  else if (value instanceof Char) encodeTyped(e, 'char', value, what, depth)
  else if (value instanceof Decimal) encodeTyped(e, value.type, value, what, depth)
  else if (value instanceof Typed) encodeTyped(e, value.type, value.value, what, depth)
  else encodeNested(e, value, what, depth)
}

function encodeNested(e: Encoder, value: object, what: string, depth: number): void {
  checkDepth(what, depth)
  if (Array.isArray(value)) encodeList(e, value, what, depth)
  else if (value instanceof AmqpArray) encodeArray(e, value, what, depth)
  else if (value instanceof Described) encodeDescribed(e, value, what, depth)
  else encodeMap(e, entriesOf(value, what), what, depth)
}

function encodeDescribed(e: Encoder, value: Described, what: string, depth: number): void {
  e.rawUint8(format.DESCRIBED)
  encodeValue(e, value.descriptor, what, depth + 1)
  encodeValue(e, value.value, what, depth + 1)
}

function encodeList(e: Encoder, values: readonly AmqpValue[], what: string, depth: number): void {
  const list = e.beginCompound()
  for (const value of values) encodeValue(e, value, what, depth + 1)
  e.endList(list, values.length)
}

function encodeMap(e: Encoder, entries: ReadonlyMap<AmqpValue, AmqpValue>, what: string, depth: number): void {
  const map = e.beginCompound()
  for (const [key, value] of entries) {
    encodeValue(e, key, what, depth + 1)
    encodeValue(e, value, what, depth + 1)
  }
  e.endMap(map, entries.size)
}

type TypedWriter = (e: Encoder, value: never, what: string, depth: number) => void

/** The writers check what they get: the value of a Typed is only promised to fit. */
const TYPED_WRITERS: { readonly [type in AmqpType]: TypedWriter } = {
  null: (e, value, what) => refuse(value, 'null', what) || e.writeNull(),
  boolean: (e, value, what) => (typeof value === 'boolean' ? e.writeBoolean(value) : refuse(value, 'boolean', what)),
  ubyte: (e, value, what) => e.writeUbyte(value, what),
  ushort: (e, value, what) => e.writeUshort(value, what),
  uint: (e, value, what) => e.writeUint(value, what),
  ulong: (e, value, what) => e.writeUlong(value, what),
  byte: (e, value, what) => e.writeByte(value, what),
  short: (e, value, what) => e.writeShort(value, what),
  int: (e, value, what) => e.writeInt(value, what),
  long: (e, value, what) => e.writeLong(value, what),
  float: (e, value, what) => e.writeFloat(value, what),
  double: (e, value, what) => e.writeDouble(value, what),
  decimal32: (e, value, what) => writeDecimal(e, format.DECIMAL32, bytesOf(value, 'decimal32', 4, what)),
  decimal64: (e, value, what) => writeDecimal(e, format.DECIMAL64, bytesOf(value, 'decimal64', 8, what)),
  decimal128: (e, value, what) => writeDecimal(e, format.DECIMAL128, bytesOf(value, 'decimal128', 16, what)),
  char: (e, value, what) => {
    const { codePoint } = charOf(value, what)
    e.rawUint8(format.CHAR)
    e.rawUint32(codePoint)
  },
  timestamp: (e, value, what) => e.writeTimestamp(millisecondsOf(value), what),
  uuid: (e, value, what) => e.writeUuid({ bytes: bytesOf(value, 'uuid', 16, what) }, what),
  binary: (e, value, what) => e.writeBinary(value, what),
  string: (e, value, what) => e.writeString(value, what),
  symbol: (e, value, what) => e.writeSymbol(textOf(value), what),
  list: (e, value, what, depth) => {
    checkDepth(what, depth)
    if (!Array.isArray(value)) refuse(value, 'list', what)
    encodeList(e, value, what, depth)
  },
  map: (e, value, what, depth) => {
    checkDepth(what, depth)
    encodeMap(e, entriesOf(value, what), what, depth)
  },
  array: (e, value: AmqpValue, what, depth) =>
    value instanceof AmqpArray ? encodeArray(e, value, what, depth) : refuse(value, 'array', what),
}

function encodeTyped(e: Encoder, type: AmqpType, value: AmqpValue, what: string, depth: number): void {
  if (!Object.hasOwn(TYPED_WRITERS, type)) throw new EncodeError(`${what}: there is no AMQP type ${String(type)}`)
  if (value === null || value === undefined) e.writeNull()
  else TYPED_WRITERS[type](e, value as never, what, depth)
}

function writeDecimal(e: Encoder, code: number, bytes: Uint8Array): void {
  e.rawUint8(code)
  e.rawBytes(bytes)
}
