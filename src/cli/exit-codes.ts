/** The exit statuses of `omsg`. Other tools rely on them. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The command line asks for what cannot be: nothing was sent. Ends with exit status 2 and the message as plain text. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'USAGE'
}
