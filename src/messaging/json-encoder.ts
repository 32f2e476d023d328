// Values -> JSON text, byte for byte as Python's json.dumps writes it: `", "` and `": "`, ASCII only, `\uXXXX` in lower
// case, Python's float texts, NaN and Infinity as bare tokens. Python reads any JSON; the same bytes are wanted so that
// both sides can be compared, and because peers tell 1 from 1.0.
//
// Strings are built by recursion: for the small plain objects of a message that is as fast as JSON.stringify.

import { unencodable } from './json-defect.ts'

/** A number that Python is to see as a float even if it is whole: `new JsonFloat(1)` is written `1.0`. */
export class JsonFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  valueOf(): number {
    return this.value
  }
}

/** As deep as the reader reads (json-decoder.ts): deeper is a cycle, or would be refused at the other end. */
const DEPTH_LIMIT = 256

/** Thrown inside only: the caller gets a TypeError that names the place (json-defect.ts). */
const REFUSED = Symbol('refused')

/**
 * The JSON text of a value.
 *
 * Safe integers are written as integers, other numbers as Python floats (`2 ** 53` is `9007199254740992.0`: use a bigint
 * where an integer is meant), bigints as digits. Members that are undefined are left out, undefined elements become null, as
 * JSON.stringify has it. `toJSON` is honoured. As in oslo: a Date is `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC without zone, bytes
 * are UTF-8 text, a Map is an object, a Set an array, an Error its text.
 *
 * Throws a TypeError that names the place for functions, symbols, promises, cycles, more than 256 levels, bytes that are not
 * UTF-8, and Map keys that are no scalars.
 */
export function encodeJson(value: unknown): string {
  try {
    return encodeValue(value, 0)
  } catch (error) {
    throw error === REFUSED ? unencodable(value, toPlain, DEPTH_LIMIT) : error
  }
}

function encodeValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return encodeString(value)
    case 'number':
      return encodeNumber(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'undefined':
      return 'null'
    case 'bigint':
      return value.toString()
    case 'object':
      return value === null ? 'null' : encodeObject(value, depth + 1)
    default:
      throw REFUSED
  }
}

function encodeObject(value: object, depth: number): string {
  if (depth > DEPTH_LIMIT) throw REFUSED
  if (Array.isArray(value)) return encodeArray(value, depth)
  const prototype = Object.getPrototypeOf(value)
  if (
    (prototype === Object.prototype || prototype === null) &&
    typeof (value as { toJSON?: unknown }).toJSON !== 'function'
  ) {
    return encodeMembers(value as Record<string, unknown>, depth)
  }
  if (value instanceof JsonFloat) return pythonFloat(value.value)
  const plain = toPlain(value)
  if (plain === undefined) throw REFUSED
  return plain === value ? encodeMembers(value as Record<string, unknown>, depth) : encodeValue(plain, depth)
}

function encodeArray(array: readonly unknown[], depth: number): string {
  if (array.length === 0) return '[]'
  let text = `[${encodeValue(array[0], depth)}`
  for (let i = 1; i < array.length; i += 1) text += `, ${encodeValue(array[i], depth)}`
  return `${text}]`
}

function encodeMembers(object: Readonly<Record<string, unknown>>, depth: number): string {
  let text = ''
  for (const key of Object.keys(object)) {
    const value = object[key]
    if (value === undefined) continue
    text += `${text === '' ? '{' : ', '}${encodeString(key)}: ${encodeValue(value, depth)}`
  }
  return text === '' ? '{}' : `${text}}`
}

/**
 * What stands for an object that is neither array nor plain: itself when its own members are meant, undefined when nothing
 * can. oslo_serialization.jsonutils.to_primitive.
 */
function toPlain(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : `${value.toISOString().slice(0, -1)}000`
  if (value instanceof Uint8Array) return utf8Text(value)
  if (value instanceof Map) return fromMap(value)
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return (value as { toJSON(): unknown }).toJSON() ?? null
  if (value instanceof Set || ArrayBuffer.isView(value)) return Array.from(value as Iterable<unknown>)
  if (value instanceof Error) return String(value)
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return value.valueOf()
  return value instanceof Promise ? undefined : value
}

function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function fromMap(map: ReadonlyMap<unknown, unknown>): object | undefined {
  const object: Record<string, unknown> = Object.create(null)
  for (const [key, value] of map) {
    if (typeof key === 'string') object[key] = value
    else if (key === null || ['number', 'bigint', 'boolean'].includes(typeof key)) object[encodeValue(key, 0)] = value
    else return undefined
  }
  return object
}

function encodeNumber(value: number): string {
  if (Number.isSafeInteger(value)) return value === 0 && 1 / value < 0 ? '-0.0' : String(value)
  return pythonFloat(value)
}

/** Python's repr of a float: the shortest digits that read back, as JavaScript's, in another format. */
function pythonFloat(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude === 0) return 1 / value < 0 ? '-0.0' : '0.0'
  if (magnitude >= 1e-4 && magnitude < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value)
  if (!Number.isFinite(value)) return String(value)
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}

const PLAIN_TEXT = /^[ !#-[\]-~]*$/

function encodeString(text: string): string {
  return PLAIN_TEXT.test(text) ? `"${text}"` : escapeString(text)
}

const SHORT_ESCAPES = new Map([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
])
const HEX_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function escapeString(text: string): string {
  let escaped = '"'
  let start = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c) continue
    if (start < i) escaped += text.slice(start, i)
    escaped += SHORT_ESCAPES.get(code) ?? `\\u${HEX_BYTES[code >> 8]}${HEX_BYTES[code & 0xff]}`
    start = i + 1
  }
  return `${escaped}${text.slice(start)}"`
}
