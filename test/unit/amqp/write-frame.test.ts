import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeFrame } from '../../../src/amqp/write-frame.ts'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import type { Performative } from '../../../src/codec/performatives.ts'
import { decodePerformative } from '../../../src/codec/performatives.ts'
import { defectsOf } from '../../support/defects.ts'

function roundTrip(frame: Performative, maxFrameSize = Number.POSITIVE_INFINITY): Performative {
  const encoder = new Encoder(256)
  writeFrame(encoder, 0, frame, maxFrameSize)
  const bytes = encoder.take()
  assert.equal(bytes.readUInt32BE(0), bytes.length)
  const decoder = new Decoder()
  decoder.reset(bytes, 8, bytes.length)
  return decodePerformative(decoder)
}

describe('a frame that cannot be written', () => {
  const attach = { type: 'attach', name: '\ud800', handle: 0, role: false } as Performative

  it('leaves nothing behind', () => {
    const encoder = new Encoder(256)
    encoder.rawUint8(7)
    assert.throws(() => writeFrame(encoder, 0, attach, Number.POSITIVE_INFINITY), { code: 'AMQP_ENCODE' })
    assert.deepEqual([...encoder.take()], [7])
  })

  it('is one that is larger than the peer takes', () => {
    const large = { ...attach, name: 'x'.repeat(600) } as Performative
    assert.throws(() => roundTrip(large, 512), /attach: a frame of \d+ bytes, and the peer takes 512/)
  })

  it('goes without the details when it says how something ended', (t) => {
    const defects = defectsOf(t)
    const error = { condition: 'my:error', description: 'x'.repeat(1000) }
    const plain = { condition: 'my:error', description: 'the details could not be sent', info: undefined }
    assert.deepEqual(roundTrip({ type: 'close', error }, 512), { type: 'close', error: plain })
    assert.deepEqual(roundTrip({ type: 'end', error }, 512), { type: 'end', error: plain })
    const detach = roundTrip({ type: 'detach', handle: 3, closed: true, error }, 512)
    assert.deepEqual(detach, { type: 'detach', handle: 3, closed: true, error: plain })
    assert.deepEqual(defects, [], 'the peer has chosen its frames')
    const rejected = { type: 'rejected', error: { condition: 'ä' } } as const
    const disposition = { type: 'disposition', role: true, first: 1, last: 1, settled: true, batchable: false } as const
    assert.deepEqual(roundTrip({ ...disposition, state: rejected }), {
      ...disposition,
      state: { type: 'rejected', error: { ...plain, condition: 'amqp:internal-error' } },
    })
    assert.equal(defects.length, 1)
  })
})
