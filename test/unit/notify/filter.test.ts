import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NotificationFilter, type NotificationFilterRules } from '../../../src/notify/filter.ts'
import type { NotificationEvent } from '../../../src/notify/notification.ts'

const EVENT: NotificationEvent = {
  priority: 'info',
  publisherId: 'compute.node-1',
  eventType: 'compute.instance.created',
  payload: { state: 'active', count: 5, missing: null },
  messageId: 'm-1',
  timestamp: '2024-01-02 03:04:05',
}
const CONTEXT = { user_id: 'alice' }

const matches = (rules: NotificationFilterRules, event = EVENT): boolean =>
  new NotificationFilter(rules).matches(CONTEXT, event)

describe('NotificationFilter', () => {
  for (const [rules, expected] of [
    [{}, true],
    [{ publisherId: 'compute\\.' }, true],
    [{ publisherId: 'node-1' }, false],
    [{ publisherId: /.*node-1$/ }, true],
    [{ eventType: /COMPUTE/i }, true],
    [{ eventType: 'a|compute' }, true],
    [{ eventType: 'storage' }, false],
    [{ context: { user_id: 'ali' } }, true],
    [{ context: { user_id: 'bob' } }, false],
    [{ context: { project_id: '.*' } }, false],
    [{ payload: { state: '^active$' } }, true],
    [{ payload: { state: 'error' } }, false],
    [{ payload: { count: '5' } }, false],
    [{ payload: { missing: '.*' } }, false],
    [{ payload: { nosuch: '.*' } }, false],
    [{ payload: { toString: '.*' } }, false],
    [{ metadata: { message_id: 'm-' } }, true],
    [{ metadata: { timestamp: '2023' } }, false],
    [{ publisherId: 'compute', payload: { state: 'act' } }, true],
    [{ publisherId: 'compute', payload: { state: 'err' } }, false],
  ] as const) {
    it(`${expected ? 'matches' : 'does not match'} by ${describeRules(rules)}`, () => {
      assert.equal(matches(rules), expected)
    })
  }

  it('never matches what is no text', () => {
    assert.equal(matches({ eventType: '.*' }, { ...EVENT, eventType: 5 as never }), false)
    assert.equal(matches({ eventType: '.*' }, { ...EVENT, eventType: null as never }), false)
    assert.equal(matches({ payload: { a: '.*' } }, { ...EVENT, payload: null }), false)
    assert.equal(matches({ payload: { length: '.*' } }, { ...EVENT, payload: 'text' }), false)
  })

  it('matches at the start of the text whatever flags a pattern has', () => {
    const filter = new NotificationFilter({ publisherId: /node/gmy })
    assert.equal(filter.matches(CONTEXT, { ...EVENT, publisherId: 'x\nnode' }), false)
    assert.equal(filter.matches(CONTEXT, { ...EVENT, publisherId: 'node' }), true)
    assert.equal(filter.matches(CONTEXT, { ...EVENT, publisherId: 'node' }), true)
  })

  it('refuses what is no regular expression', () => {
    assert.throws(() => new NotificationFilter({ publisherId: '(' }), SyntaxError)
  })
})

function describeRules(rules: NotificationFilterRules): string {
  return JSON.stringify(rules, (_, value: unknown) => (value instanceof RegExp ? String(value) : value))
}
