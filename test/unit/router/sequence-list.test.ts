import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SequenceList } from '../../../src/router/sequence-list.ts'

interface Entry {
  readonly sequence: number
}

const entry = (sequence: number): Entry => ({ sequence })

function contentOf(list: SequenceList<Entry>): number[] {
  const found: number[] = []
  for (let next = list.first; next; next = list.after(next.sequence)) found.push(next.sequence)
  return found
}

describe('a list in the order of its numbers', () => {
  it('is what a sorted array is, whatever comes and goes', () => {
    const step = fc.record({ add: fc.boolean(), number: fc.nat(3_000) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4_000, size: 'max' }), (steps) => {
        const list = new SequenceList<Entry>()
        const model = new Map<number, Entry>()
        for (const { add, number } of steps) {
          const known = model.get(number)
          if (!add) {
            assert.equal(list.remove(known ?? entry(number)), known !== undefined)
            model.delete(number)
          } else if (!known) {
            const added = entry(number)
            model.set(number, added)
            list.add(added)
          }
        }
        const sorted = [...model.keys()].sort((a, b) => a - b)
        assert.equal(list.size, sorted.length)
        assert.deepEqual(contentOf(list), sorted)
        assert.equal(list.last?.sequence, sorted.at(-1))
        for (const { number } of steps.slice(0, 50)) {
          assert.equal(
            list.after(number)?.sequence,
            sorted.find((one) => one > number),
          )
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is a queue of a hundred thousand without effort', () => {
    const list = new SequenceList<Entry>()
    for (let n = 0; n < 100_000; n++) list.add(entry(n))
    for (let n = 99_999; n >= 50_000; n--) assert.equal(list.remove(list.last as Entry), true)
    for (let n = 0; n < 50_000; n++) {
      assert.equal(list.first?.sequence, n)
      list.remove(list.first as Entry)
    }
    assert.equal(list.first, undefined)
    assert.equal(list.last, undefined)
  })

  it('takes any order of coming, many times a chunk', () => {
    const list = new SequenceList<Entry>()
    for (let n = 4_999; n >= 0; n--) list.add(entry((n * 7_919) % 5_000))
    assert.deepEqual(
      contentOf(list),
      Array.from({ length: 5_000 }, (_, n) => n),
    )
  })
})
