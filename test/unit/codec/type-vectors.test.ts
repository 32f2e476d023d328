// Bytes of another implementation: scripts/make-type-vectors.py wrote them with qpid-proton.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { EncodedMessage, encodeMessage } from '../../../src/codec/sections.ts'
import {
  AmqpArray,
  AmqpSymbol,
  type AmqpType,
  type AmqpValue,
  Char,
  Decimal,
  type DecimalType,
  Described,
  Typed,
  typed,
  Uuid,
} from '../../../src/codec/types.ts'
import { readVectors } from './vectors.ts'

/** [type, value] as the script describes it. */
type Stated = readonly [type: string, value: unknown]
interface StatedArray {
  readonly type: AmqpType
  readonly descriptor: Stated | null
  readonly values: unknown[]
}

interface Document {
  readonly vectors: readonly { readonly name: string; readonly hex: string; readonly values: readonly Stated[] }[]
  readonly message: {
    readonly hex: string
    readonly header: Record<string, unknown>
    readonly properties: Record<string, unknown>
    readonly deliveryAnnotations: Record<string, AmqpValue>
    readonly messageAnnotations: Record<string, AmqpValue>
    readonly applicationProperties: Record<string, AmqpValue>
  }
}

const NUMBERS: Record<string, number> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
}

/** What decoding must give. */
function natural([type, value]: Stated): AmqpValue {
  switch (type) {
    case 'ulong':
    case 'long':
      return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value as string)
    case 'float':
    case 'double':
      return NUMBERS[value as string] ?? Number(value)
    case 'timestamp':
      return Math.abs(Number(value)) <= 8.64e15 ? new Date(Number(value)) : typed('timestamp', BigInt(value as string))
    case 'char':
      return new Char((value as string).codePointAt(0)!)
    case 'symbol':
      return new AmqpSymbol(value as string)
    case 'uuid':
      return new Uuid(Buffer.from(value as string, 'hex'))
    case 'binary':
      return Buffer.from(value as string, 'hex')
    case 'decimal32':
    case 'decimal64':
    case 'decimal128':
      return new Decimal(type as DecimalType, Buffer.from(value as string, 'hex'))
    default:
      return naturalNested(type, value)
  }
}

function naturalNested(type: string, value: unknown): AmqpValue {
  switch (type) {
    case 'list':
      return (value as Stated[]).map(natural)
    case 'map':
      return new Map((value as [Stated, Stated][]).map(([key, item]) => [natural(key), natural(item)]))
    case 'described': {
      const { descriptor, value: content } = value as { descriptor: Stated; value: Stated }
      return new Described(natural(descriptor), natural(content))
    }
    case 'array': {
      const { type: element, descriptor, values } = value as StatedArray
      const items = values.map((item) => natural([element, item]))
      return new AmqpArray(element, items, descriptor === null ? undefined : natural(descriptor))
    }
    default:
      return value as AmqpValue
  }
}

function decodeAll(bytes: Buffer): AmqpValue[] {
  const d = new Decoder()
  d.reset(bytes)
  const values: AmqpValue[] = []
  while (d.position < d.end) values.push(d.readValue())
  return values
}

function encodeAll(values: readonly AmqpValue[]): Buffer {
  const e = new Encoder(64)
  for (const value of values) e.writeValue(value)
  return e.take()
}

describe('values that qpid-proton encoded', () => {
  const [document] = readVectors<Document>('types')

  for (const { name, hex, values } of document!.vectors) {
    const bytes = Buffer.from(hex, 'hex')
    const expected = values.map(natural)

    it(`${name}: decode to what was put in`, () => {
      assert.deepEqual(decodeAll(bytes), expected)
    })

    it(`${name}: can be stepped over`, () => {
      const d = new Decoder()
      d.reset(bytes)
      for (let i = 0; i < values.length; i++) d.skipValue()
      assert.equal(d.position, d.end)
    })

    it(`${name}: encode to the same values, by themselves and with their types stated`, () => {
      assert.deepEqual(decodeAll(encodeAll(expected)), expected)
      const stated = values.map((value, i) => {
        const plain = expected[i] instanceof Typed ? (expected[i] as Typed).value : expected[i]
        return value[0] === 'described' ? plain : typed(value[0] as AmqpType, plain)
      })
      assert.deepEqual(decodeAll(encodeAll(stated)), expected)
    })
  }

  it('in a message with every section and property', () => {
    const { hex, header, properties, ...maps } = document!.message
    const message = new EncodedMessage(Buffer.from(hex, 'hex'))
    assert.deepEqual(message.header, header)
    assert.deepEqual(message.properties, {
      ...properties,
      messageId: Uuid.parse(properties.messageId as string),
      userId: Buffer.from(properties.userId as string, 'hex'),
      correlationId: BigInt(properties.correlationId as string),
    })
    assert.deepEqual(message.deliveryAnnotations, new Map(Object.entries(maps.deliveryAnnotations)))
    assert.deepEqual(message.messageAnnotations, new Map(Object.entries(maps.messageAnnotations)))
    assert.deepEqual(message.applicationProperties, new Map(Object.entries(maps.applicationProperties)))
    const body = new Map<AmqpValue, AmqpValue>([
      ['n', 7],
      [new AmqpSymbol('s'), [1, null, true]],
    ])
    assert.deepEqual(message.body, { type: 'value', value: body })
    const e = new Encoder()
    encodeMessage(e, message.toMessage())
    assert.deepEqual(new EncodedMessage(e.take()).toMessage(), message.toMessage())
  })
})
