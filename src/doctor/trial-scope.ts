// What every trial is made with.

import type { Transport } from '../index.ts'
import type { Run } from './run.ts'

export interface TrialScope {
  /** Two, so that what one sends the other has to get over the bus. */
  readonly near: Transport
  readonly far: Transport
  /** Milliseconds for each step. */
  readonly timeoutMs: number
  readonly run: Run
}

/** What it rejects with; undefined: it resolves. */
export const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )
