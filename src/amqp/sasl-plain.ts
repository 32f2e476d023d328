// PLAIN (RFC 4616): user name and password as they are. Where the client has a token, that is sent in the place of the password,
// as RabbitMQ takes the tokens of OAuth 2.

import { isUtf8 } from 'node:buffer'
import type { AuthenticationContext } from './authentication.ts'
import type { ClientSaslOptions, ServerSaslOptions } from './options.ts'
import { decide } from './sasl-decision.ts'
import {
  type ClientExchange,
  REFUSED,
  type ServerExchange,
  saslFault,
  singleDecision,
  singleMessage,
} from './sasl-exchange.ts'
import { TokenClient } from './sasl-token-client.ts'

export const PLAIN = 'PLAIN'

export function plainClient({ username = '', password = '', token }: ClientSaslOptions): ClientExchange {
  if (token) return new TokenClient(PLAIN, token, (secret) => plainMessage(username, secret), undefined)
  return singleMessage(PLAIN, plainMessage(username, password))
}

function plainMessage(username: string, secret: string): Buffer {
  if (username.includes('\0') || secret.includes('\0'))
    throw saslFault(PLAIN, 'a user name or password with a NUL character cannot be sent')
  return Buffer.from(`\0${username}\0${secret}`)
}

/** Acting as somebody else is refused. */
export function plainServer(options: ServerSaslOptions, context: AuthenticationContext): ServerExchange {
  return singleDecision((response) => {
    if (!isUtf8(response)) return REFUSED
    const [actsAs, username, secret, ...rest] = response.toString().split('\0')
    if (!username || secret === undefined || rest.length > 0) return REFUSED
    if (actsAs !== '' && actsAs !== username) return REFUSED
    return decide(options, { mechanism: PLAIN, username, secret }, context, 'refused')
  })
}
