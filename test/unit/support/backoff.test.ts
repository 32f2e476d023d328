import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from '../../../src/support/backoff.ts'

const delays = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.next())

test('delays grow by the factor up to the maximum', () => {
  const backoff = new Backoff({ initialMs: 1000, factor: 2, maxMs: 30_000 })
  assert.deepEqual(delays(backoff, 7), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})

test('after a success they begin anew', () => {
  const backoff = new Backoff({ initialMs: 1000, factor: 2, maxMs: 30_000 })
  delays(backoff, 4)
  backoff.reset()
  assert.deepEqual(delays(backoff, 2), [1000, 2000])
})

test('a factor of one keeps them constant, a factor of nought leaves only the first', () => {
  assert.deepEqual(delays(new Backoff({ initialMs: 5, factor: 1, maxMs: 30 }), 3), [5, 5, 5])
  assert.deepEqual(delays(new Backoff({ initialMs: 5, factor: 0, maxMs: 30 }), 3), [5, 0, 0])
})

test('the maximum bounds the first delay too', () => {
  assert.deepEqual(delays(new Backoff({ initialMs: 50, factor: 2, maxMs: 30 }), 2), [30, 30])
})
