import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DeliveryIndex } from '../../../src/amqp/delivery-index.ts'

const item = (id: number) => ({ id })

describe('DeliveryIndex', () => {
  it('finds by id, across the wrap of the numbers', () => {
    const index = new DeliveryIndex<{ id: number }>()
    for (const id of [0xfffffffe, 0xffffffff, 0, 1]) index.set(id, item(id))
    for (const id of [0xfffffffe, 0xffffffff, 0, 1]) assert.deepEqual(index.get(id), item(id))
    assert.equal(index.get(2), undefined)
    assert.equal(index.get(64), undefined)
    assert.equal(index.size, 4)
  })

  it('keeps one that stays while thousands come and go', () => {
    const index = new DeliveryIndex<{ id: number }>()
    index.set(7, item(7))
    for (let id = 8; id < 100_000; id++) {
      index.set(id, item(id))
      assert.equal(index.delete(id), true)
    }
    assert.deepEqual(index.get(7), item(7))
    assert.deepEqual(index.ids(), [7])
    assert.equal(index.delete(7), true)
    assert.equal(index.delete(7), false)
    assert.equal(index.size, 0)
  })

  it('holds more than it has places for', () => {
    const index = new DeliveryIndex<{ id: number }>()
    for (let id = 0; id < 50_000; id++) index.set(id, item(id))
    assert.equal(index.size, 50_000)
    for (let id = 0; id < 50_000; id++) assert.equal(index.get(id)?.id, id)
    assert.equal(index.ids().length, 50_000)
    index.clear()
    assert.deepEqual([index.size, index.get(3), index.ids()], [0, undefined, []])
  })

  it('does what a map does, whatever the order', () => {
    const ids = fc.oneof(
      fc.nat(300),
      fc.nat(300).map((n) => 0xffffffff - n),
      fc.nat(0xffffffff),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, fc.boolean()), { maxLength: 500 }), (steps) => {
        const index = new DeliveryIndex<{ id: number }>()
        const map = new Map<number, { id: number }>()
        for (const [id, add] of steps) {
          if (!add) assert.equal(index.delete(id), map.delete(id))
          else if (!map.has(id)) {
            const value = item(id)
            index.set(id, value)
            map.set(id, value)
          }
          assert.equal(index.get(id), map.get(id))
        }
        assert.equal(index.size, map.size)
        assert.deepEqual(index.ids().sort(), [...map.keys()].sort())
        for (const [id, value] of map) assert.equal(index.get(id), value)
      }),
    )
  })
})
