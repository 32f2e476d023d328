import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EndpointEvent, EndpointState } from '../../../src/amqp/endpoint-state.ts'
import { nextEndpointState } from '../../../src/amqp/endpoint-state.ts'

const STATES: readonly EndpointState[] = [
  'idle',
  'open-sent',
  'open-received',
  'open',
  'close-pipelined',
  'close-owed',
  'close-sent',
  'close-received',
  'closed',
]
const EVENTS: readonly EndpointEvent[] = ['local-open', 'remote-open', 'local-close', 'remote-close']

const walk = (...events: EndpointEvent[]): EndpointState | undefined =>
  events.reduce<EndpointState | undefined>((state, event) => state && nextEndpointState(state, event), 'idle')

describe('the life of an endpoint', () => {
  it('opens and closes in whatever order the two ends speak', () => {
    assert.equal(walk('local-open', 'remote-open'), 'open')
    assert.equal(walk('remote-open', 'local-open'), 'open')
    assert.equal(walk('local-open', 'remote-open', 'local-close', 'remote-close'), 'closed')
    assert.equal(walk('remote-open', 'local-open', 'remote-close', 'local-close'), 'closed')
  })

  it('may be closed before the other end has answered', () => {
    assert.equal(walk('local-open', 'local-close', 'remote-open', 'remote-close'), 'closed')
    assert.equal(walk('remote-open', 'remote-close', 'local-open', 'local-close'), 'closed')
  })

  it('never opens or closes twice', () => {
    assert.equal(walk('remote-open', 'remote-open'), undefined)
    assert.equal(walk('local-open', 'local-open'), undefined)
    assert.equal(walk('local-open', 'remote-open', 'remote-close', 'remote-close'), undefined)
    assert.equal(walk('local-open', 'remote-open', 'local-close', 'local-close'), undefined)
  })

  it('closes only what was opened', () => {
    assert.equal(walk('local-close'), undefined)
    assert.equal(walk('remote-close'), undefined)
  })

  it('knows no event after the end', () => {
    for (const event of EVENTS) assert.equal(nextEndpointState('closed', event), undefined)
  })

  it('reaches the end from every state', () => {
    for (const start of STATES) {
      const seen = new Set<EndpointState>([start])
      for (const state of seen) for (const event of EVENTS) seen.add(nextEndpointState(state, event) ?? state)
      assert(seen.has('closed'), start)
    }
  })
})
