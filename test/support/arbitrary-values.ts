// Values of every kind for fast-check: what a codec must carry unharmed.

import fc from 'fast-check'
import type { Message } from '../../src/codec/sections.ts'
import { AmqpArray, AmqpSymbol, type AmqpValue, Char, Described, Uuid } from '../../src/codec/types.ts'

export const text = fc.string({ unit: 'grapheme', maxLength: 400 })
export const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300 })
export const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value))
export const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((value) => new Uuid(Buffer.from(value)))
export const uint = fc.integer({ min: 0, max: 0xffff_ffff })
export const ulong = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }))
export const codePoint = fc.integer({ min: 0, max: 0x10ffff }).filter((value) => value < 0xd800 || value > 0xdfff)

/** Values that decode to what they were; a bigint in the range of safe integers would come back as a number. */
export const scalar: fc.Arbitrary<AmqpValue> = fc.oneof(
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

export const arrayOf = (type: AmqpArray['type'], element: fc.Arbitrary<AmqpValue>) =>
  fc.array(element, { maxLength: 20 }).map((values) => new AmqpArray(type, values))

export const { value } = fc.letrec<{ value: AmqpValue }>((tie) => ({
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

export const fields = fc.array(fc.tuple(ascii, value), { maxLength: 4 }).map((pairs) => new Map(pairs))
/** With the usual prototype, so that deepEqual takes them for what the codec makes. */
export const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true })
export const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
export const messageId = fc.oneof(text, ulong, uuid, bytes)
export const milliseconds = fc.maxSafeInteger()

export const message: fc.Arbitrary<Message> = record({
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
