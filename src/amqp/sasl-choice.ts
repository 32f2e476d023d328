// Which of the offered mechanisms a client uses: the strongest that it has the credentials for.

import { sendsSecret, warnOfCleartext } from './cleartext-secrets.ts'
import { printable, SaslError } from './errors.ts'
import type { ClientSaslOptions } from './options.ts'
import { ANONYMOUS, anonymousClient } from './sasl-anonymous.ts'
import { BEARER_MECHANISMS, isBearer } from './sasl-bearer.ts'
import { bearerClient } from './sasl-bearer-client.ts'
import type { ClientExchange } from './sasl-exchange.ts'
import { EXTERNAL, externalClient } from './sasl-external.ts'
import { PLAIN, plainClient } from './sasl-plain.ts'
import { ScramClient } from './sasl-scram-client.ts'
import { isScram, SCRAM_MECHANISMS } from './scram.ts'

/** What a client knows of the connection that it is about to use. */
export interface ClientChannel {
  /** How the peer is called in a warning. */
  readonly host: string
  /** The virtual host that is meant. */
  readonly hostname?: string | undefined
  /** TLS has a certificate of ours. */
  readonly certificate: boolean
  /** Encrypted, or within this machine. */
  readonly confidential: boolean
}

/** Best first. */
const PREFERENCE: readonly string[] = [EXTERNAL, ...SCRAM_MECHANISMS, ...BEARER_MECHANISMS, PLAIN, ANONYMOUS]

/** The client's answer to the offered mechanisms. Throws SaslError when there is none in common. */
export function chooseExchange(
  offered: readonly string[],
  options: ClientSaslOptions,
  channel: ClientChannel,
): ClientExchange {
  const wanted = wantedMechanisms(options, channel.certificate)
  const forbidden = channel.confidential || options.allowCleartextSecrets !== false ? [] : wanted.filter(sendsSecret)
  const allowed = wanted.filter((name) => !forbidden.includes(name))
  const mechanism = allowed.find((name) => offered.includes(name))
  if (mechanism === undefined) throw noneInCommon(offered, allowed, forbidden)
  if (sendsSecret(mechanism) && !channel.confidential && options.allowCleartextSecrets === undefined)
    warnOfCleartext(`to ${channel.host}`, `SASL ${mechanism} sends a secret unencrypted to ${printable(channel.host)}`)
  return exchangeOf(mechanism, options)
}

/** With a user name or a token ANONYMOUS is never chosen unless it is named, and EXTERNAL neither. */
function wantedMechanisms(options: ClientSaslOptions, certificate: boolean): readonly string[] {
  const named = options.mechanisms?.map((name) => name.toUpperCase()) ?? []
  if (named.length > 0) return PREFERENCE.filter((name) => named.includes(name) && hasCredentials(name, options))
  if (options.token) return BEARER_MECHANISMS
  if (options.username !== undefined) return [...SCRAM_MECHANISMS, PLAIN]
  return certificate ? [EXTERNAL, ANONYMOUS] : [ANONYMOUS]
}

/** A user name alone is one with an empty password, unless there is a token for it. */
function hasCredentials(mechanism: string, { username, password, token }: ClientSaslOptions): boolean {
  if (isBearer(mechanism)) return token !== undefined
  if (isScram(mechanism)) return username !== undefined && (password !== undefined || token === undefined)
  return mechanism !== PLAIN || username !== undefined
}

function exchangeOf(mechanism: string, options: ClientSaslOptions): ClientExchange {
  if (isScram(mechanism)) return new ScramClient(mechanism, options)
  if (isBearer(mechanism) && options.token) return bearerClient(mechanism, options.token, options.username)
  if (mechanism === PLAIN) return plainClient(options)
  return mechanism === EXTERNAL ? externalClient() : anonymousClient(options)
}

function noneInCommon(offered: readonly string[], allowed: readonly string[], forbidden: readonly string[]): SaslError {
  const theirs = offered.length > 0 ? offered.map(printable).join(' ') : 'nothing'
  const ours = allowed.join(' ') || (forbidden.length > 0 ? 'nothing' : 'none that has its credentials')
  const withheld = forbidden.length > 0 ? `; ${forbidden.join(' ')} only over TLS (allowCleartextSecrets)` : ''
  return new SaslError(`no common SASL mechanism: the peer offers ${theirs}, allowed here: ${ours}${withheld}`, {
    origin: 'local',
    condition: 'amqp:unauthorized-access',
  })
}
