// Values whose type is told by their constructor alone. The fields of performatives and sections do not come this way.

import type { Decoder } from './decoder.ts'
import * as format from './format-codes.ts'
import {
  AmqpArray,
  AmqpSymbol,
  type AmqpType,
  type AmqpValue,
  Char,
  Decimal,
  Described,
  isScalarValue,
  Typed,
  Uuid,
} from './types.ts'

/** The farthest from 1970 that a Date can be, in milliseconds. */
const MAX_DATE = 8.64e15
const WHAT = 'value'
const ARRAY = 'array'

/** Reads one value. `depth`: how many lists, maps, arrays and descriptors are around it. */
export function decodeValue(d: Decoder, depth: number): AmqpValue {
  const code = d.readCode(WHAT)
  if (code === format.DESCRIBED) {
    checkDepth(d, depth)
    const descriptor = decodeValue(d, depth + 1)
    return new Described(descriptor, decodeValue(d, depth + 1))
  }
  return decodeContent(d, code, depth)
}

/** Reads what stands behind a constructor. */
export function decodeContent(d: Decoder, code: number, depth: number): AmqpValue {
  switch (code) {
    case format.STRING8:
      return d.utf8(d.uint8(WHAT), WHAT)
    case format.STRING32:
      return d.utf8(d.uint32(WHAT), WHAT)
    case format.SYMBOL8:
      return new AmqpSymbol(d.ascii(d.uint8(WHAT), WHAT))
    case format.SYMBOL32:
      return new AmqpSymbol(d.ascii(d.uint32(WHAT), WHAT))
    case format.BINARY8:
      return d.bytes(d.uint8(WHAT), WHAT)
    case format.BINARY32:
      return d.bytes(d.uint32(WHAT), WHAT)
    case format.LIST0:
      return []
    case format.LIST8:
      return decodeList(d, 1, depth)
    case format.LIST32:
      return decodeList(d, 4, depth)
    case format.MAP8:
      return decodeMap(d, 1, depth)
    case format.MAP32:
      return decodeMap(d, 4, depth)
    case format.ARRAY8:
      return decodeArray(d, 1, depth)
    case format.ARRAY32:
      return decodeArray(d, 4, depth)
    default:
      return code < format.USHORT ? decodeNarrow(d, code) : decodeWide(d, code)
  }
}

/** Values of no or one byte. */
function decodeNarrow(d: Decoder, code: number): AmqpValue {
  switch (code) {
    case format.NULL:
      return null
    case format.TRUE:
      return true
    case format.FALSE:
      return false
    case format.BOOLEAN:
      return d.booleanByte(WHAT)
    case format.UINT0:
    case format.ULONG0:
      return 0
    case format.UBYTE:
    case format.SMALL_UINT:
    case format.SMALL_ULONG:
      return d.uint8(WHAT)
    case format.BYTE:
    case format.SMALL_INT:
    case format.SMALL_LONG:
      return (d.uint8(WHAT) << 24) >> 24
    default:
      throw d.wrongType('a value', code, WHAT)
  }
}

/** Values of two to sixteen bytes. */
function decodeWide(d: Decoder, code: number): AmqpValue {
  switch (code) {
    case format.USHORT:
      return d.uint16(WHAT)
    case format.SHORT:
      return (d.uint16(WHAT) << 16) >> 16
    case format.UINT:
      return d.uint32(WHAT)
    case format.INT:
      return d.uint32(WHAT) | 0
    case format.ULONG:
      return d.uint64(WHAT)
    case format.LONG:
      return d.int64(WHAT)
    case format.FLOAT:
      return d.buffer.readFloatBE(d.advance(4, WHAT))
    case format.DOUBLE:
      return d.buffer.readDoubleBE(d.advance(8, WHAT))
    case format.CHAR:
      return decodeChar(d)
    case format.TIMESTAMP:
      return decodeTimestamp(d)
    case format.UUID:
      return new Uuid(d.bytes(16, WHAT))
    case format.DECIMAL32:
      return new Decimal('decimal32', d.bytes(4, WHAT))
    case format.DECIMAL64:
      return new Decimal('decimal64', d.bytes(8, WHAT))
    case format.DECIMAL128:
      return new Decimal('decimal128', d.bytes(16, WHAT))
    default:
      throw d.wrongType('a value', code, WHAT)
  }
}

function decodeChar(d: Decoder): Char {
  const codePoint = d.uint32(WHAT)
  if (!isScalarValue(codePoint)) {
    throw d.fail(
      `${WHAT}: expected a Unicode scalar value for a char, found 0x${codePoint.toString(16)}`,
      d.position - 4,
    )
  }
  return new Char(codePoint)
}

function decodeTimestamp(d: Decoder): Date | Typed {
  const milliseconds = d.int64(WHAT)
  if (milliseconds >= -MAX_DATE && milliseconds <= MAX_DATE) return new Date(Number(milliseconds))
  return new Typed('timestamp', BigInt(milliseconds))
}

function decodeList(d: Decoder, width: 1 | 4, depth: number): AmqpValue[] {
  checkDepth(d, depth)
  const count = d.beginItems(width, WHAT)
  d.countItems(count, WHAT)
  const end = d.compoundEnd
  const values: AmqpValue[] = []
  for (let i = 0; i < count; i++) values.push(decodeValue(d, depth + 1))
  d.endCompound(end, WHAT)
  return values
}

function decodeMap(d: Decoder, width: 1 | 4, depth: number): Map<AmqpValue, AmqpValue> {
  checkDepth(d, depth)
  const count = d.beginPairs(width, WHAT)
  d.countItems(count, WHAT)
  const end = d.compoundEnd
  const map = new Map<AmqpValue, AmqpValue>()
  for (let i = 0; i < count; i += 2) {
    const key = decodeValue(d, depth + 1)
    map.set(key, decodeValue(d, depth + 1))
  }
  d.endCompound(end, WHAT)
  return map
}

/** Reads an array behind its constructor. `width`: bytes of size and count. */
function decodeArray(d: Decoder, width: 1 | 4, depth: number): AmqpArray {
  checkDepth(d, depth)
  const count = d.beginCompound(width, ARRAY)
  const end = d.compoundEnd
  let descriptor: AmqpValue
  let code = d.readCode(ARRAY)
  if (code === format.DESCRIBED) {
    descriptor = decodeValue(d, depth + 1)
    code = d.readCode(ARRAY)
  }
  const type = format.typeName(code)
  // The grammar would let descriptors pile up here; no peer does that, and an AmqpArray holds one.
  if (type === undefined || code === format.DESCRIBED) throw d.wrongType('the type of the elements', code, ARRAY)
  checkCount(d, code, count, end)
  d.countItems(count, ARRAY)
  const values: AmqpValue[] = []
  for (let i = 0; i < count; i++) values.push(decodeContent(d, code, depth + 1))
  d.endCompound(end, ARRAY)
  return new AmqpArray(type as AmqpType, values, descriptor)
}

/** Before anything is allocated for the elements. */
function checkCount(d: Decoder, code: number, count: number, end: number): void {
  const width = format.widthOf(code)
  if (width === 0) {
    d.zeroWidthLeft -= count
    if (d.zeroWidthLeft >= 0) return
    throw d.fail(`${ARRAY}: more than ${d.limits.maxZeroWidthElements} elements without bytes`)
  }
  if (count * Math.abs(width) > end - d.position) throw d.fail(`${ARRAY}: ${count} elements in fewer bytes`)
}

function checkDepth(d: Decoder, depth: number): void {
  if (depth >= d.limits.maxDepth) throw d.fail(`${WHAT}: nested deeper than ${d.limits.maxDepth} levels`)
}

/** Steps over one value by its width or size. */
export function skipValue(d: Decoder, depth: number): void {
  let code = d.readCode(WHAT)
  for (let nested = depth; code === format.DESCRIBED; nested++) {
    checkDepth(d, nested)
    skipValue(d, nested + 1)
    code = d.readCode(WHAT)
  }
  if (format.typeName(code) === undefined) throw d.wrongType('a value', code, WHAT)
  const width = format.widthOf(code)
  d.advance(width >= 0 ? width : width === -1 ? d.uint8(WHAT) : d.uint32(WHAT), WHAT)
}
