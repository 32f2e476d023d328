// One try of something, with a deadline, and what came of it.

import { type Deadline, monotonicMs, startDeadline } from '../support/deadline.ts'
import type { Area, Finding } from './diagnosis.ts'

/** Of a check that did not go well, and that is no fault of the peer's. */
export interface Note {
  readonly note: string
}

/** What is said of a check; undefined: it went well, and how long it took. */
export type Said = string | Note | undefined

/** Never rejects: what is thrown becomes the finding. */
export async function attempt(
  area: Area,
  check: string,
  withinMs: number,
  work: () => Promise<Said>,
): Promise<Finding> {
  const began = monotonicMs()
  try {
    const said = await within(withinMs, work)
    if (typeof said === 'object') return { area, check, state: 'note', said: said.note }
    return { area, check, state: 'ok', said: said ?? `${Math.round(monotonicMs() - began)} ms` }
  } catch (error) {
    return { area, check, state: 'no', said: reasonOf(error) }
  }
}

/** Each step of a check has a deadline of its own; this one is for what none of them thought of. */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let deadline: Deadline | undefined
  const expired = new Promise<never>((_, reject) => {
    deadline = startDeadline(ms, () => reject(new Error(`it did not end within ${ms} ms`)))
  })
  try {
    return await Promise.race([work(), expired])
  } finally {
    deadline?.cancel()
  }
}

/** What an error says, with its code. */
export function reasonOf(error: unknown): string {
  const { code, message = String(error) } = error as { code?: unknown; message?: string }
  return typeof code === 'string' ? `${code}: ${message}` : message
}
