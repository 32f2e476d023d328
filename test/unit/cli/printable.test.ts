import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { printable, withoutCredentials } from '../../../src/cli/printable.ts'

describe('printable', () => {
  it('escapes what commands a terminal, turns the reading direction, or breaks the line', () => {
    assert.equal(
      printable('a\u001b[31m\u0007\n\t\r\u007f\u009b'),
      'a\\u001b[31m\\u0007\\u000a\\u0009\\u000d\\u007f\\u009b',
    )
    assert.equal(printable('\u202e\u2066\u2028\ufeff'), '\\u202e\\u2066\\u2028\\ufeff')
  })

  it('leaves the letters of all scripts as they are', () => {
    assert.equal(printable('žluťoučký 馬 🐎 "\\'), 'žluťoučký 馬 🐎 "\\')
  })

  it('keeps JSON the same JSON', () => {
    const text = JSON.stringify({ a: '\u009b\u202e' })
    assert.deepEqual(JSON.parse(printable(text)), JSON.parse(text))
  })
})

describe('withoutCredentials', () => {
  it('takes user names and passwords out of URLs, of each host', () => {
    assert.equal(withoutCredentials('no amqp://joe:secret@h1:5672/v, sorry'), 'no amqp://***@h1:5672/v, sorry')
    assert.equal(withoutCredentials('amqps://a:b@h1,c:d@h2'), 'amqps://***@h2')
  })

  it('leaves other texts alone', () => {
    for (const text of ['amqp://host:5672/v', 'mail joe@example.com', 'see http://a.example/ or ask joe@b.example'])
      assert.equal(withoutCredentials(text), text)
  })
})
