// An error as the JSON object that `omsg` prints on stderr.

import { RemoteError } from '../messaging/remote-errors.ts'

/** `class`, `module`, `remoteMessage` and `traceback` (where the server sends it) are there when the other side raised the error. */
export interface ErrorDescription {
  readonly code: string
  readonly message: string
  readonly [fact: string]: unknown
}

// How deep a chain of causes is followed: enough for application, driver, link, connection, socket.
const MAX_CAUSES = 5

// Facts about an error that tell a program more than its message does. Only these are copied: an error may hold anything.
const FACTS = ['inDoubt', 'condition', 'syscall', 'address', 'port'] as const

/** `{code, message}`, what the other side raised, and why, as far as the error says. */
export function describeError(error: unknown): ErrorDescription {
  return describe(error, MAX_CAUSES)
}

function describe(error: unknown, depth: number): ErrorDescription {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: String(error) }
  const fields = error as Error & Readonly<Record<string, unknown>>
  const description: Record<string, unknown> & ErrorDescription = { code: codeOf(error), message: messageOf(error) }
  for (const fact of FACTS) {
    const value = fields[fact]
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') description[fact] = value
  }
  if (error instanceof RemoteError) Object.assign(description, remoteFacts(error))
  if (error.cause instanceof Error && depth > 0) description.cause = describe(error.cause, depth - 1)
  return description
}

function remoteFacts(error: RemoteError): Readonly<Record<string, unknown>> {
  const facts = { class: error.excType, module: error.module, remoteMessage: error.value }
  return error.traceback.length === 0 ? facts : { ...facts, traceback: error.traceback }
}

function codeOf(error: Error): string {
  const code: unknown = (error as { code?: unknown }).code
  return typeof code === 'string' ? code : error.name
}

/** Node gives the failure of several addresses (::1 and 127.0.0.1) as one error without a message. */
function messageOf(error: Error): string {
  if (error.message || !(error instanceof AggregateError)) return error.message
  return error.errors.map((inner: unknown) => (inner instanceof Error ? inner.message : String(inner))).join('; ')
}
