import { Encoder } from '../codec/encoder.ts'
import type { Message } from '../codec/sections.ts'
import { encodeMessage } from '../codec/sections.ts'
import { LinkError } from './errors.ts'
import type { Link } from './link.ts'

/** Memory that is not worth a copy. */
const SMALL = 8_192

/** The sections of a message in memory of its own; bytes are taken for the encoded sections, and not copied. */
export function encodedBytes(message: Message | Uint8Array): Buffer {
  if (Buffer.isBuffer(message)) return message
  if (message instanceof Uint8Array) return Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const encoder = new Encoder(512)
  encodeMessage(encoder, message)
  return encoder.take()
}

/** The same by way of an encoder that is there already and has no frame open: memory for each message costs more than the copy. */
export function encodedAside(encoder: Encoder, message: Message | Uint8Array): Buffer {
  if (message instanceof Uint8Array) return encodedBytes(message)
  const mark = encoder.length
  try {
    encodeMessage(encoder, message)
    return encoder.copyFrom(mark)
  } finally {
    encoder.truncate(mark)
  }
}

/**
 * The same bytes, and not much more memory than they take: of what was received the payload of one message is a small part, and whoever
 * keeps it keeps all the rest.
 */
export function compact(bytes: Buffer): Buffer {
  const { byteLength } = bytes.buffer
  return byteLength <= SMALL || byteLength <= bytes.length * 2 ? bytes : Buffer.from(bytes)
}

/** Delivery tags are our delivery-ids as four bytes: unique among what is unsettled on a link, which is all they need to be (2.8.7). */
export function tagOf(deliveryId: number): Buffer {
  const tag = Buffer.allocUnsafe(4)
  tag.writeUInt32BE(deliveryId)
  return tag
}

/** Bytes of which it can be told without a copy that there are more than so many. */
export function isLonger(message: Message | Uint8Array, bytes: number): boolean {
  return message instanceof Uint8Array && message.length > bytes
}

/** Only to be thrown. */
export function tooLarge(link: Link, size: number): LinkError {
  const message = `${link.describe()}: a message of ${size} bytes, and the peer takes ${link.remoteMaxMessageSize}`
  return new LinkError(message, { origin: 'local', condition: 'amqp:link:message-size-exceeded' })
}
