import type { TokenSource } from './options.ts'
import { type BearerMechanism, bearerMessage } from './sasl-bearer.ts'
import type { ClientExchange } from './sasl-exchange.ts'
import { TokenClient } from './sasl-token-client.ts'

/** What is said to the error of a server, so that it can end the exchange (RFC 7628, section 3.2.3). */
const ANSWER_TO_ERROR = { OAUTHBEARER: Buffer.of(1), XOAUTH2: Buffer.alloc(0) }

export function bearerClient(mechanism: BearerMechanism, source: TokenSource, username = ''): ClientExchange {
  const message = (token: string): Buffer => bearerMessage(mechanism, username, token)
  return new TokenClient(mechanism, source, message, ANSWER_TO_ERROR[mechanism])
}
