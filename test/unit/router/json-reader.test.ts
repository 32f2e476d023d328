import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConfigFile } from '../../../src/router/config-file.ts'
import { RouterConfigError } from '../../../src/router/errors.ts'
import { type JsonText, readJson } from '../../../src/router/json-reader.ts'

const read = (text: string): JsonText => readJson(new ConfigFile('f.json', text))

/** With ordinary objects, as JSON.parse makes them. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('the JSON reader', () => {
  it('reads what JSON.parse reads', () => {
    const names = fc.string({ maxLength: 20 }).filter((name) => name !== '__proto__')
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(value, fc.constantFrom('', '  ', '\t'), (given, indent) => {
        const text = JSON.stringify(given, null, indent)
        assert.deepEqual(plain(read(text).value), JSON.parse(text))
      }),
      { numRuns: 1_000 },
    )
  })

  it('knows the line of every place', () => {
    const { lines } = read('{\n  "a": [1,\n 2,\n {"b":\n 3}]\n}')
    assert.deepEqual(Object.fromEntries(lines), { '': 1, a: 2, 'a[0]': 2, 'a[1]': 3, 'a[2]': 4, 'a[2].b': 5 })
  })

  it('gives objects that inherit nothing', () => {
    const { value } = read('{"__proto__": 1, "constructor": 2}') as { value: Record<string, unknown> }
    assert.equal(Object.getPrototypeOf(value), null)
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
  })

  const wrong: readonly (readonly [text: string, message: string])[] = [
    ['', 'f.json:1: expected a value: a text in double quotes, a number, true, false, null, { or [, and the file ends'],
    ['{', 'f.json:1: expected a name in double quotes, and the file ends'],
    ['{\n"a": 1,\n}', 'f.json:3: expected a name in double quotes'],
    ['{\n"a" 1}', 'f.json:2: expected ":" behind the name "a"'],
    ['{"a": 1\n"b": 2}', 'f.json:2: expected "," or "}"'],
    ['[1\n\n2]', 'f.json:3: expected "," or "]"'],
    ['{"a": yes}', 'f.json:1: expected a value: a text in double quotes, a number, true, false, null, { or ['],
    ['{"a": "b\n"}', 'f.json:1: expected a double quote at the end of the text, on the same line'],
    ['{"a": "\\x"}', 'f.json:1: expected a text without control characters, and none but the escapes of JSON'],
    ['{"a": 1,\n"a": 2}', 'f.json:2: expected each name once, and "a" stands here again'],
    ['{}\n{}', 'f.json:2: expected nothing more behind the end'],
    ['// no\n{}', 'f.json:1: expected a value: a text in double quotes, a number, true, false, null, { or ['],
    ['[01]', 'f.json:1: expected "," or "]"'],
    [`{"${'x'.repeat(101)}": 1}`, 'f.json:1: expected a name of at most 100 characters'],
    ['['.repeat(100_000), 'f.json:1: expected at most 16 objects and arrays in each other'],
  ]
  for (const [text, message] of wrong) {
    it(`says of ${JSON.stringify(text.slice(0, 20))} what was expected, and in which line`, () => {
      assert.throws(() => read(text), { name: 'RouterConfigError', code: 'ROUTER_CONFIG', message })
    })
  }

  it('shows nothing of the values, which may be secrets', () => {
    for (const text of ['{"passphrase": s3cret}', '{"passphrase": "s3cret\\x"}', '{"passphrase": "s3cret'])
      assert.throws(
        () => read(text),
        (error: Error) => !error.message.includes('s3cret'),
      )
  })

  it('takes any text for what it is', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '\n', ' ', 'a', '1', '-', 'true', 'e')
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
        const text = parts.join('')
        let parsed: unknown
        try {
          parsed = JSON.parse(text)
        } catch {
          assert.throws(() => read(text), RouterConfigError)
          return
        }
        // A name that stands twice is refused here.
        try {
          assert.deepEqual(plain(read(text).value), plain(parsed))
        } catch (error) {
          if (!(error instanceof RouterConfigError && error.message.includes('each name once'))) throw error
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
