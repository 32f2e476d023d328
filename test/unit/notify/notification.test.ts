import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildNotification, parseNotification, pythonTimestamp } from '../../../src/notify/notification.ts'

describe('buildNotification', () => {
  it("has Python's fields in Python's order", () => {
    const message = buildNotification({ publisherId: 'p', eventType: 'e', priority: 'warn', payload: { a: 1 } })
    assert.deepEqual(Object.keys(message), [
      'message_id',
      'publisher_id',
      'event_type',
      'priority',
      'payload',
      'timestamp',
    ])
    assert.equal(message.priority, 'WARN')
    assert.match(String(message.message_id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.match(String(message.timestamp), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?$/)
  })

  it('takes the identity and the time that it is given', () => {
    const timestamp = new Date('2024-01-02T03:04:05.678Z')
    const message = buildNotification({
      publisherId: 'p',
      eventType: 'e',
      priority: 'info',
      payload: undefined,
      messageId: 'm',
      timestamp,
    })
    assert.deepEqual(
      [message.message_id, message.timestamp, message.payload],
      ['m', '2024-01-02 03:04:05.678000', null],
    )
  })
})

describe('pythonTimestamp', () => {
  it('leaves out the fraction on the full second, as Python does', () => {
    assert.equal(pythonTimestamp(new Date('2024-01-02T03:04:05.000Z')), '2024-01-02 03:04:05')
    assert.equal(pythonTimestamp(new Date('2024-01-02T03:04:05.001Z')), '2024-01-02 03:04:05.001000')
  })
})

describe('parseNotification', () => {
  it('makes null of what the publisher left out', () => {
    assert.deepEqual(parseNotification({}, null, 'info'), {
      priority: 'info',
      publisherId: null,
      eventType: null,
      payload: null,
      messageId: null,
      timestamp: null,
    })
  })

  it('takes the priority of the message, in lower case', () => {
    assert.equal(parseNotification({ priority: 'ERROR' }, null, 'info').priority, 'error')
  })
})
