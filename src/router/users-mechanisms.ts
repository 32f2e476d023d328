// Which SASL mechanisms a router with a users file offers, and what may be said of them beside it.

import type { ListenOptions, ServerSaslOptions } from '../amqp/index.ts'
import { RouterOptionsError } from './errors.ts'
import { USER_SCRAM } from './user.ts'

/** What says who may come in, as the users file does. */
const REPLACED = ['authenticate', 'scramCredentials', 'scramDecoy'] as const

/** All that fit, unless `sasl.mechanisms` names fewer. @throws RouterOptionsError */
export function saslBesideUsers({ sasl = {}, tls }: Pick<ListenOptions, 'sasl' | 'tls'>): ServerSaslOptions {
  for (const name of REPLACED)
    if (sasl[name] !== undefined)
      throw new RouterOptionsError(`sasl.${name}: stands beside users: one of them says who may come in`)
  if (sasl.required === false)
    throw new RouterOptionsError('sasl.required: expected true beside users: everybody has to be one of them')
  return { ...sasl, mechanisms: mechanismsOf(sasl.mechanisms, tls?.requestCert === true), required: true }
}

/** PLAIN is offered only where TLS or the loopback protects the password: the listener sees to that. */
function mechanismsOf(named: readonly string[] | undefined, certificates: boolean): readonly string[] {
  const possible = [...(certificates ? ['EXTERNAL'] : []), ...USER_SCRAM, 'PLAIN']
  if (named === undefined) return possible
  if (named.length === 0) throw new RouterOptionsError('sasl.mechanisms: expected at least one beside users')
  for (const mechanism of named) {
    if (possible.includes(mechanism)) continue
    const hint = mechanism === 'EXTERNAL' ? 'EXTERNAL needs tls with requestCert' : `"${mechanism}" is not among them`
    throw new RouterOptionsError(`sasl.mechanisms: expected some of ${possible.join(', ')} beside users; ${hint}`)
  }
  return possible.filter((mechanism) => named.includes(mechanism))
}
