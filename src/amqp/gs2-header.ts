// What SCRAM and OAUTHBEARER messages begin with (RFC 5801, section 4): whether the exchange is bound to its TLS channel,
// which nobody offers here, and whom the client wants to act as.

export interface Gs2Header {
  /** As it was sent, with its last comma. */
  readonly text: string
  readonly actsAs: string | undefined
}

const HEADER = /^[ny],(?:a=([^,]*))?,/

/** Undefined: it is none, or asks for channel binding. */
export function readGs2Header(message: string): Gs2Header | undefined {
  const found = HEADER.exec(message)
  if (!found) return undefined
  const actsAs = found[1] === undefined ? undefined : fromSaslName(found[1])
  if (found[1] !== undefined && !actsAs) return undefined
  return { text: found[0], actsAs }
}

/** Comma and equals sign have a meaning of their own (RFC 5802, section 5.1, `saslname`). */
export function toSaslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

/** Undefined: an equals sign that stands for nothing. */
export function fromSaslName(text: string): string | undefined {
  if (/=(?!2C|3D)|\0/.test(text)) return undefined
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
