// Each type of AMQP for itself, alone and in arrays: whatever its value, it comes back as it was, under its own constructor.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { typeName } from '../../../src/codec/format-codes.ts'
import { AmqpArray, AmqpSymbol, type AmqpType, type AmqpValue, Char, Decimal, Typed } from '../../../src/codec/types.ts'
import { ascii, bytes, codePoint, text, ulong, uuid, value } from '../../support/arbitrary-values.ts'
import { SEED } from '../../support/seed.ts'

const whole = (bits: number, signed: boolean): fc.Arbitrary<number> =>
  fc.integer(signed ? { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 } : { min: 0, max: 2 ** bits - 1 })

const decimal = (type: Decimal['type'], length: number): fc.Arbitrary<Decimal> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((raw) => new Decimal(type, Buffer.from(raw)))

/** What a Date cannot be is left as it is. */
const timestamp = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.bigInt({ min: 8_640_000_000_000_001n, max: 2n ** 63n - 1n }).map((ms) => new Typed('timestamp', ms)),
)

const VALUES: { readonly [type in AmqpType]: fc.Arbitrary<AmqpValue> } = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  ubyte: whole(8, false),
  ushort: whole(16, false),
  uint: whole(32, false),
  ulong,
  byte: whole(8, true),
  short: whole(16, true),
  int: whole(32, true),
  long: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) })),
  float: fc.float(),
  double: fc.double(),
  decimal32: decimal('decimal32', 4),
  decimal64: decimal('decimal64', 8),
  decimal128: decimal('decimal128', 16),
  char: codePoint.map((each) => new Char(each)),
  timestamp,
  uuid,
  binary: bytes,
  string: text,
  symbol: ascii.map((each) => new AmqpSymbol(each)),
  list: fc.array(value, { maxLength: 5 }),
  map: fc.array(fc.tuple(fc.oneof(text, fc.integer()), value), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  array: fc.array(fc.integer(), { maxLength: 5 }).map((values) => new AmqpArray('int', values)),
}

function roundTrip(original: AmqpValue): { decoded: AmqpValue; code: number } {
  const e = new Encoder(64)
  e.writeValue(original)
  const encoded = e.take()
  const d = new Decoder()
  d.reset(encoded)
  const decoded = d.readValue()
  assert.equal(d.position, d.end)
  const skipping = new Decoder()
  skipping.reset(encoded)
  skipping.skipValue()
  assert.equal(skipping.position, skipping.end)
  return { decoded, code: encoded[0] as number }
}

for (const [type, values] of Object.entries(VALUES) as [AmqpType, fc.Arbitrary<AmqpValue>][])
  describe(`any ${type}`, () => {
    it('comes back as it was', () => {
      fc.assert(
        fc.property(values, (original) => {
          const { decoded, code } = roundTrip(original instanceof Typed ? original : new Typed(type, original))
          assert.deepEqual(decoded, original)
          assert.equal(typeName(code), type)
        }),
        { numRuns: 200, seed: SEED },
      )
    })

    it('comes back from an array, with and without a descriptor', () => {
      const descriptor = fc.option(
        fc.oneof(
          ascii.map((name) => new AmqpSymbol(name)),
          fc.nat(),
        ),
        { nil: undefined },
      )
      fc.assert(
        fc.property(fc.array(values, { maxLength: 300 }), descriptor, (elements, described) => {
          const original = new AmqpArray(type, elements, described)
          assert.deepEqual(roundTrip(original).decoded, original)
        }),
        { numRuns: 60, seed: SEED },
      )
    })
  })
