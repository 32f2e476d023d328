import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EncodedMessage, type Message, type MessageId } from '../../../src/amqp/index.ts'
import { decodeReply, decodeRequest, type MessageFields, toMessage } from '../../../src/amqp1/message-codec.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { encodeMessage } from '../../../src/codec/sections.ts'
import {
  encodeFailureBody,
  encodeNotificationBody,
  encodeRequestBody,
  encodeResponseBody,
} from '../../../src/messaging/body.ts'
import { MalformedMessageError } from '../../../src/messaging/errors.ts'
import { decodeJson } from '../../../src/messaging/json.ts'
import { ROOT } from '../../support/source-files.ts'

const VECTORS = join(ROOT, 'test/vectors')

interface Vector {
  name: string
  amqp_message_hex: string
  body_json?: string
  decoded?: {
    body?: string | null
    header: { ttl_ms: number | null }
    properties: Record<string, string | number | null>
  }
  envelope?: Record<string, unknown>
  context?: Record<string, unknown>
  call_monitor_timeout?: number | null
  notification?: Record<string, unknown>
  failure_text?: string
  result?: unknown
  expected_reply_hex?: string
}

const vectors: Vector[] = readdirSync(VECTORS)
  .filter((file) => file.endsWith('.json'))
  .map((file) => decodeJson(readFileSync(join(VECTORS, file), 'utf8')) as unknown as Vector)

const encoded = (message: Message): string => {
  const encoder = new Encoder()
  encodeMessage(encoder, message)
  return encoder.take().toString('hex')
}

const received = (hex: string): EncodedMessage => new EncodedMessage(Buffer.from(hex, 'hex'))

/** The fields that a golden message says it has. */
function fieldsOf({ decoded }: Vector): MessageFields {
  const properties = decoded?.properties ?? {}
  const text = (name: string) => (properties[name] as string | null) ?? undefined
  return {
    to: text('to') as string,
    messageId: text('message-id'),
    replyTo: text('reply-to'),
    correlationId: text('correlation-id'),
    ttlMs: decoded?.header.ttl_ms ?? undefined,
    absoluteExpiryTimeMs: (properties['absolute-expiry-time_ms'] as number | null) ?? undefined,
  }
}

/** The text that we write for what a golden message was made from; undefined: it has no body. */
function textOf(vector: Vector): string | undefined {
  const { body_json: text, failure_text: failure } = vector
  if (failure !== undefined) return encodeFailureBody(failure)
  if (!vector.envelope && !vector.notification) return text
  // The vectors' own fields are sorted by key; the text has the keys in the order in which they were given.
  const { request, context } = decodeJson(text as string) as {
    request: Record<string, unknown>
    context: Record<string, unknown>
  }
  if (vector.envelope) {
    const monitor = vector.call_monitor_timeout
    return encodeRequestBody(
      { message: request, context },
      monitor === null || monitor === undefined ? undefined : monitor * 1000,
    )
  }
  const inner = request['oslo.message']
  const message = inner === undefined ? request : (decodeJson(inner as string) as Record<string, unknown>)
  return encodeNotificationBody({ message, context }, inner === undefined ? 1 : 2)
}

for (const vector of vectors.filter(({ decoded, name }) => decoded && !name.startsWith('decode_'))) {
  test(`${vector.name}: what we produce is byte for byte what Python produces`, () => {
    assert.equal(encoded(toMessage(fieldsOf(vector), textOf(vector))), vector.amqp_message_hex)
  })
}

for (const vector of vectors.filter(({ envelope, notification }) => envelope ?? notification)) {
  test(`${vector.name}: is read as the request that it is`, () => {
    const { body, replyTo, messageId, ttlMs } = decodeRequest(received(vector.amqp_message_hex))
    assert.deepEqual(body.message, vector.envelope ?? vector.notification)
    assert.deepEqual(body.context, vector.context)
    const fields = fieldsOf(vector)
    assert.deepEqual([replyTo, messageId, ttlMs], [fields.replyTo, fields.messageId, fields.ttlMs])
  })
}

for (const vector of vectors.filter(({ name }) => /^(reply|failure)_/.test(name))) {
  test(`${vector.name}: is read as the reply that it is`, () => {
    const reply = decodeReply(received(vector.amqp_message_hex))
    assert.ok(reply)
    if (vector.failure_text !== undefined) assert.deepEqual(reply, { failure: vector.failure_text })
    else if ('result' in vector) assert.deepEqual(reply, { result: vector.result })
  })
}

for (const name of ['heartbeat', 'heartbeat_float']) {
  test(`${name}: is read as a heartbeat`, () => {
    const vector = vectors.find((one) => one.name === name) as Vector
    assert.equal(decodeReply(received(vector.amqp_message_hex)), undefined)
  })
}

test('a heartbeat whose broker gave it an empty body is a heartbeat', () => {
  const properties = { to: 'reply.1', correlationId: 'call-1' }
  for (const body of [
    { type: 'data', chunks: [Buffer.alloc(0)] },
    { type: 'value', value: '' },
  ] as const)
    assert.equal(decodeReply(received(encoded({ properties, body }))), undefined, body.type)
})

test('a heartbeat for a peer that wants a body has an empty one, and is read as a heartbeat', () => {
  const message = toMessage({ to: 'reply.1', correlationId: 'call-1', ttlMs: 500 }, null)
  assert.deepEqual(message.body, { type: 'value', value: null })
  assert.equal(decodeReply(received(encoded(message))), undefined)
})

test('a message says that it is durable only when it is told to', () => {
  const headerOf = (durable?: boolean, ttlMs?: number) => toMessage({ to: 'x', durable, ttlMs }, 'text').header
  assert.deepEqual(headerOf(), {})
  assert.deepEqual(headerOf(false, 500), { ttl: 500 })
  assert.deepEqual(headerOf(true), { durable: true })
  assert.deepEqual(headerOf(true, 500), { durable: true, ttl: 500 })
})

for (const vector of vectors.filter(({ name }) => name.startsWith('decode_call_'))) {
  test(`${vector.name}: is read like any other call`, () => {
    const { body, replyTo } = decodeRequest(received(vector.amqp_message_hex))
    assert.deepEqual(body.message, { method: 'echo', args: { value: 'hi' } })
    assert.equal(replyTo, 'amqp:/_topo/0/router/temp.ReplyAddress01')
  })
}

for (const vector of vectors.filter((one) => one.expected_reply_hex)) {
  test(`${vector.name}: the reply carries the id with the type that it came with`, () => {
    const { replyTo, messageId } = decodeRequest(received(vector.amqp_message_hex))
    const fields = { to: replyTo as string, correlationId: messageId as MessageId }
    assert.equal(encoded(toMessage(fields, encodeResponseBody('hi'))), vector.expected_reply_hex)
  })
}

test('the time to live survives a broker that counts it down', () => {
  const vector = vectors.find(({ name }) => name === 'decode_call_rewritten') as Vector
  assert.equal(decodeRequest(received(vector.amqp_message_hex)).ttlMs, 4999)
})

test('application properties travel both ways', () => {
  const bytes = encoded(toMessage({ to: 'a', applicationProperties: new Map([['peer', 'host:1']]) }, '{}'))
  assert.deepEqual(received(bytes).applicationProperties, new Map([['peer', 'host:1']]))
})

test('what is no request is told apart from what is', () => {
  const read = (body: Message['body']) => () =>
    decodeRequest(received(encoded({ properties: { to: 'a' }, ...(body ? { body } : {}) })))
  for (const text of [
    'not json',
    '[]',
    '1',
    '{"context": {}}',
    '{"request": []}',
    '{"request": {"oslo.version": "3.0", "oslo.message": "{}"}}',
  ]) {
    assert.throws(read({ type: 'value', value: text }), MalformedMessageError, text)
  }
  assert.throws(read(undefined), MalformedMessageError)
  assert.throws(read({ type: 'value', value: 7 }), MalformedMessageError)
  assert.throws(read({ type: 'sequence', lists: [[1]] }), MalformedMessageError)
  assert.throws(read({ type: 'data', chunks: [Buffer.from([0xff, 0xfe])] }), MalformedMessageError)
})

test('several data sections are one text', () => {
  const chunks = [Buffer.from('{"request": {"method"'), Buffer.from(': "m"}}')]
  assert.deepEqual(decodeRequest(received(encoded({ body: { type: 'data', chunks } }))).body.message, { method: 'm' })
})
