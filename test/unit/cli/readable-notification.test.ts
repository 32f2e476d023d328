import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type NotificationLine, readableNotification } from '../../../src/cli/readable-notification.ts'

const LINE: NotificationLine = {
  priority: 'info',
  publisher_id: 'compute.node-1',
  event_type: 'compute.create.end',
  payload: { id: 7, name: 'kůň' },
  metadata: { message_id: 'm', timestamp: '2026-11-24 10:00:00.123456' },
  ctxt: {},
}

describe('a notification for a person', () => {
  it('is one line with the letters of all scripts as they are', () => {
    assert.equal(
      readableNotification(LINE, false),
      '2026-11-24 10:00:00.123456  INFO   compute.create.end  from compute.node-1  {"id": 7, "name": "kůň"}',
    )
  })

  it('lets nothing through that commands the terminal', () => {
    const hostile = '\u001b[2J\n\u202e'
    const line = { ...LINE, publisher_id: hostile, event_type: hostile, payload: { [hostile]: `\\${hostile}` } }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(readableNotification(line, false), /[\u0000-\u001f\u202e]/)
  })

  it('stays readable where the sender left out what belongs there', () => {
    const broken = { ...LINE, event_type: undefined, metadata: { message_id: 'm', timestamp: undefined } }
    assert.match(readableNotification(broken as unknown as NotificationLine, false), /INFO/)
  })

  it('has colours when asked for', () => assert.ok(readableNotification(LINE, true).includes('\u001b[')))
})
