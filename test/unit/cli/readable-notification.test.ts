import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { type NotificationLine, readableNotification } from '../../../src/cli/readable-notification.ts'
import { PRIORITIES } from '../../../src/index.ts'

const LINE: NotificationLine = {
  priority: 'info',
  publisher_id: 'compute.node-1',
  event_type: 'compute.create.end',
  payload: { id: 7, name: 'kůň' },
  metadata: { message_id: 'm', timestamp: '2026-11-24 10:00:00.123456' },
  ctxt: {},
}

const PLAIN = { colour: false, width: 120 }
const metadata = (timestamp: unknown) => ({ message_id: 'm', timestamp }) as NotificationLine['metadata']

describe('a notification for a person', () => {
  it('is one line with the letters of all scripts as they are', () => {
    assert.equal(
      readableNotification(LINE, PLAIN),
      '2026-11-24 10:00:00.123  INFO      compute.create.end  from compute.node-1  {"id": 7, "name": "kůň"}',
    )
  })

  it('has its payload below where the terminal is too narrow for both', () => {
    assert.deepEqual(readableNotification(LINE, { colour: false, width: 80 }).split('\n'), [
      '2026-11-24 10:00:00.123  INFO      compute.create.end  from compute.node-1',
      '    {"id": 7, "name": "kůň"}',
    ])
  })

  it('begins in the same column, whatever the priority and the form of its time', () => {
    const times = ['2026-11-24 10:00:00', '2026-11-24 10:00:00.5', '2026-11-24T10:00:00.123Z', 'yesterday', '', null]
    for (const timestamp of times)
      for (const priority of PRIORITIES) {
        const text = readableNotification({ ...LINE, priority, metadata: metadata(timestamp) }, PLAIN)
        assert.equal(text.indexOf(LINE.event_type), 35, text)
      }
    assert.match(
      readableNotification({ ...LINE, metadata: metadata('2026-11-24 10:00:00') }, PLAIN),
      /^2026-11-24 10:00:00\.000 {2}/,
    )
  })

  it('shows a time of another form, or with another zone, as it was sent', () => {
    const sent = '2026-11-24T10:00:00+02:00'
    assert.ok(readableNotification({ ...LINE, metadata: metadata(sent) }, PLAIN).startsWith(sent))
  })

  it('lets nothing through that commands the terminal', () => {
    const hostile = '\u001b[2J\n\u202e'
    const line = {
      ...LINE,
      priority: hostile,
      publisher_id: hostile,
      event_type: hostile,
      payload: { [hostile]: `\\${hostile}` },
      metadata: metadata(hostile),
    }
    for (const width of [1, 80, 1000]) {
      const text = readableNotification(line, { colour: false, width })
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      assert.doesNotMatch(text.replaceAll('\n    ', ''), /[\u0000-\u001f\u202e]/)
    }
  })

  it('stays readable where the sender left out what belongs there', () => {
    const broken = { ...LINE, event_type: undefined, publisher_id: 7, metadata: metadata(undefined) }
    assert.match(
      readableNotification(broken as unknown as NotificationLine, PLAIN),
      /^- {22} {2}INFO {6}- {2}from - {2}\{/,
    )
  })

  it('has colours when asked for, another one for each priority, and says the same without them', () => {
    const coloured = PRIORITIES.map((priority) =>
      readableNotification({ ...LINE, priority }, { ...PLAIN, colour: true }),
    )
    const styles = coloured.map((text) => text.slice(0, text.indexOf('compute')).replace(/[A-Z]+ */, ''))
    assert.equal(new Set(styles).size, PRIORITIES.length)
    assert.deepEqual(
      coloured.map(stripVTControlCharacters),
      PRIORITIES.map((priority) => readableNotification({ ...LINE, priority }, PLAIN)),
    )
  })
})
