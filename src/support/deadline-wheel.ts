// One timer for all deadlines. A timer per message costs an object and a place in Node's lists for something that nearly
// always is cancelled; here a deadline is a link in the list of its tick, and only the earliest tick has a timer.
// Never early, at most a tick and the event loop's own delay late.

/** What the wheel hangs on. */
export interface WheelTiming {
  /** How far deadlines may be apart that expire together, in milliseconds. */
  readonly tickMs: number
  /** Milliseconds. */
  readonly now: () => number
  /** Calls `run` once. */
  readonly after: (ms: number, run: () => void) => { stop(): void }
}

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

export class DeadlineWheel {
  readonly #timing: WheelTiming
  readonly #ticks = new Map<number, Tick>()
  #timer: { stop(): void } | undefined
  #timerTick = Number.POSITIVE_INFINITY

  constructor(timing: WheelTiming) {
    this.#timing = timing
  }

  add(deadline: Deadline, afterMs: number): void {
    const { now, tickMs } = this.#timing
    const number = Math.ceil((now() + Math.max(0, afterMs)) / tickMs)
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
    this.#timer?.stop()
    this.#timer = undefined
    this.#timerTick = Number.POSITIVE_INFINITY
  }

  /** All that is pending goes to another wheel, with what is left of its time. */
  moveTo(other: DeadlineWheel): void {
    const { now, tickMs } = this.#timing
    const pending = [...this.#ticks.values()].sort((a, b) => a.number - b.number)
    for (const tick of pending) {
      const left = tick.number * tickMs - now()
      for (let deadline = tick.first; deadline; deadline = tick.first) {
        deadline.cancel()
        other.add(deadline, left)
      }
    }
  }

  #schedule(number: number): void {
    const { now, tickMs, after } = this.#timing
    this.#timer?.stop()
    this.#timerTick = number
    this.#timer = after(Math.min(0x7fffffff, Math.max(1, Math.ceil(number * tickMs - now()))), () => this.#expire())
  }

  #expire(): void {
    this.#timerTick = Number.POSITIVE_INFINITY
    const due = Math.floor(this.#timing.now() / this.#timing.tickMs)
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
