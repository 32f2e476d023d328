import { reportDefect } from './report-defect.ts'

/**
 * Calls a function of the application where nobody could take what it throws: that is reported, and so is the rejection of an
 * asynchronous function.
 */
export function guarded(where: string, run: () => unknown): void {
  try {
    const result = run()
    if (result instanceof Promise) void watchRejection(where, result)
  } catch (error) {
    reportDefect(where, error)
  }
}

/** For callers that call the function themselves, without a closure for it. */
export async function watchRejection(where: string, result: Promise<unknown>): Promise<void> {
  try {
    await result
  } catch (error) {
    reportDefect(where, error)
  }
}
