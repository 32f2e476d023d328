import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namesDefect } from '../../../src/support/known-names.ts'

const KNOWN = new Set(['timeoutMs', 'retry'])

describe('the names of options', () => {
  it('are all known', () => {
    assert.equal(namesDefect('options', {}, KNOWN), undefined)
    assert.equal(namesDefect('options', { timeoutMs: 1, retry: undefined }, KNOWN), undefined)
    assert.equal(namesDefect('options', Object.create(null), KNOWN), undefined)
  })

  it('are told with their place, and with the one that was meant', () => {
    assert.equal(
      namesDefect('options of call', { retry: 1, timeoutms: 5 }, KNOWN),
      'options of call: unknown name "timeoutms"; did you mean "timeoutMs"?',
    )
    assert.equal(
      namesDefect('options', { priority: undefined }, KNOWN),
      'options: unknown name "priority"; there are timeoutMs, retry',
    )
  })

  it('count also where they are inherited, for so they are read', () => {
    assert.match(namesDefect('options', Object.create({ retri: 1 }), KNOWN) ?? '', /did you mean "retry"/)
    assert.equal(namesDefect('options', Object.create({ retry: 1 }), KNOWN), undefined)
  })

  it('stand in an object', () => {
    for (const [value, text] of [
      [null, 'null'],
      [undefined, 'undefined'],
      ['5', '"5"'],
      [5, '5'],
      [[], 'an array'],
      [() => 5, 'a function'],
    ] as const) {
      assert.equal(namesDefect('options', value as object, KNOWN), `options: expected an object, not ${text}`)
    }
  })
})
