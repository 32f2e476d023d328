import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { inNormalForm, PatternTree } from '../../../src/router/pattern-tree.ts'

/** A tree whose patterns are their own values. */
function treeOf(...patterns: readonly string[]): PatternTree<string> {
  const tree = new PatternTree<string>()
  for (const pattern of patterns) tree.set(pattern.split('/'), pattern)
  return tree
}

describe('a pattern', () => {
  const cases: readonly (readonly [pattern: string, covered: readonly string[], others: readonly string[]])[] = [
    ['a/b', ['a/b', 'a.b', '/a/b', 'a/b/'], ['a', 'a/b/c', 'b/a', 'a/bc', 'ab', '']],
    ['a/*', ['a/b', 'a.*', 'a/#'], ['a', 'a/b/c', 'b/a']],
    ['*', ['a', '/a', '*'], ['', 'a/b']],
    ['a/#', ['a', 'a/', 'a/b', 'a.b.c'], ['ab', 'b/a', '']],
    ['#', ['', 'a', 'a/b/c', '/'], []],
    ['#/z', ['z', 'a/z', 'z/z', 'a/z/z'], ['', 'a', 'z/a', 'a/zz']],
    ['a/#/z', ['a/z', 'a/b/z', 'a/z/z/z', 'a/a/z'], ['a', 'z', 'a/z/b', 'b/z']],
    ['a/#/*', ['a/b', 'a/b/c'], ['a', 'b/c']],
    ['#/#', ['', 'a', 'a/b'], []],
    ['#/*/#/*', ['a/b', 'a/b/c'], ['', 'a']],
    ['#/m/#/m/#', ['m/m', 'a/m/b/m/c'], ['m', 'a/m/b']],
  ]
  for (const [pattern, covered, others] of cases) {
    it(`${pattern} covers what it says and nothing else`, () => {
      const tree = treeOf(pattern)
      for (const address of covered) assert.equal(tree.match(address), pattern, address)
      for (const address of others) assert.equal(tree.match(address), undefined, address)
    })
  }

  it('has one normal form for all ways to write it', () => {
    assert.deepEqual(inNormalForm(['#', '*', '#', '*', 'a', '#', '#']), ['*', '*', '#', 'a', '#'])
    const tree = treeOf('a/#/*')
    tree.set(['a', '*', '#', '#'], 'later')
    assert.equal(tree.match('a/b/c'), 'later')
  })
})

describe('of several patterns that cover an address', () => {
  it('the token itself goes before *, and * before #, from left to right', () => {
    const tree = treeOf('#', 'a/#', 'a/*', 'a/b', '*/b', 'a/*/c', 'a/b/#', '*/b/c')
    const expected: readonly (readonly [address: string, pattern: string])[] = [
      ['a/b', 'a/b'],
      ['a/x', 'a/*'],
      ['a', 'a/#'],
      ['x/b', '*/b'],
      ['a/b/c', 'a/b/#'],
      ['a/x/c', 'a/*/c'],
      ['a/x/y', 'a/#'],
      ['x/b/c', '*/b/c'],
      ['x/y', '#'],
    ]
    for (const [address, pattern] of expected) assert.equal(tree.match(address), pattern, address)
  })

  it('one that ends goes before a # that stands for nothing', () => {
    assert.equal(treeOf('a/#', 'a').match('a'), 'a')
  })

  it('a # stands for as few tokens as possible', () => {
    const tree = treeOf('#/a/#', '#/b', '#')
    assert.equal(tree.match('a/b'), '#/a/#')
    assert.equal(tree.match('x/b'), '#/b')
    assert.equal(tree.match('x/b/y'), '#')
  })

  it('a better beginning that leads nowhere is left again', () => {
    const tree = treeOf('a/b/c', 'a/*/d', '*/b/e', '#/f')
    assert.equal(tree.match('a/b/d'), 'a/*/d')
    assert.equal(tree.match('a/b/e'), '*/b/e')
    assert.equal(tree.match('a/b/f'), '#/f')
  })
})

describe('the search', () => {
  const long = (token: string, count: number, end = ''): string => `${token}/`.repeat(count) + end

  it('comes to its end with several # that almost match thousands of tokens', () => {
    const pattern = `#/${'a/#/'.repeat(20)}b`
    const tree = treeOf(pattern, `x/${pattern}`, '#/a/a/a/#/a/a/#/c/#/d', '*/*/#/a/#/e')
    assert.equal(tree.match(long('a', 20_000)), undefined)
    assert.equal(tree.match(long('a', 20_000, 'b')), pattern)
    assert.equal(tree.match(`x/${long('a', 20_000, 'b')}`), `x/${pattern}`)
  })

  it('comes to its end with many * beside the tokens themselves', () => {
    const patterns = Array.from({ length: 1024 }, (_, bits) =>
      [...Array(10).keys()].map((n) => ((bits >> n) & 1 ? '*' : 'a')).join('/'),
    )
    const tree = treeOf(...patterns.map((pattern) => `#/${pattern}/z`))
    assert.equal(tree.match(long('a', 2_000)), undefined)
  })

  it('takes a million separators for what they are', () => {
    assert.equal(treeOf('#').match('.'.repeat(1_000_000)), '#')
    assert.equal(treeOf('a/#').match(`a${'/'.repeat(1_000_000)}`), 'a/#')
    assert.equal(treeOf('a/#/b').match(`a${'/'.repeat(1_000_000)}b`), 'a/#/b')
  })

  const token = fc.constantFrom('a', 'b')
  const address = fc.array(token, { maxLength: 7 })
  const pattern = fc.array(fc.oneof(token, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 6 })

  it('finds what a naive matcher finds, in the order that is promised', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), address, (patterns, tokens) => {
        const tree = new PatternTree<string>()
        const keys = new Map<string, string>()
        for (const one of patterns) {
          const key = rank(inNormalForm(one), tokens)
          assert.equal(key !== undefined, covers(one, tokens), 'the normal form covers the same')
          const name = inNormalForm(one).join('/')
          tree.set(one, name)
          if (key !== undefined) keys.set(key, name)
        }
        const [best] = [...keys.keys()].sort()
        assert.equal(tree.match(tokens.join('/')), best === undefined ? undefined : keys.get(best))
      }),
      { numRuns: 5_000 },
    )
  })
})

/** Whether the pattern matches, by trying all there is. */
function covers([first, ...rest]: readonly string[], tokens: readonly string[]): boolean {
  if (first === undefined) return tokens.length === 0
  if (first === '#') return tokens.some((_, n) => covers(rest, tokens.slice(n))) || covers(rest, [])
  return tokens.length > 0 && (first === '*' || first === tokens[0]) && covers(rest, tokens.slice(1))
}

/** The least of all ways in which the pattern matches, as a text that compares as the ways do; undefined: there is none. */
function rank(pattern: readonly string[], tokens: readonly string[]): string | undefined {
  const ways: string[] = []
  const walk = (p: number, t: number, way: string, inAny: boolean): void => {
    const wanted = pattern[p]
    const ended = t === tokens.length
    if (wanted === undefined && ended) ways.push(`${way}${inAny ? 'z' : 'a'}`)
    if (wanted === '#' && !inAny) return walk(p + 1, t, `${way}d`, true)
    if (wanted === '*' && !ended) walk(p + 1, t + 1, `${way}c`, false)
    else if (wanted !== undefined && wanted === tokens[t]) walk(p + 1, t + 1, `${way}b`, false)
    if (inAny && !ended) walk(p, t + 1, `${way}e`, true)
  }
  walk(0, 0, '', false)
  return ways.sort()[0]
}
