import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LowestNumbers } from '../../../src/amqp/lowest-numbers.ts'

describe('channels and handles', () => {
  it('are taken from the lowest that is free, however they came back', () => {
    const numbers = new LowestNumbers()
    const take = (count: number): (number | undefined)[] => Array.from({ length: count }, () => numbers.take(9))
    assert.deepEqual(take(6), [0, 1, 2, 3, 4, 5])
    for (const number of [4, 1, 3, 0]) numbers.giveBack(number)
    assert.deepEqual(take(2), [0, 1])
    numbers.giveBack(0)
    assert.deepEqual(take(4), [0, 3, 4, 6])
  })

  it('end with the highest that is allowed', () => {
    const numbers = new LowestNumbers()
    assert.deepEqual([numbers.take(1), numbers.take(1), numbers.take(1)], [0, 1, undefined])
    numbers.giveBack(0)
    assert.deepEqual([numbers.take(1), numbers.take(1)], [0, undefined])
  })
})
