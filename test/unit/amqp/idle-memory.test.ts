import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'

/** Sizes of the slabs behind what is written in pieces of `size`, in order. */
function slabsOf(encoder: Encoder, pieces: number, size: number): number[] {
  const sizes: number[] = []
  let last: unknown
  for (let n = 0; n < pieces; n++) {
    encoder.rawBytes(Buffer.alloc(size))
    const { buffer } = encoder.take()
    if (buffer !== last) sizes.push(buffer.byteLength)
    last = buffer
  }
  return sizes
}

describe('the output memory of a connection', () => {
  it('is small to begin with, and grows to 64 KiB as it is used', () => {
    assert.deepEqual(slabsOf(new Encoder(), 4, 1000), [4096])
    assert.deepEqual(slabsOf(new Encoder(), 200, 1000), [4096, 16_384, 65_536, 65_536, 65_536])
  })

  it('grows at once for what is large', () => {
    assert.deepEqual(slabsOf(new Encoder(), 3, 30_000), [65_536, 65_536])
    assert.deepEqual(slabsOf(new Encoder(), 2, 100_000), [100_000, 100_000])
  })

  it('stays within the capacity that was asked for', () => {
    assert.deepEqual(slabsOf(new Encoder(512), 2, 400), [512, 512])
    assert.deepEqual(slabsOf(new Encoder(6000), 3, 4000), [4096, 6000, 6000])
  })
})
