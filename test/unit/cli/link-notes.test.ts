import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LinkChange, LinkNotes } from '../../../src/cli/link-notes.ts'

function newNotes() {
  const told: string[] = []
  const notes = new LinkNotes((text) => told.push(text))
  const change =
    (link: LinkChange['link'], event: LinkChange['event']) =>
    (address: string, message?: string): void =>
      notes.on({ link, event, address, ...(message === undefined ? {} : { error: new Error(message) }) })
  return {
    told,
    refused: change('subscription', 'refused'),
    attached: change('subscription', 'attached'),
    lost: change('subscription', 'lost'),
    senderRefused: change('sender', 'refused'),
  }
}

describe('the notes about links', () => {
  it('do not say twice what the reason says', () => {
    const { told, refused } = newNotes()
    refused('queue/a', 'receiver from "queue/a": refused by the peer')
    assert.deepEqual(told, ['not receiving: receiver from "queue/a": refused by the peer; trying again'])
  })

  it('are none while all is well, and when a link is only lost', () => {
    const { told, attached, lost } = newNotes()
    attached('jobs.a')
    lost('jobs.a', 'detached')
    attached('jobs.a')
    assert.deepEqual(told, [])
  })

  it('tell each reason of each address once, and the end of the trouble', () => {
    const { told, refused, attached } = newNotes()
    for (const reason of ['not allowed', 'not allowed', 'not found', 'not allowed']) refused('jobs.a', reason)
    refused('jobs.b', 'not allowed')
    attached('jobs.a')
    attached('jobs.a')
    refused('jobs.a', 'not allowed')
    assert.deepEqual(told, [
      'not receiving from jobs.a: not allowed; trying again',
      'not receiving from jobs.a: not found; trying again',
      'not receiving from jobs.b: not allowed; trying again',
      'receiving from jobs.a after all',
      'not receiving from jobs.a: not allowed; trying again',
    ])
  })

  it('tell of a sender, which is tried again only when there is something to send', () => {
    const { told, senderRefused } = newNotes()
    senderRefused('reply.1', 'not allowed')
    senderRefused('reply.1')
    assert.deepEqual(told, ['not sending to reply.1: not allowed', 'not sending to reply.1: no reason was given'])
  })

  it('are bounded, whatever is refused', () => {
    const { told, refused } = newNotes()
    for (let n = 0; n < 100; n += 1) refused('jobs.a', `reason ${n}`)
    assert.equal(told.length, 20)
    for (let n = 0; n < 1000; n += 1) refused(`address ${n}`, 'no')
    assert.equal(told.length, 1020)
    refused('jobs.a', 'reason 0')
    assert.equal(told.length, 1021, 'what was longest ago is forgotten')
  })
})
