import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TurnBudget } from '../../../src/router/turn-budget.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('the budget of a turn', () => {
  it('puts off what goes beyond it, to the next turn and once', async () => {
    let postponed = 0
    const budget = new TurnBudget(10, () => {
      postponed += 1
    })
    assert.deepEqual(
      [5, 5, 5, 5, 5].map((work) => budget.spend(work)),
      [true, true, true, false, false],
    )
    assert.equal(postponed, 0)
    await nextTurn()
    assert.equal(postponed, 1)
    assert.equal(budget.spend(1), true)
    await nextTurn()
    assert.equal(postponed, 1)
  })

  it('is whole again in each turn', async () => {
    const budget = new TurnBudget(10, () => assert.fail('nothing was put off'))
    for (let turn = 0; turn < 5; turn++) {
      assert.equal(budget.spend(11), true)
      await nextTurn()
    }
  })
})
