import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseOsloIni } from '../../../src/messaging/oslo-ini.ts'
import { type LookUp, substituted } from '../../../src/messaging/oslo-substitution.ts'

const parsed = (text: string) =>
  Object.fromEntries([...parseOsloIni(text, 'x.conf')].map(([group, names]) => [group, Object.fromEntries(names)]))

describe('the INI dialect of oslo.config', () => {
  it('has groups, names with = or :, comments on lines of their own, and repeated names', () => {
    const text = `# comment
; another
[DEFAULT]
a = 1
b: two words  # not a comment
c = x:y
d : p=q
driver = one
driver = two

[Oslo_Messaging_AMQP]
e =
`
    assert.deepEqual(parsed(text), {
      DEFAULT: { a: ['1'], b: ['two words  # not a comment'], c: ['x:y'], d: ['p=q'], driver: ['one', 'two'] },
      oslo_messaging_amqp: { e: [''] },
    })
  })

  it('takes one pair of quotes off a value', () => {
    assert.deepEqual(parsed(`[a]\nb = "x y "\nc = 'z'\nd = "open\ne = "\nf = ""`), {
      a: { b: ['x y '], c: ['z'], d: ['"open'], e: [''], f: [''] },
    })
  })

  it('goes on with a value on indented lines, until an empty line', () => {
    assert.deepEqual(parsed('[a]\r\nb = 1\r\n  2\n\t3\nc = 4'), { a: { b: ['1\n2\n3'], c: ['4'] } })
  })

  const defects: readonly [string, string, RegExp][] = [
    ['an option before the first group', 'a = 1', /^x\.conf, line 1: expected a group/],
    ['a line without = and :', '[a]\nsecretword', /^x\.conf, line 2: expected "name = value"$/],
    ['a value without a name', '[a]\n= secret', /^x\.conf, line 2: a value without a name$/],
    ['a group that does not end', '[a', /^x\.conf, line 1: expected "\]"/],
    ['a group without a name', '\n[]', /^x\.conf, line 2: a group without a name$/],
    ['an indented line that belongs to nothing', '[a]\n\n  secret', /^x\.conf, line 3: an indented line/],
  ]
  for (const [what, text, message] of defects) {
    it(`says where there is ${what}, and never shows it`, () => {
      assert.throws(
        () => parseOsloIni(text, 'x.conf'),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'CONFIG_FILE')
          assert.match(error.message, message)
          assert.doesNotMatch(error.message, /secret/)
          return true
        },
      )
    })
  }
})

describe('references in values', () => {
  const values: Record<string, string> = {
    'DEFAULT.host': 'h',
    'a.host': 'own',
    'a.port': '$b.port',
    'b.port': '5672',
    'a.round': '$a.round',
  }
  const lookUp: LookUp = (group, name) => values[`${group}.${name}`]

  it('are to the same group, to DEFAULT, or to another group', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: oslo's form
    assert.equal(substituted('x-$host-${host}y', 'a', lookUp), 'x-own-owny')
    assert.equal(substituted('$host', 'b', lookUp), 'h')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: oslo's form
    assert.equal(substituted('amqp://$host:${a.port}/', 'b', lookUp), 'amqp://h:5672/')
  })

  it('are not what is escaped, nor a dollar sign that no name follows', () => {
    assert.equal(substituted('a$$b \\$host $ 5$ $1', 'a', lookUp), 'a$b $host $ 5$ $1')
  })

  it('to nothing, or in a circle, are errors that name it and no value', () => {
    assert.throws(() => substituted('pw:$nope', 'a', lookUp), {
      code: 'CONFIG_FILE',
      message: 'group [a] refers to $nope, and there is no such option; a dollar sign itself is written $$',
    })
    assert.throws(() => substituted('$round', 'a', lookUp), /refers to itself in the end/)
  })
})
