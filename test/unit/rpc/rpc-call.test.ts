import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import type { IncomingRequest } from '../../../src/messaging/driver.ts'
import { MessagingTimeoutError } from '../../../src/messaging/errors.ts'
import { RpcCall } from '../../../src/rpc/rpc-call.ts'
import { monotonicMs } from '../../../src/support/deadline.ts'

const REQUEST = { method: 'reboot', args: {}, namespace: 'ns', version: '1.2' }

function callOf(ttlMs: number | undefined, abandonment = new AbortController()): RpcCall {
  const incoming = { expectsReply: true, ttlMs } as IncomingRequest
  return new RpcCall(REQUEST, incoming, monotonicMs(), abandonment.signal)
}

describe('RpcCall', () => {
  it('says what was called', () => {
    const { method, namespace, version, expectsReply } = callOf(undefined)
    assert.deepEqual(
      { method, namespace, version, expectsReply },
      { method: 'reboot', namespace: 'ns', version: '1.2', expectsReply: true },
    )
  })

  it('knows the time that is left, if the caller named one', () => {
    assert.equal(callOf(undefined).remainingMs, undefined)
    const remaining = callOf(60_000).remainingMs
    assert.ok(remaining !== undefined && remaining > 0 && remaining <= 60_000)
    assert.equal(callOf(-5).remainingMs, 0)
  })

  it("aborts its signal when the caller's time is over", async () => {
    const { signal } = callOf(20)
    await once(signal, 'abort')
    assert.ok(signal.reason instanceof MessagingTimeoutError)
  })

  it('aborts its signal when the server abandons its handlers', () => {
    const abandonment = new AbortController()
    const call = callOf(60_000, abandonment)
    const { signal } = call
    assert.equal(call.signal, signal)
    abandonment.abort(new Error('stopped'))
    assert.equal(signal.aborted, true)
    assert.equal(callOf(undefined, abandonment).signal.aborted, true)
  })

  it('leaves its signal alone once the method has ended', () => {
    const abandonment = new AbortController()
    const looked = callOf(60_000, abandonment)
    const { signal } = looked
    looked.end()
    const late = callOf(60_000, abandonment)
    late.end()
    abandonment.abort()
    assert.equal(signal.aborted, false)
    assert.equal(late.signal.aborted, false)
  })
})
