import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Settlements } from '../../../src/amqp/settlements.ts'
import type { Outcome } from '../../../src/codec/delivery-state.ts'
import { ACCEPTED, RELEASED } from '../../../src/codec/delivery-state.ts'

function runs(...entries: readonly [id: number, outcome: Outcome, settled?: boolean][]): unknown {
  const settlements = new Settlements()
  for (const [id, outcome, settled = true] of entries) settlements.add(id, outcome, settled)
  return settlements.take().map(({ first, last, state }) => [first, last, state?.type])
}

describe('settlements of one turn', () => {
  it('with the same outcome and consecutive numbers become one range', () => {
    assert.deepEqual(runs([3, ACCEPTED], [4, { type: 'accepted' }], [5, ACCEPTED]), [[3, 5, 'accepted']])
  })

  it('make a range across the wrap of delivery-ids', () => {
    assert.deepEqual(runs([0xffffffff, RELEASED], [0, RELEASED]), [[0xffffffff, 0, 'released']])
  })

  it('stay apart when a number is missing, the outcome differs, or one is not settled', () => {
    assert.deepEqual(runs([1, ACCEPTED], [3, ACCEPTED]), [
      [1, 1, 'accepted'],
      [3, 3, 'accepted'],
    ])
    assert.deepEqual(runs([1, ACCEPTED], [2, RELEASED]), [
      [1, 1, 'accepted'],
      [2, 2, 'released'],
    ])
    assert.deepEqual(runs([1, ACCEPTED], [2, ACCEPTED, false]), [
      [1, 1, 'accepted'],
      [2, 2, 'accepted'],
    ])
  })

  it('with fields of their own are never joined', () => {
    const rejected = (condition: string): Outcome => ({ type: 'rejected', error: { condition } })
    assert.deepEqual(runs([1, rejected('a')], [2, rejected('a')]), [
      [1, 1, 'rejected'],
      [2, 2, 'rejected'],
    ])
  })

  it('are handed over once', () => {
    const settlements = new Settlements()
    settlements.add(1, ACCEPTED, true)
    assert.equal(settlements.empty, false)
    assert.equal(settlements.take().length, 1)
    assert.equal(settlements.empty, true)
    assert.deepEqual(settlements.take(), [])
  })
})
