// One timer for all deadlines. A timer per message costs an object and a place in Node's lists for something that nearly
// always is cancelled; here a deadline is a link in the list of its tick, and only the earliest tick has a timer.
// Never early, at most TICK_MS and the event loop's own delay late.

const TICK_MS = 10

/** Milliseconds on a clock that never jumps. */
export const monotonicMs = (): number => performance.now()

export class Deadline {
  /** @internal */ previous: Deadline | undefined
  /** @internal */ next: Deadline | undefined
  /** @internal */ tick: Tick | undefined
  /** @internal */ onExpired: () => void

  constructor(onExpired: () => void) {
    this.onExpired = onExpired
  }

  get pending(): boolean {
    return this.tick !== undefined
  }

  /** Idempotent; does nothing once it has expired. */
  cancel(): void {
    const tick = this.tick
    if (!tick) return
    if (this.previous) this.previous.next = this.next
    else tick.first = this.next
    if (this.next) this.next.previous = this.previous
    this.tick = this.previous = this.next = undefined
    if (!tick.first) tick.wheel.release(tick)
  }
}

class Tick {
  readonly wheel: DeadlineWheel
  readonly number: number
  first: Deadline | undefined

  constructor(wheel: DeadlineWheel, number: number) {
    this.wheel = wheel
    this.number = number
  }
}

class DeadlineWheel {
  readonly #ticks = new Map<number, Tick>()
  #timer: NodeJS.Timeout | undefined
  #timerTick = Number.POSITIVE_INFINITY

  add(deadline: Deadline, afterMs: number): void {
    const number = Math.ceil((monotonicMs() + Math.max(0, afterMs)) / TICK_MS)
    let tick = this.#ticks.get(number)
    if (!tick) {
      tick = new Tick(this, number)
      this.#ticks.set(number, tick)
      if (number < this.#timerTick) this.#schedule(number)
    }
    deadline.tick = tick
    deadline.next = tick.first
    if (tick.first) tick.first.previous = deadline
    tick.first = deadline
  }

  /** A tick without deadlines is forgotten; the timer is left to fire in vain, unless nothing waits at all. */
  release(tick: Tick): void {
    this.#ticks.delete(tick.number)
    if (this.#ticks.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timerTick = Number.POSITIVE_INFINITY
  }

  #schedule(number: number): void {
    clearTimeout(this.#timer)
    this.#timerTick = number
    this.#timer = setTimeout(
      () => this.#expire(),
      Math.min(0x7fffffff, Math.max(1, Math.ceil(number * TICK_MS - monotonicMs()))),
    )
  }

  #expire(): void {
    this.#timerTick = Number.POSITIVE_INFINITY
    const due = Math.floor(monotonicMs() / TICK_MS)
    const expired: Tick[] = []
    for (const tick of this.#ticks.values()) if (tick.number <= due) expired.push(tick)
    expired.sort((a, b) => a.number - b.number)
    try {
      for (const tick of expired) {
        for (let deadline = tick.first; deadline; deadline = tick.first) {
          deadline.cancel()
          deadline.onExpired()
        }
      }
    } finally {
      let earliest = Number.POSITIVE_INFINITY
      for (const number of this.#ticks.keys()) if (number < earliest) earliest = number
      if (earliest < this.#timerTick) this.#schedule(earliest)
    }
  }
}

// One for the process, as Node's own timers are: it holds no configuration, and nothing but what is pending.
const wheel = new DeadlineWheel()

/** Calls `onExpired` once, `afterMs` milliseconds from now, unless cancelled. Keeps the process alive while it is pending. */
export function startDeadline(afterMs: number, onExpired: () => void): Deadline {
  const deadline = new Deadline(onExpired)
  wheel.add(deadline, afterMs)
  return deadline
}

/** The same deadline anew, `afterMs` from now. */
export function restartDeadline(deadline: Deadline, afterMs: number): void {
  deadline.cancel()
  wheel.add(deadline, afterMs)
}
