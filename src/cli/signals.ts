// How a command is told to stop: SIGTERM, SIGINT, or nobody reading its output any more.

import { EXIT } from './exit-codes.ts'

// A drain that takes longer was given up on: whoever sent the signal (an init system, a person) does not wait for ever.
const DRAIN_LIMIT_MS = 30_000

/** The part of `process` that is needed here. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: NodeJS.Signals) => void): unknown
  exit(code: number): void
}

/** Why a command that waits for one answer gave up. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly code = 'INTERRUPTED'
}

/**
 * Aborts the controller at the first signal, so that the command drains and ends with 0; ends the process with 1 at the
 * second signal, or when draining takes longer than 30 s.
 */
export function stopOnSignals(source: SignalSource, controller: AbortController): void {
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      source.exit(EXIT.failed)
      return
    }
    controller.abort(new InterruptedError(`stopped by ${signal} before the operation had ended`))
    setTimeout(() => source.exit(EXIT.failed), DRAIN_LIMIT_MS).unref()
  }
  source.on('SIGTERM', stop)
  source.on('SIGINT', stop)
}

/** Resolves when the signal is aborted, at once if it is already. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
