import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bindingWords, matchesBinding } from '../../../src/router/binding-key.ts'

describe('the key of a topic binding', () => {
  const cases: readonly [string, string, boolean][] = [
    ['a.b', 'a.b', true],
    ['a.b', 'a.c', false],
    ['a.b', 'a', false],
    ['a', 'a.b', false],
    ['*', 'a', true],
    ['*', '', true], // the empty key is one empty word
    ['*', 'a.b', false],
    ['a.*', 'a', false],
    ['a.*.c', 'a.b.c', true],
    ['#', '', true],
    ['#', 'a.b.c', true],
    ['a.#', 'a', true],
    ['a.#', 'a.b.c', true],
    ['a.#', 'b', false],
    ['#.c', 'c', true],
    ['#.c', 'a.b.c', true],
    ['#.c', 'a.c.b', false],
    ['a.#.c.*', 'a.c.c.d', true],
    ['a.#.c.*', 'a.c', false],
    ['#.#', 'a', true],
    ['a*', 'ab', false],
  ]
  for (const [binding, key, expected] of cases)
    it(`"${binding}" ${expected ? 'covers' : 'does not cover'} "${key}"`, () => {
      assert.equal(matchesBinding(bindingWords(binding), key.split('.')), expected)
    })

  it('costs little for the longest keys', () => {
    const words = Array.from({ length: 128 }, () => '#').join('.')
    assert.deepEqual(bindingWords(words), ['#'])
    assert.equal(
      matchesBinding(
        bindingWords(`${words}.x`),
        Array.from({ length: 128 }, () => 'a'),
      ),
      false,
    )
  })
})
