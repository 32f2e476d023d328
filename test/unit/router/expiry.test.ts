import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Expiring, Expiry } from '../../../src/router/expiry.ts'
import { monotonicMs } from '../../../src/support/deadline.ts'

class Entry implements Expiring {
  readonly expiresAt: number
  expiryIndex = -1
  readonly #ended: Entry[]

  constructor(expiresAt: number, ended: Entry[]) {
    this.expiresAt = expiresAt
    this.#ended = ended
  }

  expire(): void {
    this.#ended.push(this)
  }
}

async function ended(entries: readonly Entry[], count: number): Promise<void> {
  while (entries.length < count) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('what expires', () => {
  it('does so in the order of its time, not before it, and not when it was taken out', async () => {
    const done: Entry[] = []
    const expiry = new Expiry()
    const now = monotonicMs()
    const entries = [5, 3, 9, 1, 7, 3, 8].map((afterMs) => new Entry(now + afterMs * 20, done))
    for (const entry of entries) expiry.add(entry)
    expiry.remove(entries[3] as Entry)
    expiry.remove(entries[6] as Entry)
    expiry.remove(entries[6] as Entry)
    await ended(done, 5)
    assert.deepEqual(
      done.map(({ expiresAt }) => Math.round((expiresAt - now) / 20)),
      [3, 3, 5, 7, 9],
    )
    assert.ok(monotonicMs() >= now + 180)
    assert.equal(expiry.size, 0)
  })

  it('is done with when its time was over before it came', async () => {
    const done: Entry[] = []
    const expiry = new Expiry()
    expiry.add(new Entry(monotonicMs() - 1_000, done))
    await ended(done, 1)
  })

  it('is found however many there are', async () => {
    const done: Entry[] = []
    const expiry = new Expiry()
    const now = monotonicMs()
    for (let n = 0; n < 12_000; n++) expiry.add(new Entry(now - (n % 97), done))
    await ended(done, 12_000)
    assert.equal(expiry.size, 0)
  })

  it('does nothing any more when it is stopped', async () => {
    const done: Entry[] = []
    const expiry = new Expiry()
    const entry = new Entry(monotonicMs() + 1, done)
    expiry.add(entry)
    expiry.stop()
    expiry.remove(entry)
    const other = new Expiry()
    const later: Entry[] = []
    other.add(new Entry(monotonicMs() + 30, later))
    await ended(later, 1)
    assert.deepEqual(done, [])
  })

  it('knows its place whatever comes and goes', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(50)), { maxLength: 300, size: 'max' })
    fc.assert(
      fc.property(steps, (all) => {
        const expiry = new Expiry()
        const inside: Entry[] = []
        const far = monotonicMs() + 1e9
        for (const [add, number] of all) {
          if (add) {
            inside.push(new Entry(far + number, []))
            expiry.add(inside.at(-1) as Entry)
          } else {
            for (const entry of inside.splice(number, 1)) expiry.remove(entry)
          }
        }
        assert.equal(expiry.size, inside.length)
        const places = inside.map(({ expiryIndex }) => expiryIndex).sort((a, b) => a - b)
        assert.deepEqual(places, [...inside.keys()])
        const first = inside.find(({ expiryIndex }) => expiryIndex === 0)
        assert.equal(
          first?.expiresAt,
          inside.length === 0 ? undefined : Math.min(...inside.map((one) => one.expiresAt)),
        )
        expiry.stop()
      }),
    )
  })
})
