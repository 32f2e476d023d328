import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeJson, encodeJson, JsonFloat } from '../../../src/messaging/json.ts'

describe('encodeJson', () => {
  it('separates with a comma or colon and a blank, as Python does', () => {
    assert.equal(
      encodeJson({ a: [1, 2], b: { c: null, d: true, e: false } }),
      '{"a": [1, 2], "b": {"c": null, "d": true, "e": false}}',
    )
    assert.equal(encodeJson([{}, [], '']), '[{}, [], ""]')
  })

  it('escapes everything outside of printable ASCII, in lower case', () => {
    assert.equal(encodeJson('é€😀\u0000\u007f\u2028/'), '"\\u00e9\\u20ac\\ud83d\\ude00\\u0000\\u007f\\u2028/"')
    assert.equal(encodeJson('"\\\b\f\n\r\t'), '"\\"\\\\\\b\\f\\n\\r\\t"')
    assert.equal(encodeJson({ ключ: 1 }), '{"\\u043a\\u043b\\u044e\\u0447": 1}')
    assert.equal(encodeJson('\ud83d alone'), '"\\ud83d alone"')
  })

  for (const [value, text] of [
    [0, '0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [2.5, '2.5'],
    [2 ** 53 - 1, '9007199254740991'],
    [2 ** 53, '9007199254740992.0'],
    [1e16, '1e+16'],
    [123456789012345680000, '1.2345678901234568e+20'],
    [1e22, '1e+22'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [5e-324, '5e-324'],
    [-1.7976931348623157e308, '-1.7976931348623157e+308'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ] as const) {
    it(`writes the number ${Object.is(value, -0) ? '-0' : value} as ${text}`, () => {
      assert.equal(encodeJson(value), text)
    })
  }

  it('writes a JsonFloat with a fraction even if it is whole', () => {
    assert.equal(
      encodeJson([new JsonFloat(1), new JsonFloat(0), new JsonFloat(-0), new JsonFloat(1e16)]),
      '[1.0, 0.0, -0.0, 1e+16]',
    )
  })

  it('writes bigints as digits', () => {
    assert.equal(encodeJson([2n ** 64n, -1n]), '[18446744073709551616, -1]')
  })

  it('leaves out undefined members and writes undefined elements as null', () => {
    assert.equal(encodeJson({ a: undefined, b: [undefined], c: 1 }), '{"b": [null], "c": 1}')
    assert.equal(encodeJson({ a: undefined }), '{}')
    assert.equal(encodeJson(undefined), 'null')
  })

  it('writes dates, bytes, maps, sets and errors as oslo does', () => {
    assert.equal(encodeJson(new Date('2024-01-02T03:04:05.678Z')), '"2024-01-02T03:04:05.678000"')
    assert.equal(encodeJson(Buffer.from('é')), '"\\u00e9"')
    assert.equal(
      encodeJson(
        new Map<unknown, unknown>([
          [1, 'a'],
          [null, 'b'],
          [2.5, 'c'],
          [true, 'd'],
        ]),
      ),
      '{"1": "a", "null": "b", "2.5": "c", "true": "d"}',
    )
    assert.equal(encodeJson(new Set([1, 2])), '[1, 2]')
    assert.equal(encodeJson(new RangeError('far')), '"RangeError: far"')
    assert.equal(encodeJson(new Float32Array([1.5])), '[1.5]')
  })

  it('honours toJSON', () => {
    assert.equal(encodeJson({ at: new URL('http://h/') }), '{"at": "http://h/"}')
    assert.equal(encodeJson({ toJSON: () => ({ a: 1 }) }), '{"a": 1}')
  })

  it('writes members of class instances and of objects without a prototype', () => {
    class Point {
      x = 1
      get y(): number {
        return 2
      }
    }
    assert.equal(encodeJson(new Point()), '{"x": 1}')
    assert.equal(encodeJson(Object.assign(Object.create(null), { a: 1 })), '{"a": 1}')
  })

  const cycle: Record<string, unknown> = { list: [] }
  ;(cycle.list as unknown[]).push({ back: cycle })
  for (const [name, value, message] of [
    ['a function', { a: [0, { f: () => 1 }] }, 'value.a[1].f cannot be expressed in JSON: a function'],
    ['a symbol', [Symbol('s')], 'value[0] cannot be expressed in JSON: a symbol'],
    [
      'a promise',
      { 'not a name': Promise.resolve() },
      'value["not a name"] cannot be expressed in JSON: a promise (is an await missing?)',
    ],
    ['a cycle', cycle, 'value.list[0].back cannot be expressed in JSON: it refers back to value'],
    [
      'bytes that are no text',
      new Uint8Array([0xff]),
      'value cannot be expressed in JSON: bytes that are not UTF-8 text',
    ],
    ['an invalid date', { at: new Date(Number.NaN) }, 'value.at cannot be expressed in JSON: an invalid Date'],
  ] as const) {
    it(`refuses ${name}, and names the place`, () => {
      assert.throws(() => encodeJson(value), { name: 'TypeError', message })
    })
  }

  it('refuses a map whose keys are objects', () => {
    assert.throws(() => encodeJson(new Map([[{}, 1]])), TypeError)
  })

  it('refuses more levels than a reader accepts', () => {
    let deep: unknown = 1
    for (let i = 0; i < 256; i += 1) deep = [deep]
    encodeJson(deep)
    assert.throws(() => encodeJson([deep]), /nested more than 256 levels/)
  })

  it('lets what a toJSON of the application throws pass', () => {
    const failure = new Error('application')
    assert.throws(
      () =>
        encodeJson({
          toJSON() {
            throw failure
          },
        }),
      failure,
    )
  })
})

describe('decodeJson', () => {
  it('reads what the native parser reads, in the same way', () => {
    const text = '{"a": [1, -2.5e3, "\\u00e9\\n", null, true, false], "b": {}}'
    assert.deepEqual(decodeJson(text), JSON.parse(text))
  })

  it('keeps integers beyond 2^53 as bigints, and others as numbers', () => {
    assert.deepEqual(decodeJson('[9007199254740991, 9007199254740992, -9007199254740993, 1e20, 12345678901234567.5]'), [
      9007199254740991,
      9007199254740992n,
      -9007199254740993n,
      1e20,
      12345678901234568,
    ])
    assert.equal(decodeJson(String(2n ** 200n)), 2n ** 200n)
  })

  it('reads the tokens NaN, Infinity and -Infinity', () => {
    assert.deepEqual(decodeJson('{"a":[NaN, Infinity ,-Infinity]}'), { a: [Number.NaN, Infinity, -Infinity] })
    assert.deepEqual(decodeJson('["NaN"]'), ['NaN'])
  })

  it('keeps lone surrogates', () => {
    assert.equal(decodeJson('"\\ud83d"'), '\ud83d')
    assert.deepEqual(decodeJson('["\\ud83d", 9007199254740993]'), ['\ud83d', 9007199254740993n])
  })

  for (const suffix of ['1', '9007199254740993']) {
    it(`makes a key __proto__ an ordinary member (beside ${suffix})`, () => {
      const value = decodeJson(`{"__proto__": {"polluted": true}, "n": ${suffix}}`) as object
      assert.equal((value as { polluted?: unknown }).polluted, undefined)
      assert.equal(Object.getPrototypeOf(value), Object.prototype)
      assert.ok(Object.hasOwn(value, '__proto__'))
    })
  }

  it('takes the last of duplicate keys', () => {
    assert.deepEqual(decodeJson('{"a": 1, "a": NaN}'), { a: Number.NaN })
  })

  for (const open of ['[', '{"a": ']) {
    it(`refuses more than 256 levels of ${open}`, () => {
      const close = open === '[' ? ']' : '}'
      const nested = (levels: number, inner: string): string => open.repeat(levels) + inner + close.repeat(levels)
      for (const inner of ['1', 'NaN', '9007199254740993']) {
        decodeJson(nested(256, inner))
        assert.throws(() => decodeJson(nested(257, inner)), SyntaxError)
      }
      assert.throws(() => decodeJson(open.repeat(1_000_000)), SyntaxError)
    })
  }

  it('refuses integers of more than 4300 digits', () => {
    assert.equal(decodeJson('9'.repeat(4300)), BigInt('9'.repeat(4300)))
    assert.throws(() => decodeJson(`[${'9'.repeat(4301)}]`), SyntaxError)
  })

  for (const text of [
    '',
    '{',
    '[1,]',
    '{"a" 1}',
    'nul',
    'NaNa',
    '[NaN',
    '"NaN',
    '{NaN: 1}',
    '01234567890123456',
    '[12345678901234567 1]',
    '"\u0001 NaN"',
    '-NaN',
    '1234567890123456.',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => decodeJson(text), SyntaxError)
    })
  }

  it('reads what encodeJson wrote: the same value', () => {
    const value = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.integer(),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 300n }),
        fc.string({ unit: 'binary' }),
        fc.array(tie('tree')),
        fc.dictionary(fc.string(), tie('tree')),
      ),
    })).tree
    // Whole doubles beyond 2^53 are written as floats, and read as numbers.
    fc.assert(fc.property(value, (tree) => assert.deepEqual(decodeJson(encodeJson(tree)), normalize(tree))))
  })
})

/** Objects that fast-check made without a prototype, with Object's. */
function normalize(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalize)
  if (typeof value !== 'object' || value === null) return value
  const object = {}
  for (const [key, inner] of Object.entries(value)) {
    Object.defineProperty(object, key, {
      value: normalize(inner),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}
