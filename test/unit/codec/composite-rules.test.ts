// Composite types field by field (AMQP 1.0 part 1, 1.4; part 2, 2.7; part 5, 5.3.3): what is there is of its type, what must be
// there is there, and what is wrong is named.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { DecodeError, EncodeError } from '../../../src/codec/errors.ts'
import {
  decodePerformative,
  encodeAttach,
  encodeSaslMechanisms,
  type Performative,
} from '../../../src/codec/performatives.ts'
import { encodeMessage } from '../../../src/codec/sections.ts'
import type { Source } from '../../../src/codec/terminus.ts'
import { AmqpArray, type AmqpValue, Described, symbol, typed } from '../../../src/codec/types.ts'
import { listBytes, PERFORMATIVES, rightValue, wrongFields } from '../../support/wire-fields.ts'

function decode(bytes: Buffer): Performative {
  const decoder = new Decoder()
  decoder.reset(bytes)
  return decodePerformative(decoder)
}

const fieldsOf = (name: string): string[] =>
  (PERFORMATIVES[name]?.fields ?? []).map(([, type, mandatory]) => (mandatory ? rightValue(type) : '40'))

describe('every field', () => {
  for (const [name, { code, fields }] of Object.entries(PERFORMATIVES))
    it(`of ${name} may have a value of its type, and is null or left out unless it is mandatory`, () => {
      const full = decode(
        listBytes(
          code,
          fields.map(([, type]) => rightValue(type)),
        ),
      )
      assert.equal(full.type, name)
      assert(Object.values(full).every((value) => value !== undefined))
      const least = decode(listBytes(code, fieldsOf(name)))
      const mandatory = fields.findLastIndex(([, , must]) => must) + 1
      assert.deepEqual(decode(listBytes(code, fieldsOf(name).slice(0, mandatory))), least)
    })

  for (const name of Object.keys(PERFORMATIVES))
    it(`of ${name} is refused by its name when it is of another type, out of range, or missing`, () => {
      for (const { what, field, bytes } of wrongFields(name)) {
        assert.throws(
          () => decode(bytes),
          (error) => error instanceof DecodeError && error.message.startsWith(`${field}: `),
          what,
        )
      }
    })

  for (const [name, { code }] of Object.entries(PERFORMATIVES))
    it(`of ${name} is one that the specification has: none comes behind the last`, () => {
      assert.throws(
        () => decode(listBytes(code, [...fieldsOf(name), '40'])),
        new RegExp(`^DecodeError: ${name}: expected at most`),
      )
    })
})

describe('what is wrong within a field', () => {
  it('is told with the way to it', () => {
    const cases: readonly [name: string, at: number, value: string, message: RegExp][] = [
      ['open', 9, 'c10402a1016146', /^open\.properties: value: expected a value, found unknown constructor 0x46/],
      ['open', 9, 'c1050254015401', /^open\.properties \(a key\): expected symbol, found int/],
      ['flow', 10, 'c10402a1016146', /^flow\.properties: value: expected a value/],
      ['attach', 5, '005328c003015201', /^attach\.source: source\.address: expected string, found uint/],
      ['attach', 6, '005329c0040240a100', /^attach\.target: target\.durable: expected uint, found string/],
      ['attach', 7, 'c1020140', /^attach\.unsettled: value: a map with a key without value/],
      ['end', 0, '00531dc003015201', /^end\.error: error\.condition: expected symbol, found uint/],
      [
        'disposition',
        4,
        '005325c003015201',
        /^disposition\.state: rejected\.error: expected described value, found uint/,
      ],
      ['transfer', 7, '005323c0020143', /^transfer\.state: received: expected section-number and section-offset/],
    ]
    for (const [name, at, value, message] of cases) {
      const { code } = PERFORMATIVES[name] as { code: number }
      assert.throws(() => decode(listBytes(code, fieldsOf(name).with(at, value))), { name: 'DecodeError', message })
    }
  })
})

describe('a field that may have several values', () => {
  const capabilitiesOf = (value: string): unknown => {
    const open = decode(listBytes(0x10, [rightValue('string'), ...Array(6).fill('40'), value]))
    return open.type === 'open' ? open.offeredCapabilities : undefined
  }

  it('may have one alone, and says the same as an array of one', () => {
    assert.deepEqual(capabilitiesOf('a30161'), ['a'])
    assert.deepEqual(capabilitiesOf('e00401a30161'), ['a'])
  })

  it('has none when it is null, and none when its array is empty', () => {
    assert.equal(capabilitiesOf('40'), undefined)
    assert.deepEqual(capabilitiesOf('e00200a3'), [])
  })

  it('has one at least where it is mandatory', () => {
    assert.throws(() => decode(listBytes(0x40, ['e00200a3'])), /sasl-server-mechanisms: expected symbol, found nothing/)
    const encoder = new Encoder()
    assert.throws(() => encodeSaslMechanisms(encoder, { saslServerMechanisms: [] }), EncodeError)
  })
})

describe('what is not sent', () => {
  const attached = (source: Source) => (): void =>
    encodeAttach(new Encoder(), { name: 'n', handle: 0, role: true, source })

  it('is a filter that is no described value', () => {
    const described = new Described(symbol('apache.org:selector-filter:string'), 'a = 1')
    attached({
      filter: new Map([
        ['a', described],
        ['b', null],
      ]),
    })()
    assert.throws(
      attached({ filter: new Map([['a', 'a = 1']]) }),
      /^EncodeError: source\.filter: "a" is no described value/,
    )
  })

  it('is a default outcome that is none', () => {
    attached({ defaultOutcome: { type: 'released' } })()
    const received = { type: 'received', sectionNumber: 0, sectionOffset: 0 } as const
    assert.throws(
      attached({ defaultOutcome: received }),
      /^EncodeError: source\.default-outcome: received is no outcome/,
    )
  })

  it('is an application property that is no simple value', () => {
    const send = (value: AmqpValue) => (): void =>
      encodeMessage(new Encoder(), { applicationProperties: new Map([['p', value]]) })
    for (const value of [null, true, 1, 'x', symbol('x'), Buffer.of(1), new Date(0), typed('ulong', 1)]) send(value)()
    for (const value of [
      [],
      [1],
      new Map(),
      {},
      { a: 1 },
      new AmqpArray('int', []),
      typed('list', []),
      typed('map', {}),
    ])
      assert.throws(send(value), /^EncodeError: application-properties: "p" is no simple value/)
  })
})
