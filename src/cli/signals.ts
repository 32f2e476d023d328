// How a command is told to stop: SIGTERM, SIGINT, or nobody reading its output any more.

import { EXIT } from './exit-codes.ts'

// A drain that takes longer was given up on: whoever sent the signal (an init system, a person) does not wait for ever.
const DRAIN_LIMIT_MS = 30_000

// How long a request on its way may still come to its end. Whoever presses Ctrl-C waits for it.
const REQUEST_GRACE_MS = 2000

// A terminal and npm (`npx omsg …`) both pass one Ctrl-C on: what comes so soon after the first is the same wish.
const SAME_SIGNAL_MS = 1000

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

/** The wish that the command come to its end, in its two steps. */
export class Interruption {
  readonly #stop = new AbortController()
  readonly #giveUp = new AbortController()

  /** Aborted at once: whatever runs until it is stopped drains now. */
  get stop(): AbortSignal {
    return this.#stop.signal
  }

  /** Aborted two seconds later, with an InterruptedError: a request that is still on its way is given up. */
  get giveUp(): AbortSignal {
    return this.#giveUp.signal
  }

  /** The first call decides. `why` goes into the error of a request that is given up. */
  begin(why: string): void {
    if (this.#stop.signal.aborted) return
    const reason = new InterruptedError(`${why} before the operation had ended`)
    // Not what keeps the process alive: a request that is still on its way does.
    setTimeout(() => this.#giveUp.abort(reason), REQUEST_GRACE_MS).unref()
    this.#stop.abort()
  }
}

/**
 * The first signal begins the interruption, so that the command drains and ends with 0. The process ends with 1 at a later
 * signal, or when draining takes longer than 30 s.
 */
export function stopOnSignals(
  source: SignalSource,
  interruption: Interruption,
  nowMs: () => number = () => performance.now(),
): void {
  let firstAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstAt !== undefined) {
      if (nowMs() - firstAt >= SAME_SIGNAL_MS) source.exit(EXIT.failed)
      return
    }
    firstAt = nowMs()
    setTimeout(() => source.exit(EXIT.failed), DRAIN_LIMIT_MS).unref()
    interruption.begin(`stopped by ${signal}`)
  }
  source.on('SIGTERM', onSignal)
  source.on('SIGINT', onSignal)
}

/** Resolves when the signal is aborted, at once if it is already. Keeps the process alive until then. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    // A server on memory:// has no socket that would keep the process alive.
    const alive = setInterval(() => {}, 0x7fffffff)
    const onAbort = (): void => {
      clearInterval(alive)
      resolve()
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
