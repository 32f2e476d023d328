import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { saslprep } from '../../../src/amqp/saslprep.ts'

describe('SASLprep', () => {
  // RFC 4013, section 3; the last of its examples is about bidirectional text, which is not looked at.
  for (const [what, text, prepared] of [
    ['maps the soft hyphen to nothing', 'I\u00adX', 'IX'],
    ['leaves what needs nothing', 'user', 'user'],
    ['leaves the case', 'USER', 'USER'],
    ['normalises to NFKC', '\u00aa', 'a'],
    ['normalises to NFKC what has several letters', '\u2168', 'IX'],
    ['refuses controls', '\u0007', undefined],
    ['maps spaces to the one of ASCII', 'a\u00a0b\u3000c\u2003d', 'a b c d'],
    ['maps joiners and the byte order mark to nothing', 'a\u200d\u200c\ufeff\u2060b', 'ab'],
    [
      'takes all that is visible in ASCII',
      ' !"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~',
      ' !"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~',
    ],
    ['takes letters outside the first plane', '\u{1f511}\u{20000}', '\u{1f511}\u{20000}'],
    ['takes an empty text', '', ''],
  ] as const)
    it(what, () => assert.equal(saslprep(text), prepared))

  it('refuses all that RFC 4013 prohibits', () => {
    for (const code of [
      0x00, 0x1f, 0x7f, 0x80, 0x9f, 0x6dd, 0x70f, 0x180e, 0x2028, 0x2029, 0x2061, 0x206a, 0xfff9, 0x1d173, 0xe000,
      0xf8ff, 0xf0000, 0x10fffd, 0xfdd0, 0xfffe, 0x1ffff, 0xd800, 0xdfff, 0xfffd, 0x2ff0, 0x200e, 0x202a, 0xe0001,
      0xe0041,
    ])
      assert.equal(saslprep(`a${String.fromCodePoint(code)}b`), undefined, code.toString(16))
  })
})
