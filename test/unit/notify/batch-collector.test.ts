import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { IncomingNotification } from '../../../src/messaging/driver.ts'
import { BatchCollector, type BatchLimits } from '../../../src/notify/batch-collector.ts'
import { useFakeClock } from '../../../src/testing/fake-clock.ts'

interface Held {
  readonly batch: readonly unknown[]
  finish(): void
}

function collect(t: TestContext, limits: Partial<BatchLimits>) {
  const clock = useFakeClock()
  t.after(() => clock[Symbol.dispose]())
  const batches: Held[] = []
  const collector = new BatchCollector(
    { size: 3, timeoutMs: 1_000, idleMs: undefined, concurrency: 1, ...limits },
    (batch) => new Promise((finish) => batches.push({ batch: batch.map(({ message }) => message.n), finish })),
  )
  const said: string[] = []
  const add = (n: number, settled = false) =>
    collector.add({
      message: { n },
      settled,
      requeue: () => void said.push(`requeued ${n}`),
      done: () => void said.push(`done ${n}`),
    } as unknown as IncomingNotification)
  return { clock, collector, batches, add, said, sizes: () => batches.map(({ batch }) => batch) }
}

describe('a batch', () => {
  it('ends by count', (t) => {
    const { add, sizes } = collect(t, { concurrency: 9 })
    for (let n = 0; n < 7; n += 1) void add(n)
    assert.deepEqual(sizes(), [
      [0, 1, 2],
      [3, 4, 5],
    ])
  })

  it('ends by the time since its first message, however many come', async (t) => {
    const { add, sizes, clock } = collect(t, { size: 100 })
    void add(0)
    await clock.advance(600)
    void add(1)
    await clock.advance(399)
    assert.deepEqual(sizes(), [])
    await clock.advance(1)
    assert.deepEqual(sizes(), [[0, 1]])
  })

  it('has no time before its first message', async (t) => {
    const { add, sizes, clock } = collect(t, { size: 100 })
    await clock.advance(5_000)
    void add(0)
    await clock.advance(999)
    assert.deepEqual(sizes(), [])
    await clock.advance(1)
    assert.deepEqual(sizes(), [[0]])
  })

  it('ends when no further one comes', async (t) => {
    const { add, sizes, clock } = collect(t, { size: 100, idleMs: 50 })
    void add(0)
    await clock.advance(40)
    void add(1)
    await clock.advance(40)
    assert.deepEqual(sizes(), [])
    await clock.advance(10)
    assert.deepEqual(sizes(), [[0, 1]])
  })

  it('waits, and grows to its size, while another one is worked on', async (t) => {
    const { add, batches, sizes, clock } = collect(t, {})
    for (let n = 0; n < 3; n += 1) void add(n)
    void add(3)
    await clock.advance(2_000)
    void add(4)
    assert.deepEqual(sizes(), [[0, 1, 2]])
    batches[0]?.finish()
    await new Promise(setImmediate)
    assert.deepEqual(sizes(), [
      [0, 1, 2],
      [3, 4],
    ])
  })

  it('counts its time from when its first message came, also when that waited for another batch', async (t) => {
    const { add, batches, sizes, clock } = collect(t, { size: 2 })
    for (let n = 0; n < 5; n += 1) void add(n)
    await clock.advance(1_500)
    batches[0]?.finish()
    await new Promise(setImmediate)
    batches[1]?.finish()
    await new Promise(setImmediate)
    await clock.advance(1)
    assert.deepEqual(sizes(), [[0, 1], [2, 3], [4]])
  })

  it('settles each of its members when it is worked on', async (t) => {
    const { add, batches } = collect(t, { size: 2 })
    const ends: unknown[] = []
    for (const n of [0, 1, 2]) void add(n).then((end) => ends.push([n, end]))
    await new Promise(setImmediate)
    assert.deepEqual(ends, [])
    batches[0]?.finish()
    await new Promise(setImmediate)
    assert.deepEqual(ends, [
      [0, undefined],
      [1, undefined],
    ])
  })

  it('that has not begun is given back at the end, but for what arrived settled', async (t) => {
    const { add, collector, said, sizes } = collect(t, { size: 10 })
    const ends = [add(0), add(1, true), add(2)]
    collector.stop()
    assert.deepEqual(said, ['requeued 0', 'done 0', 'requeued 2', 'done 2'])
    assert.deepEqual([await ends[0], await ends[2]], ['released', 'released'])
    assert.deepEqual(sizes(), [[1]])
  })
})
