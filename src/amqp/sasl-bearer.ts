// The messages of OAUTHBEARER (RFC 7628) and XOAUTH2 (Google's forerunner of it), for both sides.

import { isUtf8 } from 'node:buffer'
import type { RefusedWith } from './authentication.ts'
import { printable } from './errors.ts'
import { readGs2Header, toSaslName } from './gs2-header.ts'
import { saslFault } from './sasl-exchange.ts'

export type BearerMechanism = 'OAUTHBEARER' | 'XOAUTH2'

/** In the order in which a client prefers them. */
export const BEARER_MECHANISMS: readonly BearerMechanism[] = ['OAUTHBEARER', 'XOAUTH2']

export const isBearer = (mechanism: string): mechanism is BearerMechanism =>
  mechanism === 'OAUTHBEARER' || mechanism === 'XOAUTH2'

/** `username`: whom the token is meant for; the server may take it from the token instead. */
export function bearerMessage(mechanism: BearerMechanism, username: string, token: string): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ^A ends a field
  if (/[\u0000\u0001]/.test(username)) throw saslFault(mechanism, 'a user name with NUL or ^A cannot be sent')
  // Visible ASCII, which is more than the `b64token` of RFC 6750, section 2.1: nothing that could end the field.
  if (!/^[!-~]+$/.test(token)) throw saslFault(mechanism, 'the token is empty, or has characters that no token has')
  const actsAs = username === '' ? '' : `a=${toSaslName(username)}`
  const begin = mechanism === 'OAUTHBEARER' ? `n,${actsAs},` : `user=${username}`
  return Buffer.from(`${begin}\u0001auth=Bearer ${token}\u0001\u0001`)
}

export interface BearerCredentials {
  /** Empty: the token alone says who it is. */
  readonly username: string
  readonly token: string
}

/** Undefined: the message is not what its mechanism says. */
export function readBearerMessage(mechanism: BearerMechanism, message: Buffer): BearerCredentials | undefined {
  if (!isUtf8(message)) return undefined
  const [begin = '', ...fields] = message.toString().split('\u0001')
  // Each field ends with ^A, and so does the list of them.
  if (fields.pop() !== '' || fields.pop() !== '') return undefined
  const username = mechanism === 'OAUTHBEARER' ? nameInHeader(begin) : nameInField(begin)
  const authorizations = fields.filter((field) => field.startsWith('auth='))
  const token = /^auth=bearer +([!-~]+)$/i.exec(authorizations[0] ?? '')?.[1]
  if (username === undefined || token === undefined || authorizations.length > 1) return undefined
  return fields.every((field) => /^[A-Za-z]+=/.test(field)) ? { username, token } : undefined
}

function nameInHeader(begin: string): string | undefined {
  const header = readGs2Header(begin)
  return header?.text === begin ? (header.actsAs ?? '') : undefined
}

const nameInField = (begin: string): string | undefined => /^user=([^\0]*)$/.exec(begin)?.[1]

/** So that it fits the specification's frame (part 5, 5.3.1) with what is around it. */
const MAX_ERROR = 400

/** Why a token is not taken (RFC 7628, section 3.2.2). What would not fit is left out. */
export function bearerErrorMessage(mechanism: BearerMechanism, refusal: RefusedWith): Buffer {
  const { status, scope, openidConfiguration } = refusal
  const schemes = mechanism === 'XOAUTH2' ? { schemes: 'bearer' } : {}
  const all = { status, ...schemes, scope, 'openid-configuration': openidConfiguration }
  for (const fields of [all, { status, ...schemes, scope }, { status, ...schemes }]) {
    const message = Buffer.from(JSON.stringify(fields))
    if (message.length <= MAX_ERROR) return message
  }
  return Buffer.from(JSON.stringify({ status: 'invalid_token', ...schemes }))
}

/** The same as read by a client, fit for printing. `secret` is left out of it. */
export function describeBearerError(message: Buffer, secret: string): string {
  const fields = parseObject(message.toString()) ?? parseObject(Buffer.from(message.toString(), 'base64').toString())
  const told = ['status', 'scope', 'openid-configuration'].flatMap((name) => {
    const value = fields?.[name]
    return typeof value === 'string' ? [`${name} "${printable(value.replaceAll(secret, '***'))}"`] : []
  })
  return told.length > 0 ? told.join(', ') : 'an error that cannot be read'
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
