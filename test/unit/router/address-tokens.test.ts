import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AddressTokens } from '../../../src/router/address-tokens.ts'

function tokensOf(address: string): string[] {
  const source = new AddressTokens(address)
  const tokens: string[] = []
  for (let token = source.at(0); token !== undefined; token = source.at(tokens.length)) tokens.push(token)
  return tokens
}

describe('the tokens of an address', () => {
  it('stand between slashes or dots', () => {
    assert.deepEqual(tokensOf('openstack.org/om/rpc'), ['openstack', 'org', 'om', 'rpc'])
    assert.deepEqual(tokensOf('unicast.openstack.t'), ['unicast', 'openstack', 't'])
  })

  it('are the same with separators at the beginning or the end', () => {
    for (const address of ['/a/b', 'a/b/', '//a.b..', '.a/b']) assert.deepEqual(tokensOf(address), ['a', 'b'], address)
  })

  it('may be empty between two separators', () => {
    assert.deepEqual(tokensOf('a//b'), ['a', '', 'b'])
  })

  it('are none of separators alone', () => {
    for (const address of ['', '/', './/.']) assert.deepEqual(tokensOf(address), [], address)
  })

  it('can be asked for in any order', () => {
    const tokens = new AddressTokens('a/b/c')
    assert.equal(tokens.at(2), 'c')
    assert.equal(tokens.at(0), 'a')
    assert.equal(tokens.at(3), undefined)
  })
})
