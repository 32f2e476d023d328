import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Glob } from '../../../src/support/glob.ts'

/** As the definition reads: a star is nothing, or one sign and a star. */
function matches(pattern: string, text: string): boolean {
  const [sign] = pattern
  if (sign === undefined) return text === ''
  const rest = pattern.slice(1)
  if (sign === '*') return matches(rest, text) || (text !== '' && matches(pattern, text.slice(1)))
  return text !== '' && (sign === '?' || sign === text[0]) && matches(rest, text.slice(1))
}

describe('a glob', () => {
  const cases: readonly [string, string, boolean][] = [
    ['compute.*', 'compute.instance.create', true],
    ['compute.*', 'compute', false],
    ['*.end', 'compute.create.end', true],
    ['*.end', 'compute.end.not', false],
    ['a*b', 'ab', true],
    ['a*ab', 'ab', false],
    ['***', '', true],
    ['*b*b', 'ab', false],
    ['[!a]*', 'ba', true],
    ['[ab]*[!c]', 'abc', false],
    ['?', '🐎', true],
    ['*?', '🐎\n', true],
    ['[', '[', true],
    ['x.(y)', 'x.(y)', true],
    ['x.(y)', 'xa(y)', false],
  ]
  for (const [pattern, text, expected] of cases)
    it(`"${pattern}" ${expected ? 'is' : 'is not'} for ${JSON.stringify(text)}`, () => {
      const glob = new Glob(pattern)
      assert.equal(glob.test(text), expected)
      assert.equal(glob.test(text), expected, 'also the second time')
    })

  it('takes the case for a difference unless told', () => {
    assert.equal(new Glob('INFO*').test('info'), false)
    assert.equal(new Glob('INFO*', { ignoreCase: true }).test('info'), true)
  })

  it('matches what the definition says', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 10 })
    fc.assert(fc.property(pattern, text, (glob, subject) => new Glob(glob).test(subject) === matches(glob, subject)))
  })

  it('with many stars does not take long for a text that nearly fits', () => {
    assert.equal(new Glob('*a'.repeat(30)).test(`${'a'.repeat(20_000)}b`), false)
  })

  it('is any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string(),
        (glob, text) => typeof new Glob(glob).test(text) === 'boolean',
      ),
    )
  })
})
