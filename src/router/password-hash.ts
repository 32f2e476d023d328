// What is kept of a password to check one that a client sends as it is (SASL PLAIN): scrypt (RFC 7914).

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import type { JsonPlace } from './json-place.ts'

export interface PasswordHash {
  /** CPU and memory cost, a power of 2. */
  readonly cost: number
  readonly blockSize: number
  readonly parallelization: number
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

/** Its form in a users file. */
export interface WrittenPasswordHash {
  readonly N: number
  readonly r: number
  readonly p: number
  readonly salt: string
  readonly hash: string
}

/**
 * RFC 7914, section 2, for logins: 16 MiB and some tens of milliseconds. More would protect nothing, as the keys of SCRAM stand
 * beside it, which are less work to guess at.
 */
const DEFAULTS = Object.freeze({ cost: 16_384, blockSize: 8, parallelization: 1 })
const SALT_BYTES = 16
const HASH_BYTES = 32

const COST = { least: 1_024, most: 1_048_576 }
const MAX_BLOCK_SIZE = 32
const MAX_PARALLELIZATION = 16
/** Of one check: eight times the work of the default, half a second or so. */
const MAX_WORK = 8 * 16_384 * 8
/** Of one check. */
const MAX_MEMORY = 256 * 1024 * 1024

/** `password`: prepared. Counts beside the event loop. */
export async function makePasswordHash(password: string): Promise<PasswordHash> {
  const unhashed = { ...DEFAULTS, salt: randomBytes(SALT_BYTES), hash: new Uint8Array(HASH_BYTES) }
  return { ...unhashed, hash: await derive(password, unhashed) }
}

/** One with the same parameters that no password matches: to check it takes as long. */
export function decoyOf(hash: PasswordHash | undefined): PasswordHash {
  const { cost, blockSize, parallelization } = hash ?? DEFAULTS
  const [saltBytes, hashBytes] = hash ? [hash.salt.length, hash.hash.length] : [SALT_BYTES, HASH_BYTES]
  return { cost, blockSize, parallelization, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) }
}

/** Whether it is the password's. Counts beside the event loop. */
export async function matchesPassword(hash: PasswordHash, password: string): Promise<boolean> {
  return timingSafeEqual(await derive(password, hash), hash.hash)
}

/** @throws RouterConfigError for what is no such hash, or would take too much work. */
export function readPasswordHash(place: JsonPlace): PasswordHash {
  const member = place.exactly(['N', 'r', 'p', 'salt', 'hash'])
  const cost = member('N').wholeNumber(COST.least, COST.most)
  if (!Number.isInteger(Math.log2(cost))) throw member('N').defect(`expected a power of 2, found ${cost}`)
  const blockSize = member('r').wholeNumber(1, MAX_BLOCK_SIZE)
  const parallelization = member('p').wholeNumber(1, MAX_PARALLELIZATION)
  if (128 * cost * blockSize > MAX_MEMORY)
    throw place.defect(`expected N and r that take at most ${MAX_MEMORY} bytes, 128 * N * r`)
  if (cost * blockSize * parallelization > MAX_WORK)
    throw place.defect(`expected N, r and p that take less work, at most ${MAX_WORK} together (N * r * p)`)
  const salt = member('salt').bytes(8, 64)
  return { cost, blockSize, parallelization, salt, hash: member('hash').bytes(16, 64) }
}

export function writePasswordHash({ cost, blockSize, parallelization, salt, hash }: PasswordHash): WrittenPasswordHash {
  return { N: cost, r: blockSize, p: parallelization, salt: base64(salt), hash: base64(hash) }
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

function derive(password: string, { cost, blockSize, parallelization, salt, hash }: PasswordHash): Promise<Buffer> {
  // OpenSSL counts the blocks of all lanes and two more of the table.
  const maxmem = 128 * blockSize * (cost + parallelization + 2)
  const options: ScryptOptions = { cost, blockSize, parallelization, maxmem }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hash.length, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
