import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMessageIdSource } from '../../../src/amqp1/message-id.ts'

test('ids are random UUIDs of version 4 as hexadecimal digits, and all different', () => {
  const next = createMessageIdSource()
  const ids = new Set(Array.from({ length: 2000 }, next))
  assert.equal(ids.size, 2000)
  for (const id of ids) assert.match(id, /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
})
