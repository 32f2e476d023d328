// A frame as one line of text, in the specification's words, for people who look for what two peers say to each other.

import type { Performative } from '../codec/performatives.ts'
import { AmqpArray, AmqpSymbol, Described, Typed } from '../codec/types.ts'
import { printable } from './errors.ts'

/** Characters of a line: enough for every frame that a person will read to its end. */
const MAX_LENGTH = 2_000
/** Bytes of a binary that are shown. */
const MAX_BINARY = 32

const MASKED = '***'
/** Fields that hold credentials, and names under which somebody may put them into a map. */
const SECRET_FIELDS: ReadonlySet<string> = new Set(['initialResponse', 'challenge', 'response', 'additionalData'])
const SECRET_NAME = /pass|secret|token|credential|authorization/i

/** What is left out unless it says something: decoded frames have the specification's defaults filled in. */
const DEFAULTS: Readonly<Record<string, unknown>> = Object.freeze({
  durable: 0,
  expiryPolicy: 'session-end',
  timeout: 0,
  messageFormat: 0,
})

/** `transfer handle=0 delivery-id=3 delivery-tag=0x00000003 (128 bytes)`. Secrets are masked, control characters escaped. */
export function describeFrame(frame: Performative, payloadBytes: number): string {
  const { type, ...fields } = frame
  const text = [type, ...fieldsOf(fields)].join(' ')
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
  return payloadBytes > 0 ? `${cut} (${payloadBytes} bytes)` : cut
}

function fieldsOf(fields: object): string[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    if (value === undefined || value === DEFAULTS[key] || (value === false && key !== 'role')) return []
    if (key === 'role') return [`role=${value ? 'receiver' : 'sender'}`]
    return [`${kebab(key)}=${SECRET_FIELDS.has(key) ? MASKED : describe(value)}`]
  })
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value)}"`
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Uint8Array) return binary(value)
  if (value instanceof Map) return `{${[...value].map(([key, item]) => entry(key, item)).join(' ')}}`
  if (Array.isArray(value)) return `[${value.map(describe).join(' ')}]`
  if (value instanceof AmqpSymbol) return `:${printable(value.value)}`
  if (value instanceof AmqpArray) return `[${value.values.map(describe).join(' ')}]`
  if (value instanceof Described) return `@${describe(value.descriptor)}(${describe(value.value)})`
  if (value instanceof Typed) return describe(value.value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : value.toISOString()
  return composite(value)
}

/** A source, a target, an error or a delivery state; or a value with a text form of its own, as a uuid. */
function composite(value: object): string {
  if (value.toString !== Object.prototype.toString) return printable(String(value))
  const { type, ...fields } = value as { readonly type?: unknown }
  const inner = fieldsOf(fields).join(' ')
  if (typeof type !== 'string') return `{${inner}}`
  return inner === '' ? type : `${type}(${inner})`
}

function entry(key: unknown, value: unknown): string {
  const name = printable(String(key))
  return `${name}=${SECRET_NAME.test(name) ? MASKED : describe(value)}`
}

function binary(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_BINARY)).toString('hex')
  return bytes.length > MAX_BINARY ? `0x${hex}… (${bytes.length} bytes)` : `0x${hex}`
}
