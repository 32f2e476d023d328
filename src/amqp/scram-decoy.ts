import { createHmac, randomBytes } from 'node:crypto'
import type { ScramDecoyOptions } from './options.ts'
import { SCRAM_BYTES, type ScramMechanism } from './scram.ts'
import { SCRAM_DEFAULTS, type ScramCredentials } from './scram-credentials.ts'

/**
 * Credentials of users that do not exist: the same for the same name, so that who asks twice cannot tell them from a real
 * user's, and matched by no password.
 */
export class ScramDecoy {
  readonly #key: Uint8Array
  readonly #iterations: number

  constructor({ key = randomBytes(32), iterations = SCRAM_DEFAULTS.iterations }: ScramDecoyOptions = {}) {
    this.#key = key
    this.#iterations = iterations
  }

  credentialsOf(mechanism: ScramMechanism, username: string): ScramCredentials {
    const bytes = (what: string, length: number): Buffer =>
      createHmac('sha512', this.#key).update(`${what}\0${mechanism}\0${username}`).digest().subarray(0, length)
    return {
      salt: bytes('salt', SCRAM_DEFAULTS.saltBytes),
      iterations: this.#iterations,
      storedKey: bytes('stored key', SCRAM_BYTES[mechanism]),
      serverKey: bytes('server key', SCRAM_BYTES[mechanism]),
    }
  }
}
