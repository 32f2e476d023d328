// A frame taken apart into the fields of its performative, as bytes, and put together again with sizes and counts that fit: so
// that what was done to a field is reached by the decoder, and not just found to be cut off.

import { Decoder } from '../../src/codec/decoder.ts'

export interface OpenedFrame {
  readonly frameType: number
  readonly channel: number
  /** The descriptor with its constructor. */
  readonly descriptor: Buffer
  readonly fields: readonly Buffer[]
  readonly payload: Buffer
}

/** Undefined: it is no frame with a described list. */
export function openFrame(bytes: Buffer): OpenedFrame | undefined {
  const decoder = new Decoder()
  try {
    decoder.reset(bytes, bytes.readUInt8(4) * 4, bytes.length)
    const start = decoder.position
    decoder.readDescriptor('frame')
    const descriptor = bytes.subarray(start, decoder.position)
    const count = decoder.beginList('frame', 255)
    const fields: Buffer[] = []
    for (let n = 0; n < count; n++) {
      const from = decoder.position
      decoder.skipValue()
      fields.push(bytes.subarray(from, decoder.position))
    }
    const payload = bytes.subarray(decoder.position)
    return { frameType: bytes.readUInt8(5), channel: bytes.readUInt16BE(6), descriptor, fields, payload }
  } catch {
    return undefined
  }
}

export function sealFrame({ frameType, channel, descriptor, fields, payload }: OpenedFrame): Buffer {
  const content = Buffer.concat(fields)
  const list = Buffer.alloc(9)
  list[0] = 0xd0
  list.writeUInt32BE(content.length + 4, 1)
  list.writeUInt32BE(fields.length, 5)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(head.length + descriptor.length + list.length + content.length + payload.length)
  head.writeUInt8(2, 4)
  head.writeUInt8(frameType, 5)
  head.writeUInt16BE(channel, 6)
  return Buffer.concat([head, descriptor, list, content, payload])
}
