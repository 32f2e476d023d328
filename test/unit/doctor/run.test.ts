import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Run } from '../../../src/doctor/run.ts'

test('a run knows its own messages, and those that another one still waits for', () => {
  const [one, other] = [new Run(), new Run()]
  assert.equal(one.ownerOf(one.mark(1_000)), 'this run')
  assert.equal(one.ownerOf(other.mark(60_000)), 'another run')
})

test('what nobody waits for is given up: its time is over, it says an impossible one, or it is none of a doctor', () => {
  const run = new Run()
  const of = (until: unknown): string => run.ownerOf({ run: 'another', until })
  assert.deepEqual(
    [of(Date.now() - 1), of(Date.now() + 86_400_000), of('soon'), of(Number.NaN)],
    Array(4).fill('given-up'),
  )
  assert.deepEqual(
    [undefined, null, 1, 'text', []].map((payload) => run.ownerOf(payload)),
    Array(5).fill('given-up'),
  )
})
