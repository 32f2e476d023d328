import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeValue } from '../../../src/support/describe-value.ts'

test('a value in a message shows whether it is a text, and nothing of what is in an object', () => {
  for (const [value, text] of [
    ['5', '"5"'],
    [5, '5'],
    [5n, '5'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [['secret'], 'an array'],
    [{ password: 'secret' }, 'an object'],
    [Object.create(null), 'an object'],
    [class Secret {}, 'a function'],
  ] as const)
    assert.equal(describeValue(value), text)
})
