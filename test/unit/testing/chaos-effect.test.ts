import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ChaosEffect } from '../../../src/testing/chaos-effect.ts'
import { useFakeClock } from '../../../src/testing/index.ts'

const effect = (limit?: number, stopped: () => void = () => {}): ChaosEffect =>
  new ChaosEffect('chaos.x', () => true, {}, limit, stopped)

describe('an effect', () => {
  it('tells whoever waits as soon as it has struck so often', async () => {
    const struck = effect()
    const told: number[] = []
    const waiting = [3, 1, 2].map((times) => struck.hit(times).then(() => told.push(times)))
    for (let n = 0; n < 3; n++) {
      struck.struck()
      await Promise.resolve()
    }
    await Promise.all(waiting)
    assert.deepEqual(told, [1, 2, 3])
    await struck.hit(2)
    assert.equal(struck.count, 3)
  })

  it('ends when it has struck as often as it was to, and says so to whoever waits for more', async () => {
    let stopped = 0
    const struck = effect(2, () => {
      stopped += 1
    })
    const missed = assert.rejects(struck.hit(3), {
      code: 'CHAOS_MISSED',
      message: 'chaos.x: expected to strike 3 times, struck 2 times: it has struck 2 times, as often as it was to',
    })
    struck.struck()
    assert.ok(struck.active)
    struck.struck()
    assert.ok(!struck.active)
    await missed
    await struck.hit(2)
    struck.stop()
    assert.equal(stopped, 1)
  })

  it('ends with the block in which it is used', () => {
    let stopped = 0
    {
      using struck = effect(undefined, () => {
        stopped += 1
      })
      assert.ok(struck.active)
    }
    assert.equal(stopped, 1)
  })

  it('is waited for no longer than it is said, in real time', async () => {
    using clock = useFakeClock()
    await assert.rejects(effect().hit(1, { timeoutMs: 50 }), { code: 'CHAOS_MISSED', message: /50 ms/ })
    assert.equal(clock.now, 0, 'its time stands still')
  })

  it('is not waited for as often, or as long, as cannot be', () => {
    for (const times of [0, 1.5, Number.NaN, '2'])
      assert.throws(() => effect().hit(times as number), { code: 'ROUTER_OPTIONS', message: /^chaos\.x: hit: times: / })
    for (const timeoutMs of [-1, Number.NaN, '2'])
      assert.throws(() => effect().hit(1, { timeoutMs: timeoutMs as number }), {
        message: /^chaos\.x: hit: timeoutMs: /,
      })
  })

  it('that nobody sees end is no unhandled rejection', async () => {
    const struck = effect()
    void struck.hit()
    struck.stop()
    await new Promise((resolve) => setImmediate(resolve))
  })
})
