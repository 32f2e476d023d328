// What plain JavaScript hands over for a message, and would be lost without a word if it were ignored.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Encoder } from '../../../src/codec/encoder.ts'
import { encodeMessage, type Message } from '../../../src/codec/sections.ts'

const refused = (message: unknown, expected: RegExp): void =>
  assert.throws(() => encodeMessage(new Encoder(), message as Message), { code: 'AMQP_ENCODE', message: expected })

describe('what is no message', () => {
  it('is refused: another value, or an object with other names', () => {
    for (const value of ['hello', 3, undefined, null, [], true])
      refused(value, /^message: expected an object with header, .*, body, footer$/)
    refused({ value: 1 }, /^message: unknown name "value"; there are header, /)
    refused({ properties: { message_id: 1 } }, /^properties: unknown name "message_id"; there are messageId, /)
    refused({ header: { timeToLive: 1 } }, /^header: unknown name "timeToLive"; there are durable, /)
  })

  it('has a body or properties of another form: it is said what is expected', () => {
    for (const body of ['hello', 1, null, {}, { type: 'text' }])
      refused({ body }, /^body: expected \{ type: 'value', value \}, \{ type: 'data', chunks/)
    refused({ body: { type: 'data', value: Buffer.alloc(1) } }, /^body\.chunks: expected an array/)
    refused({ body: { type: 'data', chunks: Buffer.alloc(1) } }, /^body\.chunks: expected an array/)
    refused({ body: { type: 'sequence', value: [] } }, /^body\.lists: expected an array/)
    refused({ applicationProperties: { a: 1 } }, /^application-properties: expected a Map/)
  })
})
