import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { REAL_CLOCK } from '../../../src/support/clock.ts'
import { Deadline, DeadlineWheel } from '../../../src/support/deadline-wheel.ts'

/** A wheel by a clock that is moved by hand, and whose timers run when their time has come. */
function handWound(tickMs: number) {
  let now = 0
  const timers = new Set<{ at: number; run: () => void }>()
  const wheel = new DeadlineWheel({
    tickMs,
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return { stop: () => void timers.delete(timer) }
    },
  })
  const advance = (ms: number): void => {
    const end = now + ms
    for (;;) {
      const [first] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
      if (!first) break
      timers.delete(first)
      now = first.at
      first.run()
    }
    now = end
  }
  return { wheel, advance, now: () => now, timers }
}

describe('a deadline', () => {
  it('is never early, and a tick late at most, whatever else is pending', () => {
    const times = fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(times, (afters) => {
        const { wheel, advance, now } = handWound(10)
        const late: number[] = []
        for (const after of afters) wheel.add(new Deadline(() => late.push(now() - after)), after)
        advance(6_000)
        assert.equal(late.length, afters.length)
        for (const ms of late) assert.ok(ms >= 0 && ms <= 11, `${ms}`)
      }),
    )
  })

  it('of the real clock has a tick that keeps it within 20 ms', () => {
    const deadline = new Deadline(() => {})
    const before = performance.now()
    REAL_CLOCK.wheel.add(deadline, 1_234)
    const after = performance.now()
    const dueMs = (deadline.tick?.number ?? 0) * 10
    deadline.cancel()
    assert.ok(dueMs >= before + 1_234 && dueMs <= after + 1_234 + 10, `${dueMs - before}`)
  })

  it('is over once, and not at all when it was cancelled', () => {
    const { wheel, advance, timers } = handWound(10)
    let kept = 0
    const cancelled = new Deadline(() => assert.fail('it was cancelled'))
    wheel.add(new Deadline(() => (kept += 1)), 100)
    wheel.add(cancelled, 100)
    cancelled.cancel()
    cancelled.cancel()
    advance(99)
    assert.equal(kept, 0)
    advance(901)
    assert.deepEqual([kept, timers.size], [1, 0])
  })

  it('can be begun anew, before it is over and after', () => {
    const { wheel, advance, now } = handWound(1)
    const over: number[] = []
    const deadline = new Deadline(() => over.push(now()))
    wheel.add(deadline, 100)
    advance(60)
    deadline.cancel()
    wheel.add(deadline, 100)
    advance(200)
    wheel.add(deadline, 50)
    advance(100)
    assert.deepEqual(over, [160, 310])
  })
})
