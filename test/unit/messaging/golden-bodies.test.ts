// What Python wrote into the golden messages, against what is written here for the same input: byte for byte.
// The input is read from the body itself: the vector's own fields have their keys sorted.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  decodeRequestBody,
  decodeResponseBody,
  encodeFailureBody,
  encodeNotificationBody,
  encodeRequestBody,
  encodeResponseBody,
} from '../../../src/messaging/body.ts'
import { deserializeFailure, serializeFailure } from '../../../src/messaging/failure.ts'
import { decodeJson, JsonFloat, type JsonObject } from '../../../src/messaging/json.ts'
import { RemoteError } from '../../../src/messaging/remote-errors.ts'
import { buildNotification, type Priority } from '../../../src/notify/notification.ts'
import { buildRequest, parseRequest } from '../../../src/rpc/request.ts'

interface Vector {
  readonly name: string
  readonly body_json?: string
  readonly call_monitor_timeout?: number | null
  readonly failure_text: string
  readonly failure: JsonObject
}

const FOLDER = join(process.cwd(), 'test', 'vectors')
const vectors = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => decodeJson(readFileSync(join(FOLDER, file), 'utf8')) as Vector)
  .filter((vector): vector is Vector & { body_json: string } => typeof vector.body_json === 'string')

const named = (pattern: RegExp): readonly (Vector & { body_json: string })[] =>
  vectors.filter(({ name }) => pattern.test(name))

describe('a golden message: the body is written as Python writes it', () => {
  for (const { name, body_json, call_monitor_timeout } of named(/^(call|cast|fanout)/)) {
    it(name, () => {
      const { message, context } = decodeRequestBody(body_json)
      const { method, args, namespace } = parseRequest(message)
      const version = message.version as string | undefined
      const monitorMs = call_monitor_timeout ? call_monitor_timeout * 1000 : undefined
      const envelope = { message: buildRequest(method, args, { namespace, version }), context }
      assert.equal(encodeRequestBody(envelope, monitorMs), body_json)
    })
  }

  for (const { name, body_json } of named(/^notification/)) {
    it(name, () => {
      const { message, context } = decodeRequestBody(body_json)
      const built = buildNotification({
        publisherId: message.publisher_id as string,
        eventType: message.event_type as string,
        priority: String(message.priority).toLowerCase() as Priority,
        payload: message.payload,
        messageId: message.message_id as string,
      })
      // The clock of this side has milliseconds; the golden one has microseconds.
      const pinned = { ...built, timestamp: message.timestamp }
      assert.equal(encodeNotificationBody({ message: pinned, context }, name.includes('v1') ? 1 : 2), body_json)
    })
  }

  for (const { name, body_json } of named(/^reply_(?!floats)/)) {
    it(name, () => {
      const reply = decodeResponseBody(body_json)
      assert.ok('result' in reply)
      assert.equal(encodeResponseBody(reply.result), body_json)
    })
  }

  it('reply_floats', () => {
    const [vector] = named(/^reply_floats$/)
    const result = [0.1, new JsonFloat(1), -0, 1e22, 1e16, 1.2345678901234568e17, 1e-7, 5e-324, Number.MAX_VALUE]
    assert.equal(encodeResponseBody(result), vector?.body_json)
  })

  for (const { name, body_json, failure_text } of named(/^failure_/)) {
    it(`${name}: received and passed on`, () => {
      const reply = decodeResponseBody(body_json)
      assert.ok('failure' in reply)
      assert.equal(reply.failure, failure_text)
      const remote = deserializeFailure(reply.failure)
      assert.equal(encodeFailureBody(serializeFailure(remote, { sendTraceback: true })), body_json)
    })

    it(`${name}: every fact is read`, () => {
      const remote = deserializeFailure(failure_text)
      const { class: excType, module, message, tb, args, kwargs } = decodeJson(failure_text) as JsonObject
      assert.deepEqual(
        { ...remote },
        { ...new RemoteError({ excType, module, value: message, traceback: tb, args, kwargs } as RemoteError) },
      )
    })
  }

  for (const { name, body_json } of named(/^decode_/)) {
    it(`${name} is read`, () => {
      assert.equal(typeof decodeRequestBody(body_json).message.method, 'string')
    })
  }
})
