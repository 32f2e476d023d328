import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  decodeRequestBody,
  decodeResponseBody,
  encodeNotificationBody,
  encodeRequestBody,
  encodeResponseBody,
} from '../../../src/messaging/body.ts'
import { MalformedMessageError } from '../../../src/messaging/errors.ts'
import { encodeJson } from '../../../src/messaging/json.ts'

describe('the body of a notification', () => {
  it('is in its envelope as any other text would be, whichever characters it holds', () => {
    const message = { text: Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit)).join('') }
    const inner = encodeJson(encodeJson(message))
    const body = `{"request": {"oslo.version": "2.0", "oslo.message": ${inner}}, "context": {}}`
    assert.equal(encodeNotificationBody({ message, context: {} }, 2), body)
    assert.deepEqual(decodeRequestBody(body).message, message)
  })
})

describe('the body of a request', () => {
  it('carries the time-out of the monitor in seconds', () => {
    const envelope = { message: {}, context: {} }
    assert.equal(encodeRequestBody(envelope, 2500), '{"request": {}, "context": {}, "call_monitor_timeout": 2.5}')
    assert.equal(decodeRequestBody(encodeRequestBody(envelope, 2500)).callMonitorTimeoutMs, 2500)
  })

  for (const timeout of ['null', '0', '-1', '"x"', 'NaN', 'Infinity', '{}']) {
    it(`is not monitored when the time-out is ${timeout}`, () => {
      assert.equal(
        decodeRequestBody(`{"request": {}, "call_monitor_timeout": ${timeout}}`).callMonitorTimeoutMs,
        undefined,
      )
    })
  }

  it('may leave out its context, or have a null one', () => {
    assert.deepEqual(decodeRequestBody('{"request": {"a": 1}}').context, {})
    assert.deepEqual(decodeRequestBody('{"request": {"a": 1}, "context": null}').context, {})
  })

  it('may be in an envelope of version 2.0', () => {
    const body = '{"request": {"oslo.version": "2.0", "oslo.message": "{\\"method\\": \\"echo\\"}"}, "context": {}}'
    assert.deepEqual(decodeRequestBody(body).message, { method: 'echo' })
  })

  it('is taken as it is when only half of an envelope is there', () => {
    assert.deepEqual(decodeRequestBody('{"request": {"oslo.version": "2.0"}}').message, { 'oslo.version': '2.0' })
  })

  for (const [why, body] of [
    ['no JSON', 'hello'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['without a request', '{}'],
    ['with a request that is no object', '{"request": []}'],
    ['with a context that is no object', '{"request": {}, "context": 1}'],
    ['in an envelope of another version', '{"request": {"oslo.version": "2.1", "oslo.message": "{}"}}'],
    ['in an envelope that holds no text', '{"request": {"oslo.version": "2.0", "oslo.message": {}}}'],
    ['in an envelope that holds no JSON', '{"request": {"oslo.version": "2.0", "oslo.message": "x"}}'],
    ['in an envelope that holds no object', '{"request": {"oslo.version": "2.0", "oslo.message": "1"}}'],
  ] as const) {
    it(`is malformed when it is ${why}`, () => {
      assert.throws(() => decodeRequestBody(body), MalformedMessageError)
    })
  }
})

describe('the body of a reply', () => {
  it('without a result has null', () => {
    assert.equal(encodeResponseBody(undefined), '{"response": null}')
    assert.deepEqual(decodeResponseBody('{}'), { result: null })
  })

  it('is a failure when it has one that is not null', () => {
    assert.deepEqual(decodeResponseBody('{"failure": "x", "response": 1}'), { failure: 'x' })
    assert.deepEqual(decodeResponseBody('{"failure": null, "response": 1}'), { result: 1 })
    assert.deepEqual(decodeResponseBody('{"failure": {"class": "E"}}'), { failure: '{"class": "E"}' })
  })

  it('is malformed when it is no JSON object', () => {
    assert.throws(() => decodeResponseBody('x'), MalformedMessageError)
    assert.throws(() => decodeResponseBody('[]'), MalformedMessageError)
  })
})
