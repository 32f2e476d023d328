import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IncomingRequest } from '../../../src/messaging/driver.ts'
import { Heartbeat } from '../../../src/rpc/heartbeat.ts'

/** A request whose heartbeats are counted; `beat` resolves with the number of the next one. */
function monitored(callMonitorTimeoutMs: number | undefined, { expectsReply = true, fails = false } = {}) {
  let beats = 0
  let wake: (() => void) | undefined
  const request = {
    expectsReply,
    callMonitorTimeoutMs,
    async heartbeat(): Promise<void> {
      beats += 1
      wake?.()
      if (fails) throw new Error('the caller is gone')
    },
  } as unknown as IncomingRequest
  const beat = (): Promise<void> => new Promise((resolve) => (wake = resolve))
  return { request, beat, count: () => beats }
}

describe('Heartbeat', () => {
  it('beats until it is stopped', async () => {
    const { request, beat, count } = monitored(40)
    const heartbeat = Heartbeat.start(request)
    await beat()
    await beat()
    heartbeat?.stop()
    const beats = count()
    await new Promise((resolve) => setTimeout(resolve, 60))
    assert.equal(count(), beats)
  })

  it('is not started for callers that do not monitor, nor for casts', () => {
    assert.equal(Heartbeat.start(monitored(undefined).request), undefined)
    assert.equal(Heartbeat.start(monitored(1000, { expectsReply: false }).request), undefined)
  })

  it('ends after a beat that cannot be sent', async () => {
    const { request, beat, count } = monitored(40, { fails: true })
    Heartbeat.start(request)
    await beat()
    await new Promise((resolve) => setTimeout(resolve, 60))
    assert.equal(count(), 1)
  })
})
