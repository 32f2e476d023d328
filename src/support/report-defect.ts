import { channel } from 'node:diagnostics_channel'

const defects = channel('oslo-messaging:defect')

/**
 * `oslo-messaging:defect`: a function of the application threw, or rejected, where nobody can take the error. Without a
 * subscriber it becomes a process warning named `OsloMessagingDefect`.
 */
export interface Defect {
  /** Which function it was, as `onDelivery of receiver from "queue"`. */
  readonly where: string
  /** What it threw. */
  readonly error: unknown
}

/**
 * A function that the application gave us threw where nobody can take the error. It must neither end the process nor vanish:
 * it goes to the subscribers of `oslo-messaging:defect`, or, if there are none, becomes a process warning.
 */
export function reportDefect(where: string, error: unknown): void {
  if (defects.hasSubscribers) {
    defects.publish({ where, error } satisfies Defect)
    return
  }
  const warning = new Error(`${where} threw: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  })
  warning.name = 'OsloMessagingDefect'
  process.emitWarning(warning)
}
