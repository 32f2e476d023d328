import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Command } from 'commander'
import { addChoiceFlags, type ChoiceFlags, isChosen } from '../../../src/cli/notification-choice.ts'
import type { NotificationEvent } from '../../../src/index.ts'

const flagsOf = (...args: readonly string[]): ChoiceFlags =>
  addChoiceFlags(new Command().exitOverride().configureOutput({ writeErr: () => {} }))
    .parse(args, { from: 'user' })
    .opts()

const event = (eventType: unknown, publisherId: unknown = 'compute.node-1') =>
  ({ eventType, publisherId, priority: 'info', payload: null }) as NotificationEvent

describe('the choice of notifications', () => {
  it('is all of them without flags', () => {
    assert.ok(isChosen(flagsOf(), event(null, null)))
    assert.equal(flagsOf().priority, undefined)
  })

  it('is by patterns for the whole event type, one of which has to fit', () => {
    for (const flags of [
      flagsOf('--event-type', 'compute.*', '--event-type', '*.end'),
      flagsOf('--event-type', 'compute.*, *.end'),
    ]) {
      const chosen = ['compute.start', 'image.end', 'image.start', 'compute', null, 7].filter((type) =>
        isChosen(flags, event(type)),
      )
      assert.deepEqual(chosen, ['compute.start', 'image.end'])
    }
  })

  it('is by publisher, too, and both have to fit', () => {
    const flags = flagsOf('--event-type', 'a', '--publisher', 'compute.*')
    assert.ok(isChosen(flags, event('a')))
    assert.ok(!isChosen(flags, event('b')))
    assert.ok(!isChosen(flags, event('a', 'image.node-1')))
  })

  it('names priorities in a list, in several flags, in any case', () => {
    assert.deepEqual(flagsOf('--priority', 'info, ERROR', '--priority', 'audit').priority, ['info', 'error', 'audit'])
  })

  it('refuses what is no pattern or priority', () => {
    assert.throws(() => flagsOf('--event-type', ''), /Expected patterns/)
    assert.throws(() => flagsOf('--publisher', 'a,,b'), /Expected patterns/)
    assert.throws(() => flagsOf('--priority', 'info,'), /Expected some of audit/)
  })
})
