// Properties that hold for any value, looked for by fast-check.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { EncodeError } from '../../../src/codec/errors.ts'
import { beginFrame, endFrame, FrameReader } from '../../../src/codec/frame.ts'
import { decodePerformative, encodeTransfer } from '../../../src/codec/performatives.ts'
import { EncodedMessage, encodeMessage, type Message } from '../../../src/codec/sections.ts'
import { AmqpArray, AmqpSymbol, type AmqpValue, Char, Described, Typed, Uuid } from '../../../src/codec/types.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 400 })
const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300 })
const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value))
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((value) => new Uuid(Buffer.from(value)))
const uint = fc.integer({ min: 0, max: 0xffff_ffff })
const ulong = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }))
const codePoint = fc.integer({ min: 0, max: 0x10ffff }).filter((value) => value < 0xd800 || value > 0xdfff)

/** Values that decode to what they were; a bigint in the range of safe integers would come back as a number. */
const scalar: fc.Arbitrary<AmqpValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  text,
  bytes,
  ascii.map((value) => new AmqpSymbol(value)),
  uuid,
  codePoint.map((value) => new Char(value)),
  fc.date({ noInvalidDate: true }),
)

const arrayOf = (type: AmqpArray['type'], element: fc.Arbitrary<AmqpValue>) =>
  fc.array(element, { maxLength: 20 }).map((values) => new AmqpArray(type, values))

const { value } = fc.letrec<{ value: AmqpValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(fc.oneof(text, fc.integer()), tie('value')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
    fc
      .tuple(
        fc.oneof(
          fc.nat(),
          ascii.map((name) => new AmqpSymbol(name)),
        ),
        tie('value'),
      )
      .map(([descriptor, content]) => new Described(descriptor, content)),
    arrayOf('int', fc.integer()),
    arrayOf('string', text),
    arrayOf('binary', bytes),
    arrayOf('boolean', fc.boolean()),
    arrayOf('double', fc.double()),
    arrayOf('ulong', ulong),
    arrayOf('uuid', uuid),
    arrayOf('list', fc.array(tie('value'), { maxLength: 3 })),
  ),
}))

const fields = fc.array(fc.tuple(ascii, value), { maxLength: 4 }).map((pairs) => new Map(pairs))
/** With the usual prototype, so that deepEqual takes them for what the codec makes. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const messageId = fc.oneof(text, ulong, uuid, bytes)
const milliseconds = fc.maxSafeInteger()

const message: fc.Arbitrary<Message> = record({
  header: maybe(
    record({
      durable: fc.boolean(),
      priority: fc.integer({ min: 0, max: 255 }),
      ttl: maybe(uint),
      firstAcquirer: fc.boolean(),
      deliveryCount: uint,
    }),
  ),
  deliveryAnnotations: maybe(fields),
  messageAnnotations: maybe(fields),
  properties: maybe(
    record({
      messageId: maybe(messageId),
      userId: maybe(bytes),
      to: maybe(text),
      subject: maybe(text),
      replyTo: maybe(text),
      correlationId: maybe(messageId),
      contentType: maybe(ascii),
      contentEncoding: maybe(ascii),
      absoluteExpiryTime: maybe(milliseconds),
      creationTime: maybe(milliseconds),
      groupId: maybe(text),
      groupSequence: maybe(uint),
      replyToGroupId: maybe(text),
    }),
  ),
  applicationProperties: maybe(fc.array(fc.tuple(text, scalar), { maxLength: 4 }).map((pairs) => new Map(pairs))),
  body: maybe(
    fc.oneof(
      value.map((content) => ({ type: 'value' as const, value: content })),
      fc.array(bytes, { minLength: 1, maxLength: 3 }).map((chunks) => ({ type: 'data' as const, chunks })),
      fc
        .array(fc.array(value, { maxLength: 3 }), { minLength: 1, maxLength: 3 })
        .map((lists) => ({ type: 'sequence' as const, lists })),
    ),
  ),
  footer: maybe(fields),
})

function decode(encoded: Buffer): AmqpValue {
  const d = new Decoder()
  d.reset(encoded)
  const decoded = d.readValue()
  assert.equal(d.position, d.end)
  return decoded
}

describe('for any value', () => {
  it('decoding gives what was encoded, and stepping over ends where decoding does', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 16, max: 400 }), (original, capacity) => {
        const e = new Encoder(capacity)
        e.writeValue(original)
        const encoded = e.take()
        assert.deepEqual(decode(encoded), original)
        const d = new Decoder()
        d.reset(encoded)
        d.skipValue()
        assert.equal(d.position, d.end)
      }),
      { numRuns: 500 },
    )
  })

  it('a type of 64 bits keeps every bigint, and a number where it is safe', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (original) => {
        const e = new Encoder()
        e.writeLong(original)
        assert.equal(BigInt(decode(e.take()) as number | bigint), original)
        if (original >= 0n) {
          e.writeUlong(original)
          assert.equal(BigInt(decode(e.take()) as number | bigint), original)
        }
        e.writeValue(new Typed('timestamp', original))
        const back = decode(e.take())
        assert.equal(back instanceof Date ? BigInt(back.getTime()) : (back as Typed).value, original)
      }),
    )
  })

  it('of any JavaScript kind, encoding either succeeds or is an EncodeError', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (anything) => {
          try {
            new Encoder().writeValue(anything as AmqpValue)
          } catch (error) {
            assert.ok(error instanceof EncodeError, String(error))
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('for any message', () => {
  it('decoding gives what was encoded, and encoding that gives the same bytes', () => {
    fc.assert(
      fc.property(message, (original) => {
        const e = new Encoder()
        encodeMessage(e, original)
        const encoded = e.take()
        const decoded = new EncodedMessage(encoded).toMessage()
        assert.deepEqual(decoded, original)
        encodeMessage(e, decoded)
        assert.deepEqual(e.take(), encoded)
      }),
      { numRuns: 300 },
    )
  })

  it('frames cut into any chunks give the transfers and payloads that were sent', () => {
    const frames = fc.array(record({ handle: uint, deliveryTag: bytes, payload: bytes }), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, lengths) => {
        const e = new Encoder(256)
        e.rawBytes(Buffer.from('414d515000010000', 'hex'))
        for (const { payload, ...transfer } of sent) {
          const mark = beginFrame(e, 0, 1)
          encodeTransfer(e, transfer)
          e.rawBytes(payload)
          endFrame(e, mark)
        }
        const stream = e.take()
        const received: unknown[] = []
        const reader = new FrameReader(
          {
            onHeader: () => undefined,
            onFrame: (_type, _channel, buffer, start, end) => {
              const d = new Decoder()
              d.reset(buffer, start, end)
              const { handle, deliveryTag } = decodePerformative(d) as { handle: number; deliveryTag: Buffer }
              received.push({ handle, deliveryTag, payload: buffer.subarray(d.position, end) })
            },
          },
          { maxFrameSize: 1024 },
        )
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = lengths[i % lengths.length]!
          reader.push(stream.subarray(at, at + length))
          at += length
        }
        assert.deepEqual(received, sent)
      }),
    )
  })
})
