// How a durable store writes down its messages. Keys are texts whose order is that of the messages; a queue has a number, which
// stands in its messages' keys instead of its name and that of its virtual host.
//
//   format               the version of all of this
//   q/QUEUE              virtual host and address, as JSON; of a pool also the seconds that it is there without a consumer
//   m/QUEUE/SEQUENCE     a message
//   d/QUEUE/SEQUENCE     what became of its deliveries, once one has failed
//   a/QUEUE              up to which message consumers have been given some

import type { QueuedMessage } from './queued-message.ts'

export const FORMAT_KEY = 'format'
export const FORMAT_VERSION = '1'

export const QUEUES = 'q/'
export const MESSAGES = 'm/'
export const DELIVERIES = 'd/'
export const ACQUIRED = 'a/'

/** Hexadecimal digits: 2^53 messages have numbers, and as many queues. */
const DIGITS = 14

const digits = (number: number): string => number.toString(16).padStart(DIGITS, '0')

export const queueKey = (kind: typeof QUEUES | typeof ACQUIRED, queue: number): string => kind + digits(queue)
export const messageKey = (kind: typeof MESSAGES | typeof DELIVERIES, queue: number, sequence: number): string =>
  `${kind}${digits(queue)}/${digits(sequence)}`

/** The numbers in a key. */
export function parseKey(key: string): { readonly queue: number; readonly sequence: number } {
  const [, queue = '', sequence = ''] = key.split('/')
  return { queue: Number.parseInt(queue, 16), sequence: Number.parseInt(sequence, 16) }
}

export interface QueueRecord {
  readonly host: string
  readonly address: string
  /** Undefined: it is no pool. */
  readonly poolTimeoutS: number | undefined
}

export function encodeQueue({ host, address, poolTimeoutS }: QueueRecord): Buffer {
  return Buffer.from(JSON.stringify(poolTimeoutS === undefined ? [host, address] : [host, address, poolTimeoutS]))
}

/** @throws SyntaxError, TypeError for what is none. */
export function decodeQueue(value: Buffer): QueueRecord {
  const [host, address, poolTimeoutS] = JSON.parse(value.toString()) as unknown[]
  if (typeof host !== 'string' || typeof address !== 'string') throw new TypeError('expected a host and an address')
  return { host, address, poolTimeoutS: typeof poolTimeoutS === 'number' ? poolTimeoutS : undefined }
}

/** When it expires (a double, milliseconds since 1970; Infinity: never) and its message-format, before its bytes. */
const MESSAGE_HEAD = 12

/** `offsetMs`: what the clock since 1970 shows more than the monotonic one. */
export function encodeMessage({ expiresAt, messageFormat, bytes }: QueuedMessage, offsetMs: number): Buffer {
  const value = Buffer.allocUnsafe(MESSAGE_HEAD + bytes.length)
  value.writeDoubleBE(expiresAt + offsetMs)
  value.writeUInt32BE(messageFormat, 8)
  value.set(bytes, MESSAGE_HEAD)
  return value
}

/** @throws RangeError when it is too short. */
export function decodeMessage(value: Buffer): { expiresAtMs: number; messageFormat: number; bytes: Buffer } {
  return {
    expiresAtMs: value.readDoubleBE(),
    messageFormat: value.readUInt32BE(8),
    bytes: value.subarray(MESSAGE_HEAD),
  }
}

export function encodeFailures(failures: number): Buffer {
  const value = Buffer.allocUnsafe(4)
  value.writeUInt32BE(failures)
  return value
}

/** @throws RangeError when it is too short. */
export function decodeFailures(value: Buffer): number {
  return value.readUInt32BE()
}

/** `clean`: the router was closed, and so knows what became of each delivery. */
export function encodeAcquired(sequence: number, clean: boolean): Buffer {
  const value = Buffer.allocUnsafe(9)
  value.writeDoubleBE(sequence)
  value.writeUInt8(clean ? 1 : 0, 8)
  return value
}

/** @throws RangeError when it is too short. */
export function decodeAcquired(value: Buffer): { sequence: number; clean: boolean } {
  return { sequence: value.readDoubleBE(), clean: value.readUInt8(8) === 1 }
}
