import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConnectionNotes } from '../../../src/cli/connection-notes.ts'

function newNotes() {
  const told: string[] = []
  const notes = new ConnectionNotes((text) => told.push(text))
  const backoff = (message: string) => notes.on({ to: 'backoff', host: 'h:1', error: new Error(message) })
  const active = (host: string) => notes.on({ to: 'active', host })
  return { told, notes, backoff, active }
}

describe('the notes about the connection', () => {
  it('are none while all is well', () => {
    const { told, notes, active } = newNotes()
    notes.on({ to: 'connecting', host: 'h:1' })
    active('h:1')
    notes.on({ to: 'closed', host: 'h:1' })
    assert.deepEqual(told, [])
  })

  it('tell each reason once, and the end of the trouble', () => {
    const { told, backoff, active } = newNotes()
    for (const reason of ['h:1: refused', 'h:1: refused', 'h:2: no such host']) backoff(reason)
    active('h:3')
    active('h:3')
    backoff('h:3: lost')
    assert.deepEqual(told, [
      'not connected: h:1: refused; trying again',
      'not connected: h:2: no such host; trying again',
      'connected to h:3',
      'not connected: h:3: lost; trying again',
    ])
  })
})
