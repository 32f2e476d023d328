// SASL on both sides as small state machines without I/O (AMQP 1.0 part 5, 5.3): frames in, frames out, a result.
// Mechanisms: ANONYMOUS (RFC 4505), PLAIN (RFC 4616), EXTERNAL (RFC 4422 appendix A).

import type { SaslInit, SaslOutcome } from '../codec/sasl-frames.ts'
import { printable, SaslError } from './errors.ts'
import type { ClientSaslOptions, ServerSaslOptions } from './options.ts'

const OUTCOMES = ['ok', 'authentication failed', 'system error', 'permanent system error', 'temporary system error']

/** The sasl-code of a SaslOutcome (part 5, 5.3.3.6). */
export const SASL_OK = 0
export const SASL_AUTH = 1
export const SASL_SYS_TEMP = 4

/** Which mechanisms the client would use, best first. With a user name ANONYMOUS is never chosen unless it is named. */
function acceptable(options: ClientSaslOptions): string[] {
  const named = options.mechanisms?.map((name) => name.toUpperCase())
  const known = options.username === undefined ? ['ANONYMOUS'] : ['PLAIN']
  if (!named || named.length === 0) return known
  return ['EXTERNAL', 'PLAIN', 'ANONYMOUS'].filter((name) => {
    return named.includes(name) && (name !== 'PLAIN' || options.username !== undefined)
  })
}

/** The client's answer to the offered mechanisms. Throws SaslError when there is none in common. */
export function chooseMechanism(offered: readonly string[], options: ClientSaslOptions): SaslInit {
  const wanted = acceptable(options)
  const mechanism = wanted.find((name) => offered.includes(name))
  if (mechanism === undefined) {
    const theirs = offered.length > 0 ? offered.map(printable).join(' ') : 'nothing'
    throw new SaslError(
      `no common SASL mechanism: the peer offers ${theirs}, allowed here: ${wanted.join(' ') || 'none that has its credentials'}`,
      { origin: 'local', condition: 'amqp:unauthorized-access' },
    )
  }
  return { type: 'sasl-init', mechanism, initialResponse: initialResponse(mechanism, options), hostname: undefined }
}

function initialResponse(mechanism: string, { username = '', password = '' }: ClientSaslOptions): Buffer {
  switch (mechanism) {
    case 'PLAIN':
      return Buffer.from(`\0${username}\0${password}`)
    case 'ANONYMOUS':
      return Buffer.from(username || 'anonymous')
    default:
      return Buffer.alloc(0)
  }
}

/** Throws SaslError unless the outcome lets the client in. */
export function checkOutcome(outcome: SaslOutcome, mechanism: string): void {
  if (outcome.code === SASL_OK) return
  const reason = OUTCOMES[outcome.code] ?? `outcome ${outcome.code}`
  throw new SaslError(`the peer refused the credentials (SASL ${mechanism}: ${reason})`, {
    origin: 'remote',
    condition: 'amqp:unauthorized-access',
  })
}

export function offeredMechanisms(options: ServerSaslOptions): readonly string[] {
  return options.mechanisms ?? (options.authenticate ? ['PLAIN'] : ['ANONYMOUS'])
}

export interface Identity {
  readonly mechanism: string
  readonly username: string | undefined
}

/** Who the client is, or undefined when it may not come in. Never rejects: an authenticator that fails lets nobody in. */
export async function authenticate(init: SaslInit, options: ServerSaslOptions): Promise<Identity | undefined> {
  if (!offeredMechanisms(options).includes(init.mechanism)) return undefined
  const response = init.initialResponse ?? Buffer.alloc(0)
  let username: string | undefined
  let password = ''
  if (init.mechanism === 'PLAIN') {
    const parts = Buffer.from(response).toString('utf8').split('\0')
    if (parts.length !== 3) return undefined
    username = parts[1] as string
    password = parts[2] as string
  }
  if (init.mechanism !== 'ANONYMOUS' && !options.authenticate) return undefined
  try {
    if (options.authenticate && !(await options.authenticate(init.mechanism, username ?? '', password)))
      return undefined
  } catch {
    return undefined
  }
  return { mechanism: init.mechanism, username }
}
