import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { onLines, onOneLine } from '../../../src/cli/readable-value.ts'
import { decodeJson, encodeJson } from '../../../src/index.ts'

describe('a value on one line', () => {
  it('is the JSON that is sent, where there is room, and nothing where there is not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(100), (value, room) => {
        const text = onOneLine(value, room)
        if (text === undefined) return encodeJson(value).length > room || /\\u/.test(encodeJson(value))
        return text.length <= room && encodeJson(decodeJson(text)) === encodeJson(value)
      }),
    )
  })

  it('fits to the character', () => {
    for (const value of [{ a: [1, 'x'], b: {} }, [], {}, 'text', 12, [[[]]]]) {
      const text = encodeJson(value)
      assert.equal(onOneLine(value, text.length), text)
      assert.equal(onOneLine(value, text.length - 1), undefined)
    }
  })
})

describe('a value on several lines', () => {
  it('has a member a line, and what fits on one line stays there', () => {
    const value = {
      id: 7,
      image: { name: 'cirros', size: 12 },
      networks: [{ label: 'private', ips: ['10.0.0.3', '10.0.0.4'] }],
    }
    assert.deepEqual(onLines(value, 42), [
      '{',
      '  "id": 7,',
      '  "image": {"name": "cirros", "size": 12},',
      '  "networks": [',
      '    {',
      '      "label": "private",',
      '      "ips": ["10.0.0.3", "10.0.0.4"]',
      '    }',
      '  ]',
      '}',
    ])
  })

  it('is the same JSON, whatever the width, while it is not too long', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(60), (value, width) => {
        const lines = onLines(value, width)
        return lines.length > 100 || encodeJson(decodeJson(lines.join('\n'))) === encodeJson(value)
      }),
    )
  })

  it('keeps integers exact, and control characters escaped', () => {
    assert.deepEqual(onLines([9007199254740993n, '\u001b[2J\n'], 5), [
      '[',
      '  9007199254740993,',
      '  "\\u001b[2J\\n"',
      ']',
    ])
  })

  it('ends after a hundred, and says where the rest is', () => {
    for (const value of [Array.from({ length: 100_000 }, () => 'a text of some length'), nested(250)]) {
      const lines = onLines(value, 20)
      assert.equal(lines.length, 101)
      assert.match(lines.at(-1) as string, /--json shows all/)
    }
  })

  it('shortens a very long text, and says how long it is', () => {
    const [, line = ''] = onLines({ image: 'x'.repeat(100_000) }, 80)
    assert.match(line, /^ {2}"image": "x{1000}"… \(100000 characters\)$/)
  })
})

function nested(depth: number): unknown {
  let value: unknown = 'the innermost text'
  for (let level = 0; level < depth; level += 1) value = [value, level]
  return value
}
