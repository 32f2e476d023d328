// Composite types by table: a list of named, typed fields in the order of the specification, for everything that is
// not sent with each message. (transfer, flow, disposition, header and properties are written out by hand.)

import type { Decoder } from './decoder.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError, inField } from './errors.ts'
import { AmqpArray, type AmqpValue, Described, Typed } from './types.ts'

/** How a field is written and read. `what` names the field in errors. */
export interface FieldType<T> {
  readonly name: string
  readonly write: (e: Encoder, value: T | undefined, what: string) => void
  readonly read: (d: Decoder, what: string) => T | undefined
}

/** What an encoder takes: the mandatory fields and any of the others. */
export type ToSend<T, Mandatory extends keyof T> = Pick<T, Mandatory> & {
  readonly [K in Exclude<keyof T, Mandatory>]?: T[K] | undefined
}

interface Field {
  /** Property of the JavaScript object. */
  readonly key: string
  /** For errors, with the specification's names: `open.container-id`. */
  readonly what: string
  readonly type: FieldType<unknown>
  readonly mandatory: boolean
  readonly default: unknown
}

export interface Composite {
  readonly name: string
  readonly descriptor: number
  readonly fields: readonly Field[]
}

export interface FieldOptions {
  readonly mandatory?: boolean
  /** What absence means; a field with this value is not sent. */
  readonly default?: unknown
}

/** A FieldType of whatever values. */
interface AnyFieldType {
  readonly name: string
  readonly write: (e: Encoder, value: never, what: string) => void
  readonly read: (d: Decoder, what: string) => unknown
}

type FieldRow = readonly [name: string, type: AnyFieldType, options?: FieldOptions]

/** A row's name is the specification's; its key in JavaScript is the same in camel case. */
export function composite(name: string, descriptor: number, rows: readonly FieldRow[]): Composite {
  const fields = rows.map(([field, type, options]) => ({
    key: field.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    what: `${name}.${field}`,
    type: type as FieldType<unknown>,
    mandatory: options?.mandatory === true,
    default: options?.default,
  }))
  return Object.freeze({ name, descriptor, fields })
}

/** Writes descriptor and list; fields at the end that are absent or have their default are left out. */
export function encodeComposite(e: Encoder, type: Composite, value: object): void {
  const values = type.fields.map((field) => valueToSend(field, (value as Record<string, unknown>)[field.key]))
  let count = values.length
  while (count > 0 && values[count - 1] === undefined) count--
  e.writeDescriptor(type.descriptor)
  const list = e.beginCompound()
  for (let i = 0; i < count; i++) {
    const field = type.fields[i]!
    field.type.write(e, values[i], field.what)
  }
  e.endList(list, count)
}

function valueToSend(field: Field, value: unknown): unknown {
  if (field.mandatory && isNothing(value)) throw new EncodeError(`${field.what}: a ${field.type.name} must be given`)
  return value === null || value === field.default ? undefined : value
}

/** Where several values are allowed, none at all is what null is, so a mandatory field has one at least (part 1, 1.3.4). */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

/** Reads the list behind a descriptor that was read. Every field becomes a property of `into`: its value, its default, or undefined. */
export function decodeComposite(d: Decoder, type: Composite, into: Record<string, unknown>): void {
  const count = d.beginList(type.name, type.fields.length)
  const end = d.compoundEnd
  for (const [i, field] of type.fields.entries()) {
    const value = i < count ? readField(d, field) : undefined
    if (field.mandatory && isNothing(value)) throw missing(d, field.what, field.type.name)
    into[field.key] = value ?? field.default
  }
  d.endCompound(end, type.name)
}

function readField(d: Decoder, field: Field): unknown {
  try {
    return field.type.read(d, field.what)
  } catch (error) {
    throw inField(error, field.what)
  }
}

/** Only to be thrown: a mandatory field is not there. */
export function missing(d: Decoder, what: string, type: string): Error {
  return d.fail(`${what}: expected ${type}, found nothing (the field is mandatory)`)
}

export const boolean: FieldType<boolean> = {
  name: 'boolean',
  write: (e, value, what) => e.writeBoolean(value, what),
  read: (d, what) => d.readBoolean(what),
}
export const ubyte: FieldType<number> = {
  name: 'ubyte',
  write: (e, value, what) => e.writeUbyte(value, what),
  read: (d, what) => d.readUbyte(what),
}
export const ushort: FieldType<number> = {
  name: 'ushort',
  write: (e, value, what) => e.writeUshort(value, what),
  read: (d, what) => d.readUshort(what),
}
export const uint: FieldType<number> = {
  name: 'uint',
  write: (e, value, what) => e.writeUint(value, what),
  read: (d, what) => d.readUint(what),
}
export const ulong: FieldType<number | bigint> = {
  name: 'ulong',
  write: (e, value, what) => e.writeUlong(value, what),
  read: (d, what) => d.readUlong(what),
}
export const binary: FieldType<Uint8Array> = {
  name: 'binary',
  write: (e, value, what) => e.writeBinary(value, what),
  read: (d, what) => d.readBinary(what),
}
export const string: FieldType<string> = {
  name: 'string',
  write: (e, value, what) => e.writeString(value, what),
  read: (d, what) => d.readString(what),
}
export const symbol: FieldType<string> = {
  name: 'symbol',
  write: (e, value, what) => e.writeSymbol(value, what),
  read: (d, what) => d.readSymbol(what),
}
/** `multiple="true"` of the specification. */
export const symbols: FieldType<readonly string[]> = {
  name: 'symbol',
  write: (e, value, what) => e.writeSymbolArray(value, what),
  read: (d, what) => d.readSymbolArray(what),
}
export const fields: FieldType<ReadonlyMap<string, AmqpValue>> = {
  name: 'map',
  write: (e, value, what) => e.writeFields(value, what),
  read: (d, what) => d.readFields(what),
}
/** A map whose keys are not symbols, such as the unsettled deliveries of an attach. */
export const map: FieldType<Map<AmqpValue, AmqpValue>> = {
  name: 'map',
  write: (e, value, what) => e.writeValue(new Typed('map', value), what),
  read: (d, what) => {
    if (d.skipNull()) return undefined
    const at = d.position
    const value = d.readValue()
    if (value instanceof Map) return value
    throw d.fail(`${what}: expected map, found ${nameOf(value)}`, at)
  },
}

function nameOf(value: AmqpValue): string {
  if (value instanceof Described) return 'described value'
  return value instanceof AmqpArray ? 'array' : typeof value
}
