// The arithmetic and the notation of SCRAM, for both sides (RFC 5802, sections 2.2, 3, 5.1 and 7; RFC 7677).

import { isUtf8 } from 'node:buffer'
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export type ScramMechanism = 'SCRAM-SHA-1' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** Strongest first. */
export const SCRAM_MECHANISMS: readonly ScramMechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1']

export const isScram = (mechanism: string): mechanism is ScramMechanism =>
  (SCRAM_MECHANISMS as readonly string[]).includes(mechanism)

const HASHES = { 'SCRAM-SHA-1': 'sha1', 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' }

/** How many bytes a hash has. */
export const SCRAM_BYTES = Object.freeze({ 'SCRAM-SHA-1': 20, 'SCRAM-SHA-256': 32, 'SCRAM-SHA-512': 64 })

/** RFC 7677, section 4: at least that many. More than the maximum only costs whoever has to count. */
export const MIN_ITERATIONS = 4_096
export const MAX_ITERATIONS = 1_000_000

const derive = promisify(pbkdf2)

/** The keys that come out of a password. */
export interface ScramKeys {
  readonly clientKey: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** `password`: prepared. Counts beside the event loop. */
export async function scramKeys(
  mechanism: ScramMechanism,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> {
  const salted = await derive(password, salt, iterations, SCRAM_BYTES[mechanism], HASHES[mechanism])
  const clientKey = hmac(mechanism, salted, 'Client Key')
  return { clientKey, storedKey: hash(mechanism, clientKey), serverKey: hmac(mechanism, salted, 'Server Key') }
}

export function hash(mechanism: ScramMechanism, data: Uint8Array): Buffer {
  return createHash(HASHES[mechanism]).update(data).digest()
}

export function hmac(mechanism: ScramMechanism, key: Uint8Array, data: string): Buffer {
  return createHmac(HASHES[mechanism], key).update(data).digest()
}

/** Of the same length. */
export function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, n) => byte ^ (b[n] as number)))
}

/** In a time that says nothing of where they differ. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

/** What nobody has used before: 144 bits, in characters that no message has to escape. */
export const makeNonce = (): string => randomBytes(18).toString('base64')

/** What the nonce of either end may consist of. */
export const isNonce = (text: string): boolean => /^[!-+\--~]+$/.test(text)

/** `a=…,b=…` as pairs. Undefined: it is not written like that. */
export function attributesOf(message: Buffer | string): [name: string, value: string][] | undefined {
  if (typeof message !== 'string' && !isUtf8(message)) return undefined
  const pairs: [string, string][] = []
  for (const part of message.toString().split(',')) {
    if (!/^[A-Za-z]=/.test(part)) return undefined
    pairs.push([part.charAt(0), part.slice(2)])
  }
  return pairs
}

/** Undefined: it is no base64, or not as an encoder writes it. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
