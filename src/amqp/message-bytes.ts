import { Encoder } from '../codec/encoder.ts'
import type { Message } from '../codec/sections.ts'
import { encodeMessage } from '../codec/sections.ts'

/** The sections of a message in memory of its own; bytes are taken for the encoded sections, and not copied. */
export function encodedBytes(message: Message | Uint8Array): Buffer {
  if (Buffer.isBuffer(message)) return message
  if (message instanceof Uint8Array) return Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const encoder = new Encoder(512)
  encodeMessage(encoder, message)
  return encoder.take()
}

/** Delivery tags are our delivery-ids as four bytes: unique among what is unsettled on a link, which is all they need to be (2.8.7). */
export function tagOf(deliveryId: number): Buffer {
  const tag = Buffer.allocUnsafe(4)
  tag.writeUInt32BE(deliveryId)
  return tag
}
