// How the application of a listener says who may come in.

import type { ScramMechanism } from './scram.ts'
import type { ScramCredentials } from './scram-credentials.ts'

/** Of whom a callback is asked. */
export interface AuthenticationContext {
  /** The virtual host that the peer means (sasl-init.hostname). Text from the network. */
  readonly hostname: string | undefined
  /** Address and port of the peer. */
  readonly remoteAddress: string
}

/** Lets the peer in by that name instead of the one that it gave, e.g. by the subject of its token. */
export interface AdmittedAs {
  readonly admittedAs: string
}

/** Lets the peer not in; OAUTHBEARER and XOAUTH2 tell it why (RFC 7628, section 3.2.2). */
export interface RefusedWith {
  /** `invalid_token`, which `false` means too, or `insufficient_scope`. */
  readonly status: string
  /** What the token would have to be good for. */
  readonly scope?: string | undefined
  /** Where the issuer of good tokens is described. */
  readonly openidConfiguration?: string | undefined
}

/** Lets nobody in now: the peer hears that it may try again (sasl-code sys-temp). */
export interface TryLater {
  readonly tryLater: true
}

/** True, or a name: in. False, or a reason: not. */
export type AuthenticationDecision = boolean | AdmittedAs | RefusedWith | TryLater

/**
 * Decides who may come in. Called with the mechanism, for PLAIN with user name and password, for OAUTHBEARER and XOAUTH2 with
 * the token, and the user name that the peer says it is for, which may be empty and is nobody's word but the peer's, and for
 * EXTERNAL with the subject's common name of a TLS client certificate that was verified. SCRAM does not ask it.
 */
export type Authenticate = (
  mechanism: string,
  username: string,
  password: string,
  context: AuthenticationContext,
) => AuthenticationDecision | Promise<AuthenticationDecision>

/** What is kept of a user's password for that mechanism, as `makeScramCredentials` made it; undefined: there is no such user. */
export type ScramLookup = (
  mechanism: ScramMechanism,
  username: string,
  context: AuthenticationContext,
) => ScramCredentials | undefined | Promise<ScramCredentials | undefined>
