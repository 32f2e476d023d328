// The one clock of the library: what time it is, and who is called when. All else asks here, so that tests can put another one
// in its place (door `oslo-messaging/testing`).

import { DeadlineWheel } from './deadline-wheel.ts'

/** Something that happens again and again until it is stopped. */
export interface Recurrence {
  stop(): void
}

export interface Clock {
  /** Milliseconds; never jumps. */
  readonly now: () => number
  /** Deadlines of this clock. */
  readonly wheel: DeadlineWheel
  /** Calls `run` every `ms` milliseconds. Does not keep the process alive. */
  readonly every: (ms: number, run: () => void) => Recurrence
}

const TICK_MS = 10

// One for the process, as Node's own timers are: it holds no configuration, and nothing but what is pending.
export const REAL_CLOCK: Clock = Object.freeze({
  now: () => performance.now(),
  wheel: new DeadlineWheel({
    tickMs: TICK_MS,
    now: () => performance.now(),
    after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms)
      return { stop: () => clearTimeout(timer) }
    },
  }),
  every: (ms: number, run: () => void) => {
    const timer = setInterval(run, ms).unref()
    return { stop: () => clearInterval(timer) }
  },
})

/** The clock that holds now. */
export const timepiece: { clock: Clock } = { clock: REAL_CLOCK }
