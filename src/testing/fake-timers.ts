// Timers that are due when they are told that time has passed.

/**
 * How often the event loop goes round between two timers. A call over the memory driver takes two turns in each direction; one over
 * a socket to this process about as many.
 */
const TURNS = 10

interface FakeTimer {
  readonly at: number
  readonly run: () => void
}

export class FakeTimers {
  /** Milliseconds. */
  now: number
  /** In the order in which they were started. */
  readonly #timers = new Set<FakeTimer>()

  constructor(now: number) {
    this.now = now
  }

  /** Calls `run` once. */
  add(ms: number, run: () => void): { stop(): void } {
    // Whole milliseconds, as deadlines are.
    const timer = { at: Math.max(this.now, Math.floor(this.now + ms)), run }
    this.#timers.add(timer)
    return { stop: () => this.#timers.delete(timer) }
  }

  /** `stopped`: asked before each timer. */
  async advance(ms: number, stopped: () => boolean): Promise<void> {
    const end = this.now + ms
    await turns()
    for (let timer = this.#nextUntil(end); timer && !stopped(); timer = this.#nextUntil(end)) {
      this.#timers.delete(timer)
      this.now = Math.max(this.now, timer.at)
      timer.run()
      await turns()
    }
    this.now = end
  }

  #nextUntil(end: number): FakeTimer | undefined {
    let next: FakeTimer | undefined
    for (const timer of this.#timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer
    return next
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
