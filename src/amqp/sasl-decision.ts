// Asks the application who may come in. Never throws or rejects: an authenticator that fails lets nobody in, is reported,
// and the client hears that it may try again.

import { SASL_CODE } from '../codec/sasl-frames.ts'
import { reportDefect } from '../support/report-defect.ts'
import type { AuthenticationContext, AuthenticationDecision } from './authentication.ts'
import type { ServerSaslOptions } from './options.ts'
import { type Admission, FAILED, REFUSED, type Soon } from './sasl-exchange.ts'

/** What a client has said of itself, by its mechanism's form. */
export interface Credentials {
  readonly mechanism: string
  readonly username: string | undefined
  /** The password or the token. */
  readonly secret: string
}

/** `unasked`: what becomes of the client where nobody is there to decide. */
export function decide(
  { authenticate }: ServerSaslOptions,
  credentials: Credentials,
  context: AuthenticationContext,
  unasked: 'admitted' | 'refused',
): Soon<Admission> {
  const { mechanism, username, secret } = credentials
  if (!authenticate) return unasked === 'admitted' ? admit(mechanism, username) : refuse(mechanism, username)
  try {
    const decision = authenticate(mechanism, username ?? '', secret, context)
    if (!isThenable(decision)) return admissionOf(decision, credentials)
    return Promise.resolve(decision).then((decided) => admissionOf(decided, credentials), failed)
  } catch (error) {
    return failed(error)
  }
}

export function admit(mechanism: string, username: string | undefined): Admission {
  return { code: SASL_CODE.OK, identity: { mechanism, username } }
}

export function refuse(mechanism: string, username: string | undefined): Admission {
  return { ...REFUSED, claimed: { mechanism, username } }
}

function admissionOf(decision: AuthenticationDecision, { mechanism, username }: Credentials): Admission {
  if (decision === true) return admit(mechanism, username)
  if (decision === false) return refuse(mechanism, username)
  if (typeof decision === 'object' && decision !== null) {
    if ('admittedAs' in decision && typeof decision.admittedAs === 'string')
      return admit(mechanism, decision.admittedAs)
    if ('tryLater' in decision && decision.tryLater === true) return { ...FAILED, claimed: { mechanism, username } }
    if ('status' in decision && typeof decision.status === 'string')
      return { ...refuse(mechanism, username), refusal: decision }
  }
  return failed(
    new TypeError(`expected true, false, { admittedAs }, { status } or { tryLater }, not a ${typeof decision}`),
  )
}

function failed(error: unknown): Admission {
  reportDefect('authenticate', error)
  return FAILED
}

const isThenable = (value: unknown): value is PromiseLike<AuthenticationDecision> =>
  typeof value === 'object' && value !== null && 'then' in value
