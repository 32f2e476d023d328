// Values of the SASL options that could never let anybody in. No value is shown that may be a secret.

import { describeValue } from '../support/describe-value.ts'
import { nearestName } from '../support/nearest-name.ts'
import type { ScramDecoyOptions, ServerSaslOptions } from './options.ts'
import { ANONYMOUS } from './sasl-anonymous.ts'
import { BEARER_MECHANISMS, isBearer } from './sasl-bearer.ts'
import { EXTERNAL } from './sasl-external.ts'
import { PLAIN } from './sasl-plain.ts'
import { isScram, SCRAM_MECHANISMS } from './scram.ts'
import { checkIterations } from './scram-credentials.ts'

const KNOWN = [...SCRAM_MECHANISMS, ...BEARER_MECHANISMS, PLAIN, EXTERNAL, ANONYMOUS]

/** Throws TypeError or RangeError. */
export function checkServerSasl(options: ServerSaslOptions): void {
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
