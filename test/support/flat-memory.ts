// That a run leaves nothing behind: what the process holds after it is what it held after a warm-up of the same kind.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { nextTurn } from './amqp-fixtures.ts'
import { usedBytes } from './heap.ts'

const MIB = 1024 * 1024

/**
 * Room for what the engine keeps of its own: compiled code and feedback in the heap, pools of buffers beside it, and in the
 * process pages that the allocator does not give back. It does not depend on how long the run is.
 */
const MARGINS = Object.freeze({ heap: 4 * MIB, external: 4 * MIB, rss: 96 * MIB })

interface Held {
  readonly heap: number
  readonly external: number
  readonly rss: number
}

/** `warmUp` and `run` do the same, `run` much more of it. */
export async function assertFlat(
  t: TestContext,
  count: string,
  warmUp: () => Promise<unknown>,
  run: () => Promise<unknown>,
): Promise<void> {
  await warmUp()
  const handles = await settledHandles()
  const before = held()
  const started = performance.now()
  await run()
  const seconds = (performance.now() - started) / 1000
  assert.deepEqual(await settledHandles(handles), handles, 'sockets and timers are left')
  const after = held()
  t.diagnostic(`${count} in ${seconds.toFixed(1)} s; ${differences(before, after)}`)
  for (const kind of ['heap', 'external', 'rss'] as const)
    assert(after[kind] - before[kind] <= MARGINS[kind], `${kind} has grown: ${differences(before, after)}`)
}

function held(): Held {
  const { heap, external } = usedBytes()
  return { heap, external, rss: process.memoryUsage.rss() }
}

/** Sockets and timers that are open: sorted, so that they can be compared. Immediates are the test's own turns. */
const activeHandles = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== 'Immediate')
    .sort()

/** What was closed takes some turns to be gone; `expected`: waits for these, but not for ever. */
async function settledHandles(expected?: readonly string[]): Promise<string[]> {
  for (let n = 0; n < 100; n++) await nextTurn()
  for (let n = 0; n < 100_000 && expected && activeHandles().join() !== expected.join(); n++) await nextTurn()
  return activeHandles()
}

function differences(before: Held, after: Held): string {
  return (['heap', 'external', 'rss'] as const)
    .map((kind) => `${kind} ${((after[kind] - before[kind]) / 1024).toFixed(0)} KiB more`)
    .join(', ')
}

/** Runs `work` for 0 to count - 1, so many at a time. The first failure ends it. */
export async function inFlight(count: number, lanes: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
