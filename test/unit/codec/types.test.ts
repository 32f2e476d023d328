import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EncodeError } from '../../../src/codec/errors.ts'
import { AmqpSymbol, Char, Decimal, symbol, Typed, typed, Uuid } from '../../../src/codec/types.ts'

const TEXT = '00112233-4455-6677-8899-aabbccddeeff'

describe('the values of AMQP types', () => {
  it('read a uuid as text and write it the same', () => {
    assert.equal(Uuid.parse(TEXT).toString(), TEXT)
    assert.equal(Uuid.parse(TEXT.toUpperCase()).toString(), TEXT)
    for (const wrong of ['', TEXT.slice(1), `${TEXT}0`, TEXT.replace('-', ''), TEXT.replace('0', 'g')]) {
      assert.throws(() => Uuid.parse(wrong), EncodeError)
    }
  })

  it('refuse bytes of another length', () => {
    assert.throws(() => new Uuid(Buffer.alloc(15)), EncodeError)
    assert.throws(() => new Decimal('decimal64', Buffer.alloc(4)), /a decimal64 has 8 bytes, not 4/)
    assert.equal(new Decimal('decimal128', Buffer.alloc(16)).bytes.length, 16)
  })

  it('hold one Unicode scalar value in a char', () => {
    assert.equal(`${new Char(0x1f600)}`, '\u{1f600}')
    for (const wrong of [-1, 0xd800, 0xdfff, 0x110000, 1.5, Number.NaN])
      assert.throws(() => new Char(wrong), EncodeError)
  })

  it('have short constructors for the frequent ones', () => {
    assert.deepEqual(symbol('a'), new AmqpSymbol('a'))
    assert.equal(`${symbol('a')}`, 'a')
    assert.deepEqual(typed('uint', 1), new Typed('uint', 1))
  })
})
