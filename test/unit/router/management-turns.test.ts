import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ManagementTurns } from '../../../src/router/management-turns.ts'
import { defectsOf } from '../../support/defects.ts'

const busy = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('requests that wait for their turn', () => {
  it('are worked on later, one of each asker after the other', async () => {
    const turns = new ManagementTurns()
    const order: string[] = []
    const [a, b] = [{}, {}]
    for (const n of [1, 2, 3]) turns.add(a, () => order.push(`a${n}`))
    for (const n of [1, 2]) turns.add(b, () => order.push(`b${n}`))
    assert.deepEqual(order, [])
    while (order.length < 5) await nextTurn()
    assert.deepEqual(order, ['a1', 'b1', 'a2', 'b2', 'a3'])
  })

  it('leave the event loop to others when they take long', async () => {
    const turns = new ManagementTurns()
    let done = 0
    for (let n = 0; n < 3; n += 1) {
      turns.add({}, () => {
        busy(5)
        done += 1
      })
    }
    const seen: number[] = []
    while (done < 3) {
      await nextTurn()
      seen.push(done)
    }
    assert.deepEqual(
      [1, 2, 3].filter((count) => seen.includes(count)),
      [1, 2, 3],
    )
  })

  it('do not hold each other up when one fails', async (t) => {
    const defects = defectsOf(t)
    const turns = new ManagementTurns()
    let done = false
    turns.add({}, () => {
      throw new Error('no')
    })
    turns.add({}, () => {
      done = true
    })
    while (!done) await nextTurn()
    assert.equal(defects.length, 1)
  })
})
