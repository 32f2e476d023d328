// Properties that hold for any value, looked for by fast-check.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { EncodeError } from '../../../src/codec/errors.ts'
import { beginFrame, endFrame, FrameReader } from '../../../src/codec/frame.ts'
import { decodePerformative, encodeTransfer } from '../../../src/codec/performatives.ts'
import { EncodedMessage, encodeMessage } from '../../../src/codec/sections.ts'
import { type AmqpValue, Typed } from '../../../src/codec/types.ts'
import { bytes, message, record, uint, value } from '../../support/arbitrary-values.ts'

function decode(encoded: Buffer): AmqpValue {
  const d = new Decoder()
  d.reset(encoded)
  const decoded = d.readValue()
  assert.equal(d.position, d.end)
  return decoded
}

describe('for any value', () => {
  it('decoding gives what was encoded, and stepping over ends where decoding does', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 16, max: 400 }), (original, capacity) => {
        const e = new Encoder(capacity)
        e.writeValue(original)
        const encoded = e.take()
        assert.deepEqual(decode(encoded), original)
        const d = new Decoder()
        d.reset(encoded)
        d.skipValue()
        assert.equal(d.position, d.end)
      }),
      { numRuns: 500 },
    )
  })

  it('a type of 64 bits keeps every bigint, and a number where it is safe', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (original) => {
        const e = new Encoder()
        e.writeLong(original)
        assert.equal(BigInt(decode(e.take()) as number | bigint), original)
        if (original >= 0n) {
          e.writeUlong(original)
          assert.equal(BigInt(decode(e.take()) as number | bigint), original)
        }
        e.writeValue(new Typed('timestamp', original))
        const back = decode(e.take())
        assert.equal(back instanceof Date ? BigInt(back.getTime()) : (back as Typed).value, original)
      }),
    )
  })

  it('of any JavaScript kind, encoding either succeeds or is an EncodeError', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (anything) => {
          try {
            new Encoder().writeValue(anything as AmqpValue)
          } catch (error) {
            assert.ok(error instanceof EncodeError, String(error))
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('for any message', () => {
  it('decoding gives what was encoded, and encoding that gives the same bytes', () => {
    fc.assert(
      fc.property(message, (original) => {
        const e = new Encoder()
        encodeMessage(e, original)
        const encoded = e.take()
        const decoded = new EncodedMessage(encoded).toMessage()
        assert.deepEqual(decoded, original)
        encodeMessage(e, decoded)
        assert.deepEqual(e.take(), encoded)
      }),
      { numRuns: 300 },
    )
  })

  it('frames cut into any chunks give the transfers and payloads that were sent', () => {
    const frames = fc.array(record({ handle: uint, deliveryTag: bytes, payload: bytes }), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, lengths) => {
        const e = new Encoder(256)
        e.rawBytes(Buffer.from('414d515000010000', 'hex'))
        for (const { payload, ...transfer } of sent) {
          const mark = beginFrame(e, 0, 1)
          encodeTransfer(e, transfer)
          e.rawBytes(payload)
          endFrame(e, mark)
        }
        const stream = e.take()
        const received: unknown[] = []
        const reader = new FrameReader(
          {
            onHeader: () => undefined,
            onFrame: (_type, _channel, buffer, start, end) => {
              const d = new Decoder()
              d.reset(buffer, start, end)
              const { handle, deliveryTag } = decodePerformative(d) as { handle: number; deliveryTag: Buffer }
              received.push({ handle, deliveryTag, payload: buffer.subarray(d.position, end) })
            },
          },
          { maxFrameSize: 1024 },
        )
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = lengths[i % lengths.length]!
          reader.push(stream.subarray(at, at + length))
          at += length
        }
        assert.deepEqual(received, sent)
      }),
    )
  })
})
