// EXTERNAL (RFC 4422, appendix A): TLS has shown who the client is.

import type { AuthenticationContext } from './authentication.ts'
import type { ServerSaslOptions } from './options.ts'
import { decide } from './sasl-decision.ts'
import { type ClientExchange, REFUSED, type ServerExchange, singleDecision, singleMessage } from './sasl-exchange.ts'

export const EXTERNAL = 'EXTERNAL'

export function externalClient(): ClientExchange {
  return singleMessage(EXTERNAL, Buffer.alloc(0))
}

/** `subject`: the common name of the verified TLS client certificate. Acting as somebody else is refused. */
export function externalServer(
  options: ServerSaslOptions,
  context: AuthenticationContext,
  subject: string,
): ServerExchange {
  const credentials = { mechanism: EXTERNAL, username: subject, secret: '' }
  return singleDecision((response) => {
    const actsAs = response.toString()
    if (actsAs !== '' && actsAs !== subject) return REFUSED
    return decide(options, credentials, context, 'admitted')
  })
}
