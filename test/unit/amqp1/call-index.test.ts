import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { CallIndex, type IndexedCall } from '../../../src/amqp1/call-index.ts'
import { createMessageIdSource } from '../../../src/amqp1/message-id.ts'

class Call implements IndexedCall<Call> {
  indexedAs: string | undefined
  indexedNext: Call | undefined
}

describe('CallIndex', () => {
  it('finds each of many calls, and no more when it was taken out', () => {
    const index = new CallIndex<Call>()
    const nextId = createMessageIdSource()
    const calls = new Map(Array.from({ length: 5_000 }, () => [nextId(), new Call()]))
    for (const [id, call] of calls) index.add(id, call)
    assert.equal(index.size, 5_000)
    for (const [id, call] of calls) assert.equal(index.get(id), call)
    assert.deepEqual(new Set(index.all()), new Set(calls.values()))
    for (const id of calls.keys()) index.delete(id)
    assert.deepEqual([index.size, index.all()], [0, []])
  })

  it('holds on to nothing of a call that was taken out', () => {
    const index = new CallIndex<Call>()
    const [one, two] = [new Call(), new Call()]
    index.add('00000000-1', one)
    index.add('00000000-2', two)
    index.delete('00000000-1')
    index.delete('00000000-2')
    for (const call of [one, two]) assert.deepEqual([call.indexedAs, call.indexedNext], [undefined, undefined])
  })

  it('knows nothing of ids that a peer has made up', () => {
    const index = new CallIndex<Call>()
    index.add('0123456789abcdef', new Call())
    for (const id of ['', '0', '0123456', '01234567', '0123456789abcdeg', '\u{10ffff}', '__proto__', 'constructor']) {
      assert.equal(index.get(id), undefined)
      index.delete(id)
    }
    assert.equal(index.size, 1)
  })

  it('does what a map does, whatever the order', () => {
    // Some share a place whatever its size, as they share the characters that decide on it.
    const ids = fc.oneof(
      fc.nat(40).map(String),
      fc.nat(40).map((n) => `shared-place-${n}`),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(ids, fc.boolean()), { maxLength: 500 }), (steps) => {
        const index = new CallIndex<Call>()
        const map = new Map<string, Call>()
        for (const [id, add] of steps) {
          if (!add) {
            index.delete(id)
            map.delete(id)
          } else if (!map.has(id)) {
            const call = new Call()
            index.add(id, call)
            map.set(id, call)
          }
          assert.equal(index.get(id), map.get(id))
          assert.equal(index.size, map.size)
        }
        assert.deepEqual(new Set(index.all()), new Set(map.values()))
      }),
    )
  })
})
