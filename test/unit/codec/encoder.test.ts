import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'
import { EncodeError } from '../../../src/codec/errors.ts'
import { AmqpArray, type AmqpValue, Char, Decimal, Described, symbol, typed, Uuid } from '../../../src/codec/types.ts'

function hexOf(write: (e: Encoder) => void): string {
  const e = new Encoder()
  write(e)
  return e.take().toString('hex')
}

const UUID = '00112233445566778899aabbccddeeff'

/** What is written, and its bytes by the specification (part 1, section 1.6). */
const WRITTEN: readonly [what: string, write: (e: Encoder) => void, hex: string][] = [
  ['null', (e) => e.writeNull(), '40'],
  ['true', (e) => e.writeBoolean(true), '41'],
  ['false', (e) => e.writeBoolean(false), '42'],
  ['no boolean', (e) => e.writeBoolean(undefined), '40'],
  ['ubyte 0', (e) => e.writeUbyte(0), '5000'],
  ['ubyte 255', (e) => e.writeUbyte(255), '50ff'],
  ['ushort 65535', (e) => e.writeUshort(65_535), '60ffff'],
  ['ushort 1', (e) => e.writeUshort(1), '600001'],
  ['uint 0', (e) => e.writeUint(0), '43'],
  ['uint 255', (e) => e.writeUint(255), '52ff'],
  ['uint 256', (e) => e.writeUint(256), '7000000100'],
  ['uint 2^32 - 1', (e) => e.writeUint(0xffff_ffff), '70ffffffff'],
  ['ulong 0', (e) => e.writeUlong(0), '44'],
  ['ulong 0n', (e) => e.writeUlong(0n), '44'],
  ['ulong 255', (e) => e.writeUlong(255), '53ff'],
  ['ulong 256n', (e) => e.writeUlong(256n), '800000000000000100'],
  ['ulong 2^53 - 1', (e) => e.writeUlong(Number.MAX_SAFE_INTEGER), '80001fffffffffffff'],
  ['ulong 2^64 - 1', (e) => e.writeUlong(0xffff_ffff_ffff_ffffn), '80ffffffffffffffff'],
  ['byte -128', (e) => e.writeByte(-128), '5180'],
  ['byte 127', (e) => e.writeByte(127), '517f'],
  ['short -32768', (e) => e.writeShort(-32_768), '618000'],
  ['int -1', (e) => e.writeInt(-1), '54ff'],
  ['int 127', (e) => e.writeInt(127), '547f'],
  ['int 128', (e) => e.writeInt(128), '7100000080'],
  ['int -129', (e) => e.writeInt(-129), '71ffffff7f'],
  ['int -2^31', (e) => e.writeInt(-0x8000_0000), '7180000000'],
  ['long -128', (e) => e.writeLong(-128), '5580'],
  ['long 128n', (e) => e.writeLong(128n), '810000000000000080'],
  ['long -2^31 - 1', (e) => e.writeLong(-0x8000_0001), '81ffffffff7fffffff'],
  ['long -2^53 + 1', (e) => e.writeLong(Number.MIN_SAFE_INTEGER), '81ffe0000000000001'],
  ['long -2^63', (e) => e.writeLong(-0x8000_0000_0000_0000n), '818000000000000000'],
  ['float 0.125', (e) => e.writeFloat(0.125), '723e000000'],
  ['double 0.125', (e) => e.writeDouble(0.125), '823fc0000000000000'],
  ['double -0', (e) => e.writeDouble(-0), '828000000000000000'],
  ['timestamp 0', (e) => e.writeTimestamp(0), '830000000000000000'],
  ['timestamp -1', (e) => e.writeTimestamp(-1), '83ffffffffffffffff'],
  ['timestamp 2^63 - 1', (e) => e.writeTimestamp(0x7fff_ffff_ffff_ffffn), '837fffffffffffffff'],
  ['uuid', (e) => e.writeUuid(new Uuid(Buffer.from(UUID, 'hex'))), `98${UUID}`],
  ['empty binary', (e) => e.writeBinary(Buffer.alloc(0)), 'a000'],
  ['binary of 255', (e) => e.writeBinary(Buffer.alloc(255, 1)), `a0ff${'01'.repeat(255)}`],
  ['binary of 256', (e) => e.writeBinary(new Uint8Array(256)), `b000000100${'00'.repeat(256)}`],
  ['empty string', (e) => e.writeString(''), 'a100'],
  ['short string', (e) => e.writeString('oslo'), 'a1046f736c6f'],
  ['short string outside ASCII', (e) => e.writeString('z\u00fc'), 'a1037ac3bc'],
  ['string of 255', (e) => e.writeString('x'.repeat(255)), `a1ff${'78'.repeat(255)}`],
  ['string of 256', (e) => e.writeString('x'.repeat(256)), `b100000100${'78'.repeat(256)}`],
  ['100 characters of 3 bytes', (e) => e.writeString('\u20ac'.repeat(100)), `b10000012c${'e282ac'.repeat(100)}`],
  ['85 characters of 3 bytes', (e) => e.writeString('\u20ac'.repeat(85)), `a1ff${'e282ac'.repeat(85)}`],
  ['string of 2000', (e) => e.writeString('x'.repeat(2000)), `b1000007d0${'78'.repeat(2000)}`],
  ['2000 characters of 2 bytes', (e) => e.writeString('\u00fc'.repeat(2000)), `b100000fa0${'c3bc'.repeat(2000)}`],
  ['symbol', (e) => e.writeSymbol('PLAIN'), 'a305504c41494e'],
  ['symbol of 256', (e) => e.writeSymbol('x'.repeat(256)), `b300000100${'78'.repeat(256)}`],
  ['no symbols', (e) => e.writeSymbolArray([]), 'e00200a3'],
  ['two symbols', (e) => e.writeSymbolArray(['a', 'bc']), 'e00702a30161026263'],
  ['a long symbol', (e) => e.writeSymbolArray(['x'.repeat(256)]), `f00000010900000001b300000100${'78'.repeat(256)}`],
  ['no fields', (e) => e.writeFields(new Map()), 'c10100'],
  ['fields', (e) => e.writeFields(new Map([['k', 'v']])), 'c10702a3016ba10176'],
]

/** A JavaScript value, and its bytes in the AMQP type that it stands for. */
const VALUES: readonly [what: string, value: AmqpValue, hex: string][] = [
  ['undefined', undefined, '40'],
  ['an integer', 1, '5401'],
  ['an integer of 32 bits', -0x8000_0000, '7180000000'],
  ['an integer above 32 bits', 0x8000_0000, '810000000080000000'],
  ['a fraction', 0.5, '823fe0000000000000'],
  ['minus zero', -0, '828000000000000000'],
  ['a large number', 2 ** 60, '8243b0000000000000'],
  ['a small bigint', 1n, '5501'],
  ['a bigint of 63 bits', 2n ** 63n - 1n, '817fffffffffffffff'],
  ['a bigint of 64 bits', 2n ** 63n, '808000000000000000'],
  ['a date', new Date(1), '830000000000000001'],
  ['a symbol', symbol('a'), 'a30161'],
  ['a char', new Char(0x20ac), '73000020ac'],
  ['a decimal', new Decimal('decimal32', Buffer.from('22500001', 'hex')), '7422500001'],
  ['an empty list', [], '45'],
  ['a list', [1, null, 'a'], 'c00703540140a10161'],
  ['a list of 255 nulls', Array(255).fill(null), `d000000103000000ff${'40'.repeat(255)}`],
  ['a list of 254 nulls', Array(254).fill(null), `c0fffe${'40'.repeat(254)}`],
  ['a map', new Map<AmqpValue, AmqpValue>([[1, true]]), 'c10402540141'],
  ['an object', { a: 1 }, 'c10602a101615401'],
  ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), 'c10602a101615401'],
  ['a described value', new Described(symbol('d'), 1), '00a301645401'],
  ['a stated ulong', typed('ulong', 5), '5305'],
  ['a stated uint of a decoded list', [typed('uint', 256)], 'c006017000000100'],
  ['a stated float', typed('float', 1), '723f800000'],
  ['a stated char', typed('char', 'a'), '7300000061'],
  ['a stated null', typed('uint', null), '40'],
  ['an empty array', new AmqpArray('int', []), 'e0020071'],
  ['an array of int', new AmqpArray('int', [1, -1]), 'e00a027100000001ffffffff'],
  ['an array of boolean', new AmqpArray('boolean', [true, false]), 'e00402560100'],
  ['an array of null', new AmqpArray('null', [null, undefined]), 'e0020240'],
  ['an array of string', new AmqpArray('string', ['a', '\u00fc']), 'e00702a1016102c3bc'],
  ['an array of symbol', new AmqpArray('symbol', [symbol('a'), 'b']), 'e00602a301610162'],
  [
    'an array of long strings',
    new AmqpArray('string', ['x'.repeat(256)]),
    `f00000010900000001b100000100${'78'.repeat(256)}`,
  ],
  ['a described array', new AmqpArray('ubyte', [1, 2], symbol('d')), 'e0080200a30164500102'],
  ['an array of ulong', new AmqpArray('ulong', [2n ** 64n - 1n]), 'e00a0180ffffffffffffffff'],
  [
    'an array of timestamp',
    new AmqpArray('timestamp', [new Date(1), typed('timestamp', -1n)]),
    `e0120283${'00'.repeat(7)}01${'ff'.repeat(8)}`,
  ],
  ['an array of list', new AmqpArray('list', [[], [1]]), 'e01402d0000000040000000000000006000000015401'],
  ['an array of map', new AmqpArray('map', [{ a: 1 }]), 'e00f01d10000000900000002a101615401'],
  ['an array of array', new AmqpArray('array', [new AmqpArray('ubyte', [7])]), 'e00c01f000000006000000015007'],
  ['an array of float', new AmqpArray('float', [1]), 'e00601723f800000'],
  ['an array of char', new AmqpArray('char', ['a']), 'e006017300000061'],
]

/** What fits no AMQP type, or not the one that was stated. */
const REFUSED: readonly [what: string, value: unknown][] = [
  ['a function', () => undefined],
  ['a JavaScript symbol', Symbol('x')],
  ['an instance of some class', new (class Thing {})()],
  ['a set', new Set([1])],
  ['a date that is none', new Date(Number.NaN)],
  ['a bigint above 64 bits', 2n ** 64n],
  ['a bigint below 64 bits', -(2n ** 63n) - 1n],
  ['half a surrogate pair', 'a\ud800'],
  ['half a surrogate pair in a long text', `${'x'.repeat(5000)}\udc00`],
  ['a symbol outside ASCII', symbol('\u00fc')],
  ['a ubyte of 256', typed('ubyte', 256)],
  ['a byte of 128', typed('byte', 128)],
  ['a negative uint', typed('uint', -1)],
  ['a fraction as uint', typed('uint', 1.5)],
  ['NaN as int', typed('int', Number.NaN)],
  ['a text as int', typed('int', '5')],
  ['a JavaScript symbol as int', typed('int', Symbol('x') as never)],
  ['a text as double', typed('double', '5')],
  ['an unsafe number as ulong', typed('ulong', 2 ** 53)],
  ['a negative bigint as ulong', typed('ulong', -1n)],
  ['an int above 32 bits', typed('int', 2 ** 31)],
  ['a number as string', typed('string', 5)],
  ['a number as binary', typed('binary', 5)],
  ['a number as boolean', typed('boolean', 1)],
  ['a text as list', typed('list', 'x')],
  ['a list as map', typed('map', [])],
  ['a list as array', typed('array', [])],
  ['a text of two characters as char', typed('char', 'ab')],
  ['a surrogate as char', typed('char', 0xd800)],
  ['a uuid of 15 bytes', typed('uuid', Buffer.alloc(15))],
  ['a type that does not exist', typed('int128' as never, 1)],
  ['a type from the prototype', typed('constructor' as never, 1)],
  ['an array of a type that does not exist', new AmqpArray('int128' as never, [])],
  ['an array with an element of another type', new AmqpArray('int', [1, 'x'])],
  ['an array with an element out of range', new AmqpArray('ubyte', [256])],
  ['an array of list with another element', new AmqpArray('list', [1])],
  ['an array of symbol outside ASCII', new AmqpArray('symbol', ['\u00fc'])],
  ['an array of string with half a surrogate pair', new AmqpArray('string', ['\ud800'])],
]

describe('Encoder', () => {
  for (const [what, write, hex] of WRITTEN) it(`writes ${what}`, () => assert.equal(hexOf(write), hex))

  for (const [what, value, hex] of VALUES) {
    it(`writes ${what} by its value`, () =>
      assert.equal(
        hexOf((e) => e.writeValue(value)),
        hex,
      ))
  }

  for (const [what, value] of REFUSED) {
    it(`refuses ${what}`, () => {
      assert.throws(() => hexOf((e) => e.writeValue(value as AmqpValue)), EncodeError)
    })
  }

  it('refuses values that hold themselves', () => {
    const list: AmqpValue[] = []
    list.push(list)
    assert.throws(() => hexOf((e) => e.writeValue(list)), /nested deeper than 32/)
    const array = new AmqpArray('array', [])
    array.values.push(array)
    assert.throws(() => hexOf((e) => e.writeValue(array)), /nested deeper than 32/)
  })

  it('says which field does not fit, and its type and value', () => {
    assert.throws(() => hexOf((e) => e.writeUint(-1, 'flow.link-credit')), {
      name: 'EncodeError',
      code: 'AMQP_ENCODE',
      message: 'flow.link-credit: -1 does not fit the type uint',
    })
  })

  it('refuses keys of fields and symbols that are no strings', () => {
    assert.throws(() => hexOf((e) => e.writeFields(new Map([[undefined as never, 1]]))), EncodeError)
    assert.throws(() => hexOf((e) => e.writeFields({} as never)), EncodeError)
    assert.throws(() => hexOf((e) => e.writeSymbolArray([undefined as never])), EncodeError)
    assert.throws(() => hexOf((e) => e.writeSymbolArray('x' as never)), EncodeError)
  })
})
