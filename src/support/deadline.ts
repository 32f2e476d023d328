// Deadlines on the clock of the library.

import { REAL_CLOCK, timepiece } from './clock.ts'
import { Deadline } from './deadline-wheel.ts'

export { Deadline } from './deadline-wheel.ts'

/** Milliseconds on a clock that never jumps. */
export const monotonicMs = (): number => timepiece.clock.now()

/** Calls `onExpired` once, `afterMs` milliseconds from now, unless cancelled. Keeps the process alive while it is pending. */
export function startDeadline(afterMs: number, onExpired: () => void): Deadline {
  const deadline = new Deadline(onExpired)
  timepiece.clock.wheel.add(deadline, afterMs)
  return deadline
}

/**
 * The same in real time, whatever clock tests have put in its place: for ends that have to come, as that of a router whose time stands
 * still.
 */
export function startRealDeadline(afterMs: number, onExpired: () => void): Deadline {
  const deadline = new Deadline(onExpired)
  REAL_CLOCK.wheel.add(deadline, afterMs)
  return deadline
}

/** The same deadline anew, `afterMs` from now. */
export function restartDeadline(deadline: Deadline, afterMs: number): void {
  deadline.cancel()
  timepiece.clock.wheel.add(deadline, afterMs)
}
