import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'
import { EncodeError } from '../../../src/codec/errors.ts'

describe('the memory of an Encoder', () => {
  it('hands out what was written since the last time', () => {
    const e = new Encoder()
    e.rawUint32(0x0102_0304)
    assert.equal(e.length, 4)
    assert.equal(e.take().toString('hex'), '01020304')
    assert.equal(e.length, 0)
    e.rawUint16(0x0506)
    assert.equal(e.take().toString('hex'), '0506')
    assert.equal(e.take().length, 0)
  })

  it('never writes over what it handed out, through many slabs', () => {
    const e = new Encoder(64)
    const taken: Buffer[] = []
    for (let i = 0; i < 100; i++) {
      e.writeString(`number ${i} ${'x'.repeat(i % 30)}`)
      e.rawBytes(Buffer.alloc(i, i))
      taken.push(e.take())
    }
    for (const [i, bytes] of taken.entries()) {
      const text = `number ${i} ${'x'.repeat(i % 30)}`
      assert.equal(bytes.toString('latin1', 2, 2 + text.length), text)
      assert.deepEqual(bytes.subarray(2 + text.length), Buffer.alloc(i, i))
    }
  })

  it('writes over what it handed out once it is told that nobody needs it', () => {
    const e = new Encoder(64)
    e.rawUint32(1)
    const first = e.take()
    e.reuse()
    e.rawUint32(2)
    const second = e.take()
    assert.deepEqual([second.buffer, second.byteOffset], [first.buffer, first.byteOffset])
    e.rawUint8(3)
    assert.throws(() => e.reuse(), EncodeError)
  })

  it('does not keep the memory of a long region', () => {
    const e = new Encoder(64)
    e.rawBytes(Buffer.alloc(10_000))
    const long = e.take()
    e.reuse()
    e.rawUint8(1)
    assert.notEqual(e.take().buffer, long.buffer)
  })

  it('keeps the views of one slab in the same memory', () => {
    const e = new Encoder(64)
    e.rawUint8(1)
    const first = e.take()
    e.rawUint8(2)
    const second = e.take()
    assert.equal(first.buffer, second.buffer)
    assert.equal(second.byteOffset, first.byteOffset + 1)
  })

  it('keeps marks right when what is unfinished moves to a new slab', () => {
    const e = new Encoder(16)
    e.rawBytes(Buffer.alloc(10))
    e.take()
    const mark = e.length
    e.rawUint32(0)
    const list = e.beginCompound()
    e.rawBytes(Buffer.alloc(300, 0x40))
    e.endList(list, 300)
    e.patchUint32(mark, e.length - mark)
    e.patchUint8(mark, 9)
    const bytes = e.take()
    assert.equal(bytes.length, 4 + 9 + 300)
    assert.equal(bytes.toString('hex', 0, 13), '09000139d0000001300000012c')
  })

  it('forgets what was written after a mark', () => {
    const e = new Encoder()
    e.rawUint8(1)
    const mark = e.length
    e.writeString('forgotten')
    e.truncate(mark)
    e.rawUint8(2)
    assert.equal(e.take().toString('hex'), '0102')
  })

  it('copies what was written after a mark into memory of its own', () => {
    const e = new Encoder()
    e.rawUint8(1)
    e.rawUint8(2)
    const copy = e.copyFrom(1)
    e.patchUint8(1, 3)
    assert.equal(copy.toString('hex'), '02')
    assert.equal(e.take().toString('hex'), '0103')
  })

  it('refuses marks outside of what was not taken yet', () => {
    const e = new Encoder()
    e.rawUint32(0)
    assert.throws(() => e.truncate(5), EncodeError)
    assert.throws(() => e.truncate(-1), EncodeError)
    assert.throws(() => e.patchUint32(1, 0), EncodeError)
    assert.throws(() => e.copyFrom(Number.NaN), EncodeError)
    e.take()
    assert.throws(() => e.patchUint8(0, 0), EncodeError)
  })

  it('takes a string that is longer than the slab', () => {
    const e = new Encoder(32)
    e.rawUint8(7)
    e.writeString('y'.repeat(100_000))
    const bytes = e.take()
    assert.equal(bytes.length, 1 + 5 + 100_000)
    assert.equal(bytes.toString('latin1', 6), 'y'.repeat(100_000))
  })
})
