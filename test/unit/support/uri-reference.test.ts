import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isUriReference, uriReferenceOf, uriSegment } from '../../../src/support/uri-reference.ts'

describe('a URI reference', () => {
  const valid = [
    ...[
      '',
      'a',
      'compute.node-1',
      'a/b//c',
      '/a',
      '/',
      '//host:80/a',
      '//',
      '?q',
      '#f',
      'a?b?c#d/e?f',
      './a:b',
      "!$&'()*+,;=@",
    ],
    ...[
      'http://joe:x@host:80/a?b#c',
      'http:',
      'urn:uuid:1-2',
      'mailto:a@b',
      'a+b-c.d:e',
      'a%20b',
      'x:/',
      'x:a//b',
      'tag:a,2026:b',
    ],
  ]
  for (const text of valid) it(`is "${text}"`, () => assert.ok(isUriReference(text)))

  const invalid = [
    'a b',
    'a%2',
    'a%zz',
    '%',
    'ž',
    '1:2',
    ':a',
    'a#b#c',
    '//h:a',
    '//a@b@c',
    '<a>',
    'a\\b',
    'a\n',
    '[a]',
    '^',
    '"',
    '|',
  ]
  for (const text of invalid) it(`is not ${JSON.stringify(text)}`, () => assert.ok(!isUriReference(text)))

  it('is not what is longer than anybody writes', () => assert.ok(!isUriReference('a'.repeat(5000))))
})

describe('a text as a URI reference', () => {
  for (const [text, expected] of [
    ['compute.node-1', 'compute.node-1'],
    ['https://cloud.example/nova?a=b', 'https://cloud.example/nova?a=b'],
    ['a node', 'a%20node'],
    ['köln/1', 'k%C3%B6ln/1'],
    ['10.0.0.1:80', '10.0.0.1%3A80'],
    ['a#b#c', 'a%23b%23c'],
    ['100%', '100%25'],
    ['\ud800', '%EF%BF%BD'],
  ] as const)
    it(`is ${expected} for ${JSON.stringify(text)}`, () => assert.equal(uriReferenceOf(text), expected))

  it('is always one, also as a segment, and that is the text again when it is decoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.ok(isUriReference(uriReferenceOf(text)))
        assert.match(uriSegment(text), /^[^/?#:@]*$/)
        assert.equal(decodeURIComponent(uriSegment(text)), text)
      }),
    )
  })

  it('is one for a very long text, too', () => {
    const reference = uriReferenceOf('/'.repeat(2_000_000))
    assert.match(reference.slice(0, 6), /%2F%2F/)
  })
})
