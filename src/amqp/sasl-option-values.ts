// Values of the SASL options that could never let anybody in. No value is shown that may be a secret.

import { describeValue } from '../support/describe-value.ts'
import { nearestName } from '../support/nearest-name.ts'
import type { ClientSaslOptions, ScramDecoyOptions, ServerSaslOptions } from './options.ts'
import { SASL_FRAME_SIZE } from './options.ts'
import { ANONYMOUS } from './sasl-anonymous.ts'
import { BEARER_MECHANISMS, isBearer } from './sasl-bearer.ts'
import { EXTERNAL } from './sasl-external.ts'
import { PLAIN } from './sasl-plain.ts'
import { isScram, SCRAM_MECHANISMS } from './scram.ts'
import { checkIterations } from './scram-credentials.ts'

const KNOWN = [...SCRAM_MECHANISMS, ...BEARER_MECHANISMS, PLAIN, EXTERNAL, ANONYMOUS]

/** Throws TypeError or RangeError. A client may name mechanisms that are not known here: a configuration for others may do so. */
export function checkClientSasl({ token, maxSaslFrameSize }: ClientSaslOptions): void {
  if (token !== undefined && typeof token !== 'function')
    throw new TypeError('sasl of connect, token: expected a function that gives it')
  checkFrameSize('sasl of connect', maxSaslFrameSize)
}

/** Throws TypeError or RangeError. */
export function checkServerSasl(options: ServerSaslOptions): void {
  checkFrameSize('sasl of listen', options.maxSaslFrameSize)
  for (const name of ['authenticate', 'scramCredentials'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw new TypeError(`sasl of listen, ${name}: expected a function`)
  for (const mechanism of options.mechanisms ?? []) checkOffered(mechanism, options)
  if (options.scramDecoy) checkDecoy(options.scramDecoy)
}

function checkOffered(mechanism: string, { authenticate, scramCredentials }: ServerSaslOptions): void {
  const place = 'sasl of listen, mechanisms'
  if (!KNOWN.includes(mechanism)) {
    const nearest = nearestName(String(mechanism), KNOWN)
    const hint = nearest ? `did you mean "${nearest}"?` : `there are ${KNOWN.join(', ')}`
    throw new TypeError(`${place}: unknown name ${describeValue(mechanism)}; ${hint}`)
  }
  if (isScram(mechanism) && !scramCredentials) throw new TypeError(`${place}: ${mechanism} needs scramCredentials`)
  if (isBearer(mechanism) && !authenticate) throw new TypeError(`${place}: ${mechanism} needs authenticate`)
}

function checkDecoy({ key, iterations }: ScramDecoyOptions): void {
  if (key !== undefined && !(key instanceof Uint8Array && key.length >= 16))
    throw new TypeError('sasl.scramDecoy of listen, key: expected a Uint8Array of at least 16 bytes')
  if (iterations !== undefined) checkIterations(iterations)
}

function checkFrameSize(place: string, size: number | undefined): void {
  const { specified, largest } = SASL_FRAME_SIZE
  if (size === undefined || (Number.isSafeInteger(size) && size >= specified && size <= largest)) return
  throw new RangeError(
    `${place}, maxSaslFrameSize: expected a whole number from ${specified} to ${largest}, found ${describeValue(size)}`,
  )
}
