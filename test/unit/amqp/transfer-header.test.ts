import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TransferHeader } from '../../../src/amqp/transfer-header.ts'
import { Decoder } from '../../../src/codec/decoder.ts'
import { Encoder } from '../../../src/codec/encoder.ts'
import { decodePerformative, encodeTransfer } from '../../../src/codec/performatives.ts'

const NUMBERS = [256, 0x12345678, 0xffffffff]

function written(handle: number, deliveryId: number, settled: boolean): Buffer {
  const encoder = new Encoder(64)
  new TransferHeader(handle).write(encoder, deliveryId, settled)
  return Buffer.from(encoder.take())
}

describe('the prepared transfer', () => {
  // Small numbers have a shorter form, which a template of one length cannot use.
  it('has the very bytes of the general encoder where the numbers have their long form', () => {
    for (const handle of NUMBERS)
      for (const deliveryId of NUMBERS)
        for (const settled of [true, false]) {
          const encoder = new Encoder(64)
          const deliveryTag = Buffer.alloc(4)
          deliveryTag.writeUInt32BE(deliveryId)
          encodeTransfer(encoder, { handle, deliveryId, deliveryTag, messageFormat: 0, settled })
          assert.deepEqual(written(handle, deliveryId, settled), Buffer.from(encoder.take()))
        }
  })

  it('says the same with small numbers', () => {
    for (const handle of [0, 1, 255, 4095])
      for (const deliveryId of [0, 1, 255, 70_000]) {
        const bytes = written(handle, deliveryId, false)
        const decoder = new Decoder()
        decoder.reset(bytes, 0, bytes.length)
        const transfer = decodePerformative(decoder)
        assert(transfer.type === 'transfer')
        assert.equal(decoder.position, bytes.length)
        assert.deepEqual([transfer.handle, transfer.deliveryId, transfer.messageFormat], [handle, deliveryId, 0])
        assert.deepEqual([transfer.settled, transfer.more], [false, false])
        assert.equal(transfer.deliveryTag?.readUInt32BE(), deliveryId)
      }
  })
})
