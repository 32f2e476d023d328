import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJsonArgument, parseJsonObject } from '../../../src/cli/json-argument.ts'

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    assert.equal((error as Error).name, 'UsageError')
    return (error as Error).message
  }
  throw new Error('it was taken')
}

describe('a JSON argument', () => {
  it('keeps integers exact and reads the tokens of Python', () => {
    assert.equal(parseJsonArgument('9007199254740993', 'X'), 9007199254740993n)
    assert.deepEqual(parseJsonArgument('[NaN, Infinity, -Infinity]', 'X'), [Number.NaN, Infinity, -Infinity])
  })

  it('that is none is shown with the place of the mistake', () => {
    const lines = messageOf(() => parseJsonArgument('{"a": 1, b: 2}', 'ARGS_JSON')).split('\n')
    assert.match(lines[0] ?? '', /^error: ARGS_JSON is not JSON: /)
    const at = (lines[2] ?? '').indexOf('^')
    assert.equal(lines[1]?.slice(at), 'b: 2}')
    assert.match(lines[3] ?? '', /single quotes for the shell/)
  })

  it('shows the place of a mistake far inside a long text, and not the whole text', () => {
    const text = `{"a": "${'x'.repeat(5000)}", b}`
    const lines = messageOf(() => parseJsonArgument(text, 'ARGS_JSON')).split('\n')
    assert.ok((lines[1] ?? '').length < 100)
    assert.equal(lines[1]?.slice((lines[2] ?? '').indexOf('^')), 'b}')
  })

  it('shows control characters escaped', () => {
    const message = messageOf(() => parseJsonArgument('{\u001b[31m', 'ARGS_JSON'))
    assert.ok(!message.includes('\u001b'))
    assert.ok(message.includes('\\u001b'))
  })

  it('that is empty, or ends too early, is told as such', () => {
    for (const text of ['', '{"a": ', '"a'])
      assert.match(
        messageOf(() => parseJsonArgument(text, 'X')),
        /X is not JSON/,
      )
  })
})

describe('a JSON object', () => {
  it('is taken as it is', () => assert.deepEqual(parseJsonObject('{"a": [1]}', 'X'), { a: [1] }))

  it('is no other value, and the message says which value it is', () => {
    const kinds: readonly [string, string][] = [
      ['[1]', 'an array'],
      ['null', 'null'],
      ['"a"', 'a string'],
      ['1', 'a number'],
      ['9007199254740993', 'a number'],
      ['true', 'a boolean'],
    ]
    for (const [text, kind] of kinds)
      assert.ok(messageOf(() => parseJsonObject(text, 'X')).includes(`not ${kind}: ${text}`), kind)
  })

  it('is not shown in full when what was given is long', () => {
    assert.ok(messageOf(() => parseJsonObject(JSON.stringify('x'.repeat(5000)), 'X')).length < 200)
  })
})
