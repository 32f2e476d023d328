import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Decoder } from '../../../src/codec/decoder.ts'
import { DecodeError } from '../../../src/codec/errors.ts'
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts'
import {
  AmqpArray,
  AmqpSymbol,
  type AmqpValue,
  Char,
  Decimal,
  Described,
  typed,
  Uuid,
} from '../../../src/codec/types.ts'

const UUID = '00112233445566778899aabbccddeeff'

function decoderOf(hex: string): Decoder {
  const d = new Decoder()
  // Surrounded by other bytes, so that a read outside of the piece would be seen.
  const bytes = Buffer.from(`a1a1a1${hex}4040404040404040`, 'hex')
  d.reset(bytes, 3, bytes.length - 8)
  return d
}

function decodedFrom(hex: string): AmqpValue {
  const d = decoderOf(hex)
  const value = d.readValue()
  assert.equal(d.position, d.end, 'all bytes are read')
  return value
}

/** Bytes by the specification (part 1, section 1.6), and the JavaScript value that stands for them. */
const VALUES: readonly [what: string, hex: string, value: AmqpValue][] = [
  ['null', '40', null],
  ['true', '41', true],
  ['false', '42', false],
  ['boolean of one byte, true', '5601', true],
  ['boolean of one byte, false', '5600', false],
  ['ubyte', '50ff', 255],
  ['ushort', '60ffff', 65_535],
  ['uint0', '43', 0],
  ['smalluint', '52ff', 255],
  ['uint', '70ffffffff', 0xffff_ffff],
  ['ulong0', '44', 0],
  ['smallulong', '53ff', 255],
  ['the largest safe ulong', '80001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['the smallest unsafe ulong', '800020000000000000', 2n ** 53n],
  ['the largest ulong', '80ffffffffffffffff', 2n ** 64n - 1n],
  ['byte', '5180', -128],
  ['short', '618000', -32_768],
  ['smallint', '54ff', -1],
  ['int', '7180000000', -0x8000_0000],
  ['smalllong', '5580', -128],
  ['long -1', '81ffffffffffffffff', -1],
  ['the smallest safe long', '81ffe0000000000001', Number.MIN_SAFE_INTEGER],
  ['the largest unsafe negative long', '81ffe0000000000000', -(2n ** 53n)],
  ['the largest safe long', '81001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['the smallest unsafe long', '810020000000000000', 2n ** 53n],
  ['the smallest long', '818000000000000000', -(2n ** 63n)],
  ['float', '723e000000', 0.125],
  ['float infinity', '727f800000', Number.POSITIVE_INFINITY],
  ['float not a number', '727fc00000', Number.NaN],
  ['double', '823fc0000000000000', 0.125],
  ['double minus zero', '828000000000000000', -0],
  ['decimal32', '7422500001', new Decimal('decimal32', Buffer.from('22500001', 'hex'))],
  ['decimal64', '842238000000000001', new Decimal('decimal64', Buffer.from('2238000000000001', 'hex'))],
  ['decimal128', `94${UUID}`, new Decimal('decimal128', Buffer.from(UUID, 'hex'))],
  ['char', '730001f600', new Char(0x1f600)],
  ['timestamp', '830000000000000001', new Date(1)],
  ['the last timestamp of a Date', '83001eb208c2dc0000', new Date(8.64e15)],
  ['a timestamp behind it', '83001eb208c2dc0001', typed('timestamp', 8_640_000_000_000_001n)],
  ['the first timestamp', '838000000000000000', typed('timestamp', -(2n ** 63n))],
  ['uuid', `98${UUID}`, new Uuid(Buffer.from(UUID, 'hex'))],
  ['vbin8', 'a00200ff', Buffer.from([0, 255])],
  ['vbin32', 'b00000000200ff', Buffer.from([0, 255])],
  ['str8', 'a1037ac3bc', 'z\u00fc'],
  ['str8 empty', 'a100', ''],
  ['str32', 'b1000000046f736c6f', 'oslo'],
  ['a string that has a genuine replacement character', 'a103efbfbd', '\ufffd'],
  ['a string that has a byte order mark', 'a104efbbbf61', '\ufeffa'],
  ['sym8', 'a30161', new AmqpSymbol('a')],
  ['sym32', 'b30000000161', new AmqpSymbol('a')],
  ['list0', '45', []],
  ['list8', 'c00402540140', [1, null]],
  ['list32', 'd00000000700000002540140', [1, null]],
  ['list8 without items', 'c00100', []],
  ['map8', 'c10402540141', new Map([[1, true]])],
  ['map32', 'd10000000700000002540141', new Map([[1, true]])],
  ['a map with the same key twice: the last counts', 'c10704540141540142', new Map([[1, false]])],
  ['array8', 'e0040250ff00', new AmqpArray('ubyte', [255, 0])],
  ['array32', 'f0000000070000000250ff00', new AmqpArray('ubyte', [255, 0])],
  ['array of boolean', 'e00402560100', new AmqpArray('boolean', [true, false])],
  ['array of true', 'e0020341', new AmqpArray('boolean', [true, true, true])],
  ['array of empty lists', 'e0020245', new AmqpArray('list', [[], []])],
  ['array of list8', 'e00902c003015401020140', new AmqpArray('list', [[1], [null]])],
  ['array of map8', 'e00701c10402540141', new AmqpArray('map', [new Map([[1, true]])])],
  ['array of array', 'e00601e003015007', new AmqpArray('array', [new AmqpArray('ubyte', [7])])],
  ['described array', 'e0080200a30164500102', new AmqpArray('ubyte', [1, 2], new AmqpSymbol('d'))],
  ['described value', '0053775401', new Described(119, 1)],
  [
    'described value in a described value',
    '00a301610054015402',
    new Described(new AmqpSymbol('a'), new Described(1, 2)),
  ],
  ['a key that poisons objects', 'c10e02a1095f5f70726f746f5f5f5401', new Map([['__proto__', 1]])],
]

/** Bytes that are no value, and what the message must say. */
const REFUSED: readonly [what: string, hex: string, message: RegExp][] = [
  ['nothing', '', /1 more bytes needed, 0 there/],
  ['an unknown constructor', '46', /unknown constructor 0x46/],
  ['an unknown constructor of one byte', '5701', /unknown constructor 0x57/],
  ['an unknown constructor of four bytes', '7500000000', /unknown constructor 0x75/],
  ['an unknown constructor with size', 'a20161', /unknown constructor 0xa2/],
  ['a cut off uint', '70000000', /4 more bytes needed, 3 there/],
  ['a cut off double', '8200000000000000', /8 more bytes needed, 7 there/],
  ['a cut off string', 'a10561', /5 more bytes needed, 1 there/],
  ['a string of 4 GiB in one byte', 'b1ffffffff61', /4294967295 more bytes needed, 1 there/],
  ['a binary of 4 GiB in one byte', 'b0ffffffff61', /4294967295 more bytes needed, 1 there/],
  ['a boolean of 2', '5602', /expected 0 or 1 for a boolean, found 2/],
  ['a char that is a surrogate', '730000d800', /expected a Unicode scalar value/],
  ['a char beyond Unicode', '7300110000', /expected a Unicode scalar value/],
  ['a string that is not UTF-8', 'a101ff', /a string that is not UTF-8/],
  ['a string with an overlong form', 'a102c080', /a string that is not UTF-8/],
  ['a string with a surrogate', 'a103eda080', /a string that is not UTF-8/],
  ['a string with a genuine replacement character and an error', 'a104efbfbdff', /a string that is not UTF-8/],
  ['a symbol outside ASCII', 'a30180', /a symbol with a byte outside ASCII/],
  ['a list of 2^32 - 1 items in 10 bytes', 'd00000000affffffff404040404040', /4294967295 items in fewer bytes/],
  ['a list longer than what is there', 'c00a014040', /10 more bytes needed, 3 there/],
  ['a list whose size has no room for the count', 'c00000', /no room for the count/],
  ['a list32 whose size has no room for the count', 'd00000000300000000', /no room for the count/],
  ['a list that ends before its size', 'c003014040', /the items end 1 bytes before the size given/],
  ['a list that ends behind its size', 'c00201700000000000', /the items end 4 bytes behind the size given/],
  ['a map with a key without value', 'c1020140', /a key without value/],
  ['a map of 2^32 - 2 items', 'd100000004fffffffe', /items in fewer bytes/],
  ['an array of 2^32 - 1 uints', 'f000000005ffffffff70', /4294967295 elements in fewer bytes/],
  ['an array of 2^32 - 1 nulls', 'f000000005ffffffff40', /more than 65536 elements without bytes/],
  ['an array of 2^32 - 1 strings', 'f000000005ffffffffa1', /elements in fewer bytes/],
  ['an array without constructor', 'e00100', /1 more bytes needed, 0 there/],
  ['an array of an unknown type', 'e0020246', /unknown constructor 0x46/],
  ['an array with two descriptors', 'e00a0000a3016100a3016250', /found described/],
  ['an array with bytes left', 'e0030050ff', /before the size given/],
  ['a described value without value', '00a30161', /more bytes needed/],
  ['a described value without descriptor', '00', /more bytes needed/],
]

describe('Decoder', () => {
  for (const [what, hex, value] of VALUES) {
    it(`reads ${what}`, () => assert.deepEqual(decodedFrom(hex), value))
    it(`steps over ${what}`, () => {
      const d = decoderOf(hex)
      d.skipValue()
      assert.equal(d.position, d.end)
    })
  }

  for (const [what, hex, message] of REFUSED) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => decodedFrom(hex),
        (error) => error instanceof DecodeError && error.code === 'AMQP_DECODE' && message.test(error.message),
      )
    })
  }

  it('gives views of the bytes for binaries, not copies', () => {
    const bytes = Buffer.from('a0020102', 'hex')
    const d = new Decoder()
    d.reset(bytes)
    assert.equal((d.readValue() as Buffer).buffer, bytes.buffer)
  })

  it('refuses nesting deeper than the limit, in every form of it', () => {
    const limits = { ...DEFAULT_LIMITS, maxDepth: 3, maxZeroWidthElements: 10 }
    const read = (hex: string) => {
      const d = new Decoder(limits)
      d.reset(Buffer.from(hex, 'hex'))
      return d.readValue()
    }
    assert.deepEqual(read('c00701c00401c00100'), [[[]]])
    const deep: [string, (inner: string) => string][] = [
      ['lists', (inner) => `d0${size(4 + inner.length / 2)}00000001${inner}`],
      ['maps', (inner) => `d1${size(5 + inner.length / 2)}0000000240${inner}`],
      ['described values', (inner) => `0040${inner}`],
      ['descriptors', (inner) => `00${inner}40`],
      ['arrays', (inner) => `f0${size(4 + inner.length / 2)}00000001${inner}`],
    ]
    for (const [what, wrap] of deep) {
      let hex = '40'
      for (let i = 0; i < 4; i++) hex = wrap(hex)
      assert.throws(() => read(hex), /nested deeper than 3 levels/, what)
    }
  })

  it('survives a million opening brackets, read or stepped over', () => {
    for (const opening of ['00', 'c0ff01', 'd0000fffff00000001', 'e0ff01e0']) {
      const bytes = Buffer.from(opening.repeat(1_000_000 / opening.length), 'hex')
      const d = new Decoder()
      d.reset(bytes)
      assert.throws(() => d.readValue(), DecodeError)
      d.reset(bytes)
      try {
        d.skipValue()
      } catch (error) {
        assert.ok(error instanceof DecodeError)
      }
    }
  })

  it('bounds the elements without bytes of all arrays together', () => {
    const array = 'f0000000050000800040'
    const d = decoderOf(`d0${size(4 + 30)}00000003${array.repeat(3)}`)
    assert.throws(() => d.readValue(), /more than 65536 elements without bytes/)
    assert.equal((decoderOf(array).readValue() as AmqpArray).values.length, 32_768)
  })

  it('reads fields by their type, and null as absent', () => {
    assert.equal(decoderOf('41').readBoolean('f'), true)
    assert.equal(decoderOf('5600').readBoolean('f'), false)
    assert.equal(decoderOf('40').readBoolean('f'), undefined)
    assert.equal(decoderOf('40').readFlag('f'), false)
    assert.equal(decoderOf('5007').readUbyte('f'), 7)
    assert.equal(decoderOf('600007').readUshort('f'), 7)
    assert.equal(decoderOf('43').readUint('f'), 0)
    assert.equal(decoderOf('7000000007').readUint('f'), 7)
    assert.equal(decoderOf('44').readUlong('f'), 0)
    assert.equal(decoderOf('80ffffffffffffffff').readUlong('f'), 2n ** 64n - 1n)
    assert.equal(decoderOf('83ffffffffffffffff').readTimestamp('f'), -1)
    assert.equal(decoderOf('837fffffffffffffff').readTimestamp('f'), Number.MAX_SAFE_INTEGER)
    assert.equal(decoderOf('838000000000000000').readTimestamp('f'), Number.MIN_SAFE_INTEGER)
    assert.deepEqual(decoderOf('b000000001ff').readBinary('f'), Buffer.from([255]))
    assert.equal(decoderOf('b10000000161').readString('f'), 'a')
    assert.equal(decoderOf('b30000000161').readSymbol('f'), 'a')
    for (const read of ['readUbyte', 'readUshort', 'readUint', 'readUlong', 'readTimestamp', 'readUuid'] as const) {
      assert.equal(decoderOf('40')[read]('f'), undefined)
    }
    for (const read of ['readBinary', 'readString', 'readSymbol', 'readSymbolArray', 'readFields'] as const) {
      assert.equal(decoderOf('40')[read]('f'), undefined)
    }
  })

  it('says which field was expected to be what, and what was there', () => {
    assert.throws(() => decoderOf('5201').readString('open.container-id'), {
      name: 'DecodeError',
      code: 'AMQP_DECODE',
      condition: 'amqp:decode-error',
      offset: 3,
      message: 'open.container-id: expected string, found uint (at byte 3)',
    })
    for (const read of ['readBoolean', 'readUbyte', 'readUshort', 'readUint', 'readUlong', 'readTimestamp'] as const) {
      assert.throws(() => decoderOf('a10161')[read]('f'), /found string/)
    }
    for (const read of ['readUuid', 'readBinary', 'readSymbol', 'readFields', 'readSymbolArray'] as const) {
      assert.throws(() => decoderOf('a10161')[read]('f'), /found string/)
    }
  })

  it('reads symbols as an array or alone', () => {
    assert.deepEqual(decoderOf('e00702a30161026263').readSymbolArray('f'), ['a', 'bc'])
    assert.deepEqual(decoderOf('f00000000d00000001b30000000461626364').readSymbolArray('f'), ['abcd'])
    assert.deepEqual(decoderOf('a30161').readSymbolArray('f'), ['a'])
    assert.deepEqual(decoderOf('b30000000161').readSymbolArray('f'), ['a'])
    assert.deepEqual(decoderOf('e00200a3').readSymbolArray('f'), [])
    assert.throws(() => decoderOf('e00601a1046f736c6f').readSymbolArray('f'), /expected array of symbol/)
    assert.throws(() => decoderOf('f000000005ffffffffa3').readSymbolArray('f'), DecodeError)
  })

  it('reads maps under names whose keys are symbols or strings', () => {
    assert.deepEqual(
      decoderOf('c10b04a301615401a101625402').readFields('f'),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    )
    assert.throws(() => decoderOf('c1050254015401').readFields('f'), /f \(a key\): expected symbol, found int/)
    assert.throws(() => decoderOf('c10502a30161').readFields('f'), DecodeError)
  })
})

function size(bytes: number): string {
  return bytes.toString(16).padStart(8, '0')
}
