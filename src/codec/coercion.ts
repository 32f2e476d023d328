// What a value of a stated type must look like: the checks behind Typed and AmqpArray.

import { EncodeError } from './errors.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { AmqpSymbol, type AmqpType, type AmqpValue, Char, Decimal, Uuid } from './types.ts'

/** Cycles end here as well. */
export function checkDepth(what: string, depth: number): void {
  if (depth < DEFAULT_LIMITS.maxDepth) return
  throw new EncodeError(`${what}: nested deeper than ${DEFAULT_LIMITS.maxDepth} levels`)
}

/** A Map as it is; a plain object as a Map. Instances of any class are refused: what is in them was not meant for the wire. */
export function entriesOf(value: unknown, what: string): ReadonlyMap<AmqpValue, AmqpValue> {
  if (value instanceof Map) return value
  const prototype = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined
  if (prototype === Object.prototype || prototype === null) return new Map(Object.entries(value as object))
  throw new EncodeError(`${what}: AMQP has no type for ${describeObject(value)}`)
}

function describeObject(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'this object'
}

export function refuse(value: unknown, type: string, what: string): never {
  throw new EncodeError(`${what}: ${describeObject(value)} does not fit the type ${type}`)
}

/** The bytes of a Uuid or Decimal, or bytes given as such. */
export function bytesOf(value: AmqpValue, type: AmqpType, length: number, what: string): Uint8Array {
  const bytes = value instanceof Uuid || value instanceof Decimal ? value.bytes : value
  if (bytes instanceof Uint8Array && bytes.length === length) return bytes
  return refuse(value, type, what)
}

export function charOf(value: AmqpValue, what: string): Char {
  if (value instanceof Char) return value
  if (typeof value === 'number') return new Char(value)
  if (typeof value === 'string') {
    const codePoint = value.codePointAt(0) ?? -1
    if (codePoint >= 0 && String.fromCodePoint(codePoint) === value) return new Char(codePoint)
  }
  return refuse(value, 'char', what)
}

export function millisecondsOf(value: AmqpValue): number | bigint {
  return value instanceof Date ? value.getTime() : (value as number | bigint)
}

export function textOf(value: AmqpValue): string {
  return value instanceof AmqpSymbol ? value.value : (value as string)
}
