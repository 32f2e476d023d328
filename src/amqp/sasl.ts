// SASL on both sides as small state machines without I/O (AMQP 1.0 part 5, 5.3): frames in, frames out, a result.
// Mechanisms: ANONYMOUS (RFC 4505), PLAIN (RFC 4616), EXTERNAL (RFC 4422 appendix A).

import type { SaslInit, SaslOutcome } from '../codec/sasl-frames.ts'
import { reportDefect } from '../support/report-defect.ts'
import { ConnectionError, printable, SaslError } from './errors.ts'
import type { ClientSaslOptions, ServerSaslOptions } from './options.ts'

const OUTCOMES = ['ok', 'authentication failed', 'system error', 'permanent system error', 'temporary system error']

/** The sasl-code of a SaslOutcome (part 5, 5.3.3.6). */
export const SASL_OK = 0
export const SASL_AUTH = 1
export const SASL_SYS = 2
export const SASL_SYS_TEMP = 4

/** Which mechanisms the client would use, best first. With a user name ANONYMOUS is never chosen unless it is named. */
function acceptable(options: ClientSaslOptions, certificate: boolean): string[] {
  const named = options.mechanisms?.map((name) => name.toUpperCase())
  if (!named || named.length === 0) {
    if (options.username !== undefined) return ['PLAIN']
    return certificate ? ['EXTERNAL', 'ANONYMOUS'] : ['ANONYMOUS']
  }
  return ['EXTERNAL', 'PLAIN', 'ANONYMOUS'].filter((name) => {
    return named.includes(name) && (name !== 'PLAIN' || options.username !== undefined)
  })
}

/** The client's answer to the offered mechanisms; `certificate`: TLS has one of ours. Throws SaslError when there is none in common. */
export function chooseMechanism(offered: readonly string[], options: ClientSaslOptions, certificate = false): SaslInit {
  const wanted = acceptable(options, certificate)
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
      if (username.includes('\0') || password.includes('\0'))
        throw new SaslError('SASL PLAIN: a user name or password with a NUL character cannot be sent', {
          origin: 'local',
        })
      return Buffer.from(`\0${username}\0${password}`)
    case 'ANONYMOUS':
      return Buffer.from(username || 'anonymous')
    default:
      return Buffer.alloc(0)
  }
}

/** Throws unless the outcome lets the client in: SaslError when it is refused, ConnectionError when the peer could not tell. */
export function checkOutcome(outcome: SaslOutcome, mechanism: string): void {
  if (outcome.code === SASL_OK) return
  const reason = OUTCOMES[outcome.code] ?? `outcome ${outcome.code}`
  if (outcome.code === SASL_SYS || outcome.code === SASL_SYS_TEMP) {
    // Nothing is wrong with the credentials: another attempt may do.
    throw new ConnectionError(`the peer could not check the credentials (SASL ${mechanism}: ${reason})`, {
      origin: 'remote',
    })
  }
  throw new SaslError(`the peer refused the credentials (SASL ${mechanism}: ${reason})`, {
    origin: 'remote',
    condition: 'amqp:unauthorized-access',
  })
}

/** `subject`: the common name that a verified TLS client certificate has. Without it there is nothing for EXTERNAL to stand on. */
export function offeredMechanisms(options: ServerSaslOptions, subject?: string): readonly string[] {
  const offered = options.mechanisms ?? (options.authenticate ? ['PLAIN'] : ['ANONYMOUS'])
  return subject === undefined ? offered.filter((mechanism) => mechanism !== 'EXTERNAL') : offered
}

export interface Identity {
  readonly mechanism: string
  readonly username: string | undefined
}

/** What the server says to a client. */
export interface Admission {
  /** The sasl-code. */
  readonly code: number
  /** Present when the code is SASL_OK. */
  readonly identity: Identity | undefined
}

const REFUSED: Admission = Object.freeze({ code: SASL_AUTH, identity: undefined })
const FAILED: Admission = Object.freeze({ code: SASL_SYS_TEMP, identity: undefined })

/**
 * Decides whether the client comes in; at once unless the authenticator takes its time. Never throws or rejects: an
 * authenticator that fails lets nobody in, is reported, and the client hears that it may try again.
 */
export function authenticate(
  init: SaslInit,
  options: ServerSaslOptions,
  subject?: string,
): Admission | Promise<Admission> {
  const { mechanism } = init
  if (!offeredMechanisms(options, subject).includes(mechanism)) return REFUSED
  const credentials = credentialsOf(init, subject)
  if (!credentials) return REFUSED
  const admitted: Admission = { code: SASL_OK, identity: { mechanism, username: credentials.username } }
  if (!options.authenticate) return mechanism === 'PLAIN' ? REFUSED : admitted
  try {
    const decision = options.authenticate(mechanism, credentials.username ?? '', credentials.password)
    if (typeof decision === 'boolean') return decision ? admitted : REFUSED
    return decision.then((ok) => (ok === true ? admitted : REFUSED), authenticatorFailed)
  } catch (error) {
    return authenticatorFailed(error)
  }
}

function authenticatorFailed(error: unknown): Admission {
  reportDefect('authenticate', error)
  return FAILED
}

/** Undefined: the response is not what its mechanism says (RFC 4616 for PLAIN, RFC 4422 for EXTERNAL), or it asks to act for somebody else. */
function credentialsOf(
  init: SaslInit,
  subject: string | undefined,
): { username: string | undefined; password: string } | undefined {
  if (init.mechanism === 'ANONYMOUS') return { username: undefined, password: '' }
  const response = (init.initialResponse ?? NOTHING).toString('utf8')
  if (init.mechanism === 'EXTERNAL')
    return response === '' || response === subject ? { username: subject, password: '' } : undefined
  if (init.mechanism !== 'PLAIN') return undefined
  const [authorizeAs, username, password, ...rest] = response.split('\0')
  if (!username || password === undefined || rest.length > 0) return undefined
  return authorizeAs === '' || authorizeAs === username ? { username, password } : undefined
}

const NOTHING = Buffer.alloc(0)
