import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RouterOptionsError } from '../../../src/router/errors.ts'
import { addressMatch } from '../../../src/testing/address-pattern.ts'
import { REPLIES } from '../../../src/testing/index.ts'

describe('a pattern of addresses', () => {
  it('is an address, a pattern with wildcards, or a prefix of whole tokens', () => {
    const covered = (pattern: Parameters<typeof addressMatch>[0]): string[] =>
      ['a', '/a', 'a/b', 'a.b', 'a/b/c', 'ab', 'c'].filter(addressMatch(pattern, 'x'))
    assert.deepEqual(covered('a'), ['a', '/a'])
    assert.deepEqual(covered('a.b'), ['a/b', 'a.b'])
    assert.deepEqual(covered('a/*'), ['a/b', 'a.b'])
    assert.deepEqual(covered('#/c'), ['a/b/c', 'c'])
    assert.deepEqual(covered('#').length, 7)
    assert.deepEqual(covered({ prefix: 'a' }), ['a', '/a', 'a/b', 'a.b', 'a/b/c'])
  })

  it('for replies covers dynamic addresses', () => {
    const isReply = addressMatch(REPLIES, 'x')
    assert.ok(isReply('amqp:/_topo/0/router-1/temp.Yx-_9'))
    assert.ok(!isReply('amqp/topo'))
  })

  it('is refused when it is none, with its place', () => {
    for (const wrong of ['', '/', { prefix: '#' }, { prefix: 7 }, {}, { prefix: 'a', pattern: 'b' }, null, 7])
      assert.throws(
        () => addressMatch(wrong as string, 'chaos.x: address'),
        (error) => error instanceof RouterOptionsError && error.message.startsWith('chaos.x: address'),
        JSON.stringify(wrong),
      )
  })
})
