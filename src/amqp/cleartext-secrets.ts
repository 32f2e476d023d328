// Secrets that a mechanism sends as they are, over a connection that others may read.

import { isBearer } from './sasl-bearer.ts'
import { PLAIN } from './sasl-plain.ts'

/** Whether who reads the connection has the password or the token. */
export const sendsSecret = (mechanism: string): boolean => mechanism === PLAIN || isBearer(mechanism)

/** More than anybody reads; and no reason to keep more. */
const MAX_WARNINGS = 1_000

// One for the process, as its warnings are: a client that comes back again and again says it once.
const warned = new Set<string>()

/** Once for each `where`. Neither may hold a secret. */
export function warnOfCleartext(where: string, what: string): void {
  if (warned.has(where) || warned.size >= MAX_WARNINGS) return
  warned.add(where)
  process.emitWarning(`${what}: use TLS, or set allowCleartextSecrets`, 'OsloMessagingSecurity')
}
