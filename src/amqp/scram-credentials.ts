// What a listener keeps of a password (RFC 5802, section 3): enough to check it, too little to use it elsewhere.

import { randomBytes } from 'node:crypto'
import { describeValue } from '../support/describe-value.ts'
import { saslprep } from './saslprep.ts'
import {
  isScram,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  SCRAM_BYTES,
  SCRAM_MECHANISMS,
  type ScramMechanism,
  scramKeys,
} from './scram.ts'

/** Made by `makeScramCredentials`, for one mechanism and one user. */
export interface ScramCredentials {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

export interface ScramCredentialsOptions {
  /** From 4 096 to 1 000 000: how much work a guess at the password is, and each login at the client. Default 16 384. */
  readonly iterations?: number | undefined
  /** Up to 64 bytes. Default: 16 random ones. */
  readonly salt?: Uint8Array | undefined
}

export const SCRAM_DEFAULTS = Object.freeze({ iterations: 16_384, saltBytes: 16 })

/** So that what a server sends fits the specification's frame (AMQP 1.0 part 5, 5.3.1). */
const MAX_SALT_BYTES = 64

/**
 * What is kept of a password in its place, for the `scramCredentials` of a listener. Counts beside the event loop.
 *
 * @throws TypeError or RangeError: no such mechanism, iterations or salt that cannot be, a password with characters that SASLprep
 * (RFC 4013) prohibits.
 */
export async function makeScramCredentials(
  mechanism: ScramMechanism,
  password: string,
  {
    iterations = SCRAM_DEFAULTS.iterations,
    salt = randomBytes(SCRAM_DEFAULTS.saltBytes),
  }: ScramCredentialsOptions = {},
): Promise<ScramCredentials> {
  if (!isScram(mechanism)) throw new TypeError(`mechanism: expected one of ${SCRAM_MECHANISMS.join(', ')}`)
  checkParameters(iterations, salt)
  const prepared = saslprep(password)
  if (prepared === undefined) throw new RangeError('password: it has a character that SASLprep (RFC 4013) prohibits')
  const { storedKey, serverKey } = await scramKeys(mechanism, prepared, salt, iterations)
  return { salt, iterations, storedKey, serverKey }
}

/** Throws TypeError or RangeError for credentials that are not of that mechanism. */
export function checkScramCredentials(mechanism: ScramMechanism, credentials: ScramCredentials): void {
  if (typeof credentials !== 'object' || credentials === null)
    // Not the value itself: it may be a password.
    throw new TypeError(`expected what makeScramCredentials gives, or undefined, not a ${typeof credentials}`)
  const { iterations, salt, storedKey, serverKey } = credentials
  checkParameters(iterations, salt)
  for (const key of [storedKey, serverKey])
    if (!(key instanceof Uint8Array) || key.length !== SCRAM_BYTES[mechanism])
      throw new RangeError(`the credentials are not of ${mechanism}: expected keys of ${SCRAM_BYTES[mechanism]} bytes`)
}

function checkParameters(iterations: number, salt: Uint8Array): void {
  checkIterations(iterations)
  if (!(salt instanceof Uint8Array) || salt.length < 1 || salt.length > MAX_SALT_BYTES)
    throw new RangeError(`salt: expected a Uint8Array of 1 to ${MAX_SALT_BYTES} bytes`)
}

export function checkIterations(iterations: number): void {
  if (!Number.isSafeInteger(iterations) || iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
    throw new RangeError(
      `iterations: expected a whole number from ${MIN_ITERATIONS} to ${MAX_ITERATIONS}, found ${describeValue(iterations)}`,
    )
}
