import { printable } from './errors.ts'

/** The close codes that are used here (RFC 6455, 7.4.1). */
export const CLOSE_CODE = Object.freeze({ normal: 1000, unsupportedData: 1003, tooLarge: 1009 })

/** RFC 6455, 7.4.1, and what IANA has added since. */
const MEANINGS: Readonly<Record<number, string>> = {
  1000: 'normal closure',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1007: 'invalid data',
  1008: 'policy violation',
  1009: 'message too large',
  1010: 'extension missing',
  1011: 'internal error',
  1012: 'service restart',
  1013: 'try again later',
  1014: 'bad gateway',
}

/** No close frame came at all: as when a TCP socket just ends. */
const ABNORMAL = 1006
const WITHOUT_CODE = 1005

/** Why the peer closed the WebSocket; undefined when it gave no reason, which is no more than the end of a TCP socket is. */
export function closeError(code: number, reason: string): Error | undefined {
  if (code === ABNORMAL || code === WITHOUT_CODE || (code === CLOSE_CODE.normal && reason === '')) return undefined
  const meaning = MEANINGS[code]
  const said = reason === '' ? '' : `, "${printable(reason)}"`
  return new Error(`the peer closed the WebSocket with code ${code}${meaning ? ` (${meaning})` : ''}${said}`)
}
