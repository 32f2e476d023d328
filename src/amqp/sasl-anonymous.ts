// ANONYMOUS (RFC 4505): a trace at most, which nobody believes.

import type { AuthenticationContext } from './authentication.ts'
import type { ClientSaslOptions, ServerSaslOptions } from './options.ts'
import { decide } from './sasl-decision.ts'
import { type ClientExchange, type ServerExchange, singleDecision, singleMessage } from './sasl-exchange.ts'

export const ANONYMOUS = 'ANONYMOUS'

export function anonymousClient({ username }: ClientSaslOptions): ClientExchange {
  return singleMessage(ANONYMOUS, Buffer.from(username || 'anonymous'))
}

export function anonymousServer(options: ServerSaslOptions, context: AuthenticationContext): ServerExchange {
  const credentials = { mechanism: ANONYMOUS, username: undefined, secret: '' }
  return singleDecision(() => decide(options, credentials, context, 'admitted'))
}
