// Requests, replies, heartbeats and notifications <-> AMQP messages, byte for byte as Python's driver writes them
// (oslo_messaging/_drivers/impl_amqp1.py: marshal_request, marshal_response):
//
//   header      always there, empty unless there is a time to live
//   properties  to; with a reply expected message-id and reply-to; in replies correlation-id
//   body        an amqp-value holding JSON text; a heartbeat has none
//
// absolute-expiry-time is not sent (Python fills it from a clock that does not count from 1970) and ignored when received.

import { isUtf8 } from 'node:buffer'
import type { AmqpValue, EncodedMessage, Header, Message, MessageId } from '../amqp/index.ts'
import { printable } from '../amqp/index.ts'
import type { Envelope } from '../messaging/driver.ts'
import { MalformedMessageError } from '../messaging/errors.ts'
import { decodeJson, encodeJson, type JsonObject } from '../messaging/json.ts'

const ENVELOPE_VERSION = '2.0'
const NO_HEADER: Header = Object.freeze({})

export type ApplicationProperties = ReadonlyMap<string, AmqpValue>

/** The fields of a message beside its body. */
export interface MessageFields {
  readonly to: string
  readonly messageId?: MessageId | undefined
  readonly replyTo?: string | undefined
  readonly correlationId?: MessageId | undefined
  readonly ttlMs?: number | undefined
  /** Python ignores them; later versions of this library may not. */
  readonly applicationProperties?: ApplicationProperties | undefined
  /** Only to reproduce what Python writes. */
  readonly absoluteExpiryTimeMs?: number | undefined
}

/** The AMQP message around a body's text; undefined: without body (a heartbeat). */
export function toMessage(fields: MessageFields, text: string | undefined): Message {
  return {
    header: fields.ttlMs === undefined ? NO_HEADER : { ttl: fields.ttlMs },
    properties: {
      messageId: fields.messageId,
      to: fields.to,
      replyTo: fields.replyTo,
      correlationId: fields.correlationId,
      absoluteExpiryTime: fields.absoluteExpiryTimeMs,
    },
    applicationProperties: fields.applicationProperties,
    body: text === undefined ? undefined : { type: 'value', value: text },
  }
}

/** The text of a call, a cast or a notification in format 1. Throws TypeError for what JSON cannot express. */
export function requestText({ message, context }: Envelope, callMonitorTimeoutMs?: number): string {
  if (callMonitorTimeoutMs === undefined) return encodeJson({ request: message, context })
  return encodeJson({ request: message, context, call_monitor_timeout: callMonitorTimeoutMs / 1000 })
}

/** The text of a notification in format 2: the message is JSON within the JSON. */
export function envelopeText({ message, context }: Envelope): string {
  return encodeJson({ request: { 'oslo.version': ENVELOPE_VERSION, 'oslo.message': encodeJson(message) }, context })
}

export const resultText = (result: unknown): string => encodeJson({ response: result === undefined ? null : result })

export const failureText = (failure: string): string => encodeJson({ failure })

/** A received request or notification. */
export interface DecodedRequest extends Envelope {
  readonly messageId: MessageId | undefined
  readonly replyTo: string | undefined
  readonly ttlMs: number | undefined
  readonly callMonitorTimeoutMs: number | undefined
}

/** Reads a request or notification. Throws MalformedMessageError, or DecodeError when the AMQP message itself is broken. */
export function decodeRequest(message: EncodedMessage): DecodedRequest {
  const text = bodyText(message)
  if (text === undefined) throw new MalformedMessageError('expected a JSON text as body, found no body')
  const body = objectOf(parse(text), 'the body')
  const properties = message.properties
  return {
    message: unwrapped(objectOf(body.request, '"request"')),
    context: body.context === null || body.context === undefined ? {} : objectOf(body.context, '"context"'),
    messageId: properties?.messageId,
    replyTo: properties?.replyTo || undefined,
    ttlMs: message.header?.ttl,
    callMonitorTimeoutMs: milliseconds(body.call_monitor_timeout),
  }
}

/** What arrives at a reply address. */
export type DecodedReply =
  | { readonly type: 'heartbeat' }
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'failure'; readonly failure: string }

const HEARTBEAT: DecodedReply = Object.freeze({ type: 'heartbeat' })

/** Reads a reply. Throws like decodeRequest. */
export function decodeReply(message: EncodedMessage): DecodedReply {
  const text = bodyText(message)
  if (text === undefined) return HEARTBEAT
  const body = objectOf(parse(text), 'the body')
  const failure = body.failure
  if (failure === undefined || failure === null) return { type: 'result', result: body.response ?? null }
  return { type: 'failure', failure: typeof failure === 'string' ? failure : encodeJson(failure) }
}

/** The text of the body: an amqp-value of string or binary, or data sections. Undefined: no body, or null. */
function bodyText(message: EncodedMessage): string | undefined {
  const body = message.body
  if (body === undefined) return undefined
  if (body.type === 'value') {
    if (typeof body.value === 'string') return body.value
    if (body.value === null) return undefined
    if (body.value instanceof Uint8Array) return utf8(body.value)
  }
  if (body.type === 'data') return utf8(body.chunks.length === 1 ? (body.chunks[0] as Uint8Array) : Buffer.concat(body.chunks))
  throw new MalformedMessageError('expected a JSON text as body, found an AMQP value of another type')
}

function utf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new MalformedMessageError('expected a JSON text as body, found bytes that are not UTF-8')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return decodeJson(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MalformedMessageError(`the body is not JSON that can be read: ${printable(reason)}`, { cause })
  }
}

function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : value === undefined ? 'nothing' : `a ${typeof value}`
  throw new MalformedMessageError(`${what}: expected a JSON object, found ${found}`)
}

/** Takes a message out of oslo's envelope, when it is in one. */
function unwrapped(request: JsonObject): JsonObject {
  const version = request['oslo.version']
  const message = request['oslo.message']
  if (version === undefined || message === undefined) return request
  if (typeof version !== 'string' || !isCompatibleEnvelope(version)) {
    throw new MalformedMessageError(`unknown envelope version ${printable(String(version))}: expected ${ENVELOPE_VERSION}`)
  }
  if (typeof message !== 'string') throw new MalformedMessageError('"oslo.message": expected a JSON text')
  return objectOf(parse(message), '"oslo.message"')
}

/** Same major version, and no minor one that we do not know (oslo_messaging/_drivers/common.py: version_is_compatible). */
function isCompatibleEnvelope(version: string): boolean {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?$/.exec(version)
  return match !== null && Number(match[1]) === 2 && Number(match[2]) === 0 && Number(match[3] ?? 0) === 0
}

function milliseconds(seconds: unknown): number | undefined {
  const number = typeof seconds === 'bigint' ? Number(seconds) : seconds
  return typeof number === 'number' && number > 0 && Number.isFinite(number) ? number * 1000 : undefined
}
