import * as type from './composite.ts'
import { composite, encodeComposite } from './composite.ts'
import * as descriptors from './descriptors.ts'
import type { Encoder } from './encoder.ts'

/** The bodies of SASL frames (specification part 5, section 5.3.3). */
export interface SaslMechanisms {
  readonly type: 'sasl-mechanisms'
  /** In the order of the server's preference. */
  readonly saslServerMechanisms: readonly string[]
}

export interface SaslInit {
  readonly type: 'sasl-init'
  readonly mechanism: string
  readonly initialResponse: Buffer | undefined
  readonly hostname: string | undefined
}

export interface SaslChallenge {
  readonly type: 'sasl-challenge'
  readonly challenge: Buffer
}

export interface SaslResponse {
  readonly type: 'sasl-response'
  readonly response: Buffer
}

/** sasl-code of the specification: 1 the credentials are wrong; 2 to 4 the server failed, 4 for now only. */
export const SASL_CODE = Object.freeze({ OK: 0, AUTH: 1, SYS: 2, SYS_PERM: 3, SYS_TEMP: 4 } as const)

export interface SaslOutcome {
  readonly type: 'sasl-outcome'
  /** See SASL_CODE. */
  readonly code: number
  readonly additionalData: Buffer | undefined
}

export type SaslPerformative = SaslMechanisms | SaslInit | SaslChallenge | SaslResponse | SaslOutcome

const MANDATORY = { mandatory: true }

const MECHANISMS = composite('sasl-mechanisms', descriptors.SASL_MECHANISMS, [
  ['sasl-server-mechanisms', type.symbols, MANDATORY],
])
const INIT = composite('sasl-init', descriptors.SASL_INIT, [
  ['mechanism', type.symbol, MANDATORY],
  ['initial-response', type.binary],
  ['hostname', type.string],
])
const CHALLENGE = composite('sasl-challenge', descriptors.SASL_CHALLENGE, [['challenge', type.binary, MANDATORY]])
const RESPONSE = composite('sasl-response', descriptors.SASL_RESPONSE, [['response', type.binary, MANDATORY]])
const OUTCOME = composite('sasl-outcome', descriptors.SASL_OUTCOME, [
  ['code', type.ubyte, MANDATORY],
  ['additional-data', type.binary],
])

export const SASL_COMPOSITES = Object.freeze([MECHANISMS, INIT, CHALLENGE, RESPONSE, OUTCOME])

export function encodeSaslMechanisms(e: Encoder, frame: { readonly saslServerMechanisms: readonly string[] }): void {
  encodeComposite(e, MECHANISMS, frame)
}

export function encodeSaslInit(
  e: Encoder,
  frame: {
    readonly mechanism: string
    readonly initialResponse?: Uint8Array | undefined
    readonly hostname?: string | undefined
  },
): void {
  encodeComposite(e, INIT, frame)
}

export function encodeSaslChallenge(e: Encoder, frame: { readonly challenge: Uint8Array }): void {
  encodeComposite(e, CHALLENGE, frame)
}

export function encodeSaslResponse(e: Encoder, frame: { readonly response: Uint8Array }): void {
  encodeComposite(e, RESPONSE, frame)
}

export function encodeSaslOutcome(
  e: Encoder,
  frame: { readonly code: number; readonly additionalData?: Uint8Array | undefined },
): void {
  encodeComposite(e, OUTCOME, frame)
}
