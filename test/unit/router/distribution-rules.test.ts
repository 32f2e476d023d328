import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Distribution } from '../../../src/router/distribution.ts'
import { DistributionRules } from '../../../src/router/distribution-rules.ts'

describe('the default rules', () => {
  const rules = new DistributionRules()
  const expected: readonly (readonly [address: string, Distribution])[] = [
    ['openstack.org/om/rpc/multicast/openstack/t', 'multicast'],
    ['openstack.org/om/rpc/unicast/openstack/t/s', 'closest'],
    ['openstack.org/om/rpc/anycast/openstack/t', 'balanced'],
    ['openstack.org/om/notify/multicast/openstack/t', 'multicast'],
    ['openstack.org/om/notify/unicast/openstack/t', 'closest'],
    ['openstack.org/om/notify/anycast/openstack/t.info', 'balanced'],
    ['broadcast.openstack.t.all', 'multicast'],
    ['exclusive.openstack.t.s', 'closest'],
    ['unicast.openstack.t', 'closest'],
    ['/broadcast/openstack/t', 'multicast'],
    ['/unicast.openstack.t', 'closest'],
    ['/exclusive/x', 'closest'],
    ['broadcast', 'multicast'],
    ['broadcastfoo', 'balanced'],
    ['multicastX.y', 'balanced'],
    ['openstack.org/om/rpc/multicasting/t', 'balanced'],
    ['openstack.org/om/rpc', 'balanced'],
    ['anything', 'balanced'],
    ['', 'balanced'],
    ['/', 'balanced'],
  ]
  for (const [address, distribution] of expected) {
    it(`make "${address}" ${distribution}`, () => assert.equal(rules.of(address), distribution))
  }

  it('are found quickly for an address of a million separators', () => {
    assert.equal(rules.of('.'.repeat(1_000_000)), 'balanced')
    assert.equal(rules.of(`broadcast${'/'.repeat(1_000_000)}`), 'multicast')
  })
})

describe('rules given by the user', () => {
  it('go before the defaults with the same prefix, and the longest prefix wins', () => {
    const rules = new DistributionRules([
      { prefix: '/broadcast/', distribution: 'closest' },
      { prefix: 'broadcast.all', distribution: 'multicast' },
      { prefix: 'secret', distribution: 'unavailable' },
    ])
    assert.equal(rules.of('broadcast.x'), 'closest')
    assert.equal(rules.of('broadcast/all/x'), 'multicast')
    assert.equal(rules.of('broadcast/allx'), 'closest')
    assert.equal(rules.of('secret.x'), 'unavailable')
  })

  it('can say what happens to all other addresses', () => {
    assert.equal(new DistributionRules([], 'unavailable').of('x'), 'unavailable')
  })

  it('cover a long prefix by whole tokens', () => {
    const prefix = `very/${'long/'.repeat(40)}end`
    const rules = new DistributionRules([{ prefix, distribution: 'multicast' }])
    assert.equal(rules.of(`${prefix}/x`), 'multicast')
    assert.equal(rules.of(`/${prefix}`), 'multicast')
    assert.equal(rules.of(`${prefix}x`), 'balanced')
    assert.equal(rules.of(`/${prefix}x`), 'balanced')
  })

  it('are refused without a token, given twice, or with an unknown word', () => {
    const given =
      (...prefixes: string[]) =>
      () =>
        new DistributionRules(prefixes.map((prefix) => ({ prefix, distribution: 'closest' })))
    assert.throws(given('/'), { code: 'ROUTER_OPTIONS', message: /at least one token/ })
    assert.throws(given('a.b', '/a/b'), { code: 'ROUTER_OPTIONS', message: /has a rule already/ })
    assert.throws(() => new DistributionRules([{ prefix: 'x', distribution: 'many' as Distribution }]), {
      code: 'ROUTER_OPTIONS',
    })
  })
})
