import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cloudEventLine } from '../../../src/cli/cloud-event-line.ts'
import { encodeJson, type NotificationEvent } from '../../../src/index.ts'

test('a line of CloudEvents is JSON, also when the payload holds what JSON has not', () => {
  const payload = JSON.parse('{"__proto__": [1, {"a": "NaN"}]}') as object
  const event: NotificationEvent = {
    priority: 'info',
    publisherId: 'p',
    eventType: 'e',
    messageId: 'm',
    timestamp: '2026-11-24 10:00:00',
    payload: { list: [Number.NaN, Infinity, -Infinity, 0.5, 9007199254740993n, null, 'x'], payload },
  }
  const line = encodeJson(cloudEventLine({ user_id: 'ada' }, event))
  assert.match(line, /9007199254740993/)
  const { data, ...attributes } = JSON.parse(line) as { data: { list: unknown; payload: object } }
  assert.deepEqual(data.list, [null, null, null, 0.5, Number('9007199254740993'), null, 'x'])
  assert.equal(JSON.stringify(data.payload), JSON.stringify(payload))
  assert.deepEqual(attributes, {
    specversion: '1.0',
    id: 'm',
    source: 'p',
    type: 'e',
    time: '2026-11-24T10:00:00Z',
    datacontenttype: 'application/json',
    priority: 'info',
    userid: 'ada',
  })
})
