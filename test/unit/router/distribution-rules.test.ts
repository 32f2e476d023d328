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
    ['openstack.org/om/notify/anycast/openstack/t.info', 'queue'],
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

  it('are patterns too: the most specific one wins', () => {
    const rules = new DistributionRules([
      { pattern: 'events.*.error', distribution: 'multicast' },
      { pattern: 'events/#', distribution: 'closest' },
      { pattern: '#.audit', distribution: 'unavailable' },
      { pattern: 'unicast.#.log', distribution: 'multicast' },
    ])
    assert.equal(rules.of('/events/nova/error'), 'multicast')
    assert.equal(rules.of('events.nova.cell.error'), 'closest')
    assert.equal(rules.of('events.audit'), 'closest')
    assert.equal(rules.of('other.audit'), 'unavailable')
    assert.equal(rules.of('unicast.a.b.log'), 'multicast')
    assert.equal(rules.of('unicast.a.b'), 'closest')
  })

  it('of the distribution "queue" have options', () => {
    const queue = { maxMessages: 10, maxBytes: 1_000, maxDeliveries: 3, deadLetter: 'dead' }
    const rules = new DistributionRules([{ prefix: 'jobs', distribution: 'queue', queue }])
    assert.deepEqual(rules.ruleOf('jobs.x'), { distribution: 'queue', queue })
  })

  it('are refused for what is none, and the message says where and what was expected', () => {
    const bad: readonly (readonly [rule: unknown, message: string])[] = [
      [{ prefix: '/', distribution: 'closest' }, 'rules[1].prefix: expected at least one token, found "/"'],
      [{ pattern: '..', distribution: 'closest' }, 'rules[1].pattern: expected at least one token, found ".."'],
      [{ prefix: 7, distribution: 'closest' }, 'rules[1].prefix: expected a text, found 7'],
      [{ prefix: 'a/*', distribution: 'closest' }, 'rules[1].prefix: * and # stand for other tokens in a pattern only'],
      [{ distribution: 'closest' }, 'rules[1]: expected prefix or pattern, found neither'],
      [{ prefix: 'a', pattern: 'a', distribution: 'closest' }, 'rules[1]: expected prefix or pattern, found both'],
      [{ prefx: 'a', distribution: 'closest' }, 'rules[1]: unknown name "prefx"; did you mean "prefix"?'],
      [
        { prefix: 'a', distribution: 'many' },
        'rules[1].distribution: expected one of multicast, closest, balanced, queue, unavailable, found "many"',
      ],
      [
        { prefix: 'a' },
        'rules[1].distribution: expected one of multicast, closest, balanced, queue, unavailable, found undefined',
      ],
      [{ prefix: '/first/', distribution: 'closest' }, 'rules[1].prefix: "/first/" has a rule already'],
      [{ pattern: 'first.#', distribution: 'closest' }, 'rules[1].pattern: "first.#" has a rule already'],
      [
        { prefix: 'a', distribution: 'closest', queue: {} },
        'rules[1].queue: only the distribution "queue" has such options, not "closest"',
      ],
      [
        { prefix: 'a', distribution: 'queue', queue: { maxMessages: 0 } },
        'rules[1].queue.maxMessages: expected a whole number of at least 1, found 0',
      ],
      [
        { prefix: 'a', distribution: 'queue', queue: { maxMesages: 1 } },
        'rules[1].queue: unknown name "maxMesages"; did you mean "maxMessages"?',
      ],
      [
        { prefix: 'a', distribution: 'queue', queue: { deadLetter: '' } },
        'rules[1].queue.deadLetter: expected an address, found ""',
      ],
      [
        { prefix: 'a/'.repeat(257), distribution: 'closest' },
        'rules[1].prefix: expected at most 256 tokens between / or .',
      ],
      [null, 'rules[1]: expected an object, not null'],
    ]
    for (const [rule, message] of bad) {
      assert.throws(() => new DistributionRules([{ prefix: 'first', distribution: 'closest' }, rule as never]), {
        name: 'RouterOptionsError',
        code: 'ROUTER_OPTIONS',
        message,
      })
    }
  })
})

describe('the rules for queues', () => {
  const rules = new DistributionRules()

  it('cover notifications in both address syntaxes', () => {
    for (const priority of ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample']) {
      for (const address of [
        `openstack.org/om/notify/anycast/openstack/notifications.${priority}`,
        `unicast.openstack.notifications.${priority}`,
        `unicast.openstack.topic.with.dots.${priority}`,
      ])
        assert.equal(rules.of(address), 'queue', address)
    }
  })

  it('cover no calls', () => {
    for (const address of [
      'unicast.openstack.compute',
      'unicast.openstack.info.compute',
      'exclusive.openstack.t.info',
      'openstack.org/om/rpc/anycast/openstack/info',
    ])
      assert.notEqual(rules.of(address), 'queue', address)
  })
})
