// Requests, replies, heartbeats and notifications <-> AMQP messages, byte for byte as Python's driver writes them
// (oslo_messaging/_drivers/impl_amqp1.py: marshal_request, marshal_response):
//
//   header      always there, empty unless there is a time to live
//   properties  to; with a reply expected message-id and reply-to; in replies correlation-id; reply-to-group-id and, in its reply,
//               group-id only where a bus needs them (profile.ts), never towards a peer that has not asked
//   body        an amqp-value holding JSON text (messaging/body.ts); a heartbeat has none
//
// absolute-expiry-time is not sent (Python fills it from a clock that does not count from 1970) and ignored when received.

import { isUtf8 } from 'node:buffer'
import type { AmqpValue, EncodedMessage, Header, Message, MessageId } from '../amqp/index.ts'
import { decodeRequestBody, decodeResponseBody, type RequestBody } from '../messaging/body.ts'
import { MalformedMessageError } from '../messaging/errors.ts'

const NO_HEADER: Header = Object.freeze({})
const DURABLE: Header = Object.freeze({ durable: true })

export type ApplicationProperties = ReadonlyMap<string, AmqpValue>

/** The fields of a message beside its body. */
export interface MessageFields {
  readonly to: string
  readonly messageId?: MessageId | undefined
  readonly replyTo?: string | undefined
  readonly correlationId?: MessageId | undefined
  /** Only at a peer whose reply address is shared by groups: Python says nothing. */
  readonly replyToGroupId?: string | undefined
  /** The group that a request wants its reply to have. */
  readonly groupId?: string | undefined
  readonly ttlMs?: number | undefined
  /** Only to a peer that forgets it otherwise: Python says nothing. */
  readonly durable?: boolean | undefined
  /** Python ignores them; later versions of this library may not. */
  readonly applicationProperties?: ApplicationProperties | undefined
  /** Only to reproduce what Python writes. */
  readonly absoluteExpiryTimeMs?: number | undefined
}

/** The AMQP message around the text of a body; undefined: without body (a heartbeat); null: with one that holds nothing, which is a heartbeat too. */
export function toMessage(fields: MessageFields, text: string | null | undefined): Message {
  return {
    header: headerOf(fields),
    properties: {
      messageId: fields.messageId,
      to: fields.to,
      replyTo: fields.replyTo,
      correlationId: fields.correlationId,
      absoluteExpiryTime: fields.absoluteExpiryTimeMs,
      groupId: fields.groupId,
      replyToGroupId: fields.replyToGroupId,
    },
    applicationProperties: fields.applicationProperties,
    body: text === undefined ? undefined : { type: 'value', value: text },
  }
}

function headerOf({ ttlMs, durable }: MessageFields): Header {
  if (durable) return ttlMs === undefined ? DURABLE : { durable, ttl: ttlMs }
  return ttlMs === undefined ? NO_HEADER : { ttl: ttlMs }
}

/** A received request or notification. */
export interface DecodedRequest {
  readonly body: RequestBody
  readonly messageId: MessageId | undefined
  readonly replyTo: string | undefined
  readonly replyToGroupId: string | undefined
  readonly ttlMs: number | undefined
}

/** Reads a request or notification. Throws MalformedMessageError, or DecodeError when the AMQP message itself is broken. */
export function decodeRequest(message: EncodedMessage): DecodedRequest {
  const text = bodyText(message)
  if (text === undefined) throw new MalformedMessageError('expected a JSON text as body, found no body')
  const properties = message.properties
  return {
    body: decodeRequestBody(text),
    messageId: properties?.messageId,
    replyTo: properties?.replyTo || undefined,
    replyToGroupId: properties?.replyToGroupId || undefined,
    ttlMs: message.header?.ttl,
  }
}

/** What arrives at a reply address; undefined: a heartbeat. Throws like decodeRequest. */
export function decodeReply(
  message: EncodedMessage,
): { readonly failure: string } | { readonly result: unknown } | undefined {
  const text = bodyText(message)
  // RabbitMQ 3 brings a message without body with an empty data section. No reply is empty: it is JSON.
  return text === undefined || text === '' ? undefined : decodeResponseBody(text)
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
  if (body.type === 'data')
    return utf8(body.chunks.length === 1 ? (body.chunks[0] as Uint8Array) : Buffer.concat(body.chunks))
  throw new MalformedMessageError('expected a JSON text as body, found an AMQP value of another type')
}

function utf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new MalformedMessageError('expected a JSON text as body, found bytes that are not UTF-8')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
