import { type Clock, type Recurrence, timepiece } from '../support/clock.ts'
import { DeadlineWheel } from '../support/deadline-wheel.ts'
import { FakeClockError } from './errors.ts'
import { FakeTimers } from './fake-timers.ts'

/** Time that passes when a test says so. */
export interface FakeClock {
  /** Milliseconds since the clock was taken into use. */
  readonly now: number
  /**
   * Lets `ms` milliseconds pass: whatever of the library is due in them happens in order, each at its own time, and between two
   * of them promises continue and the event loop goes round a few times. Resolves when all that is over.
   *
   * Rejects with FakeClockError (`FAKE_CLOCK`) for what is no time, while another one is under way, and after its end. What a
   * timer throws, it rejects with.
   */
  advance(ms: number): Promise<void>
  /** The real clock again; what waits for its time goes on there, with what is left of it. Idempotent. */
  [Symbol.dispose](): void
}

/**
 * Puts a clock that stands still in the place of the library's own, for the whole process: deadlines, time-outs, delays between
 * attempts, ttl, heartbeats, the idle time-out, of the memory driver, of the AMQP driver and of the router, begun from now on.
 *
 * It changes nothing but this library: `setTimeout`, `Date` and `AbortSignal.timeout` stay as they are, and so does the time of
 * whoever is behind a socket in another process.
 *
 *     using clock = useFakeClock()
 *     const answer = client.call(context, 'never-answered', {}, { timeoutMs: 60_000 })
 *     await Promise.all([clock.advance(60_000), assert.rejects(answer)])
 *
 * @throws FakeClockError (`FAKE_CLOCK`) when there is one already.
 */
export function useFakeClock(): FakeClock {
  if (fakes.has(timepiece.clock))
    throw new FakeClockError('there is a fake clock already: end it before another one begins')
  return new InstalledClock()
}

const fakes = new WeakSet<Clock>()

class InstalledClock implements FakeClock {
  readonly #timers: FakeTimers
  readonly #before = timepiece.clock
  readonly #own: Clock
  readonly #recurrences = new Set<MovableRecurrence>()
  readonly #start: number
  #advancing = false
  #ended = false

  constructor() {
    // Whole milliseconds, so that deadlines of whole milliseconds expire when exactly those have passed.
    this.#start = Math.ceil(this.#before.now())
    const timers = new FakeTimers(this.#start)
    this.#timers = timers
    const now = (): number => timers.now
    this.#own = {
      now,
      wheel: new DeadlineWheel({ tickMs: 1, now, after: (ms, run) => timers.add(ms, run) }),
      every: (ms, run) => this.#every(ms, run),
    }
    fakes.add(this.#own)
    timepiece.clock = this.#own
  }

  get now(): number {
    return this.#timers.now - this.#start
  }

  async advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0)
      throw new FakeClockError(`advance: expected milliseconds, 0 or more, found ${ms}`)
    if (this.#ended) throw new FakeClockError('advance: the clock has been ended')
    if (this.#advancing) throw new FakeClockError('advance: another one is under way, which is to be awaited')
    this.#advancing = true
    try {
      await this.#timers.advance(ms, () => this.#ended)
    } finally {
      this.#advancing = false
    }
  }

  [Symbol.dispose](): void {
    if (this.#ended) return
    this.#ended = true
    timepiece.clock = this.#before
    this.#own.wheel.moveTo(this.#before.wheel)
    for (const recurrence of this.#recurrences) recurrence.moveTo(this.#before)
    this.#recurrences.clear()
  }

  #every(ms: number, run: () => void): Recurrence {
    const recurrence = new MovableRecurrence(this.#timers, ms, run, () => this.#recurrences.delete(recurrence))
    this.#recurrences.add(recurrence)
    return recurrence
  }
}

/** It goes on when the clock does not. */
class MovableRecurrence implements Recurrence {
  readonly #ms: number
  readonly #run: () => void
  readonly #onStopped: () => void
  #current: Recurrence

  constructor(timers: FakeTimers, ms: number, run: () => void, onStopped: () => void) {
    this.#ms = ms
    this.#run = run
    this.#onStopped = onStopped
    const again = (): void => {
      this.#current = timers.add(ms, again)
      run()
    }
    this.#current = timers.add(ms, again)
  }

  stop(): void {
    this.#current.stop()
    this.#onStopped()
  }

  moveTo(clock: Clock): void {
    this.#current.stop()
    this.#current = clock.every(this.#ms, this.#run)
  }
}
