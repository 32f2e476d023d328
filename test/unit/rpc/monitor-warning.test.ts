import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { RpcClient } from '../../../src/index.ts'
import { createMemoryTransport } from '../../../src/testing/index.ts'

test('a monitor time-out under two seconds is warned of, once for each transport: Python servers send no heartbeats for it', async () => {
  await using transport = createMemoryTransport()
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  new RpcClient(transport, { topic: 't' }, { callMonitorTimeoutMs: 2_000 })
  const client = new RpcClient(transport, { topic: 't' })
  const first = once(process, 'warning')
  for (const callMonitorTimeoutMs of [2_000, 1_999, 1_000]) {
    const call = client.call({}, 'm', {}, { callMonitorTimeoutMs, signal: AbortSignal.abort(new Error('enough')) })
    await assert.rejects(call, { message: 'enough' })
  }
  client.prepare({ callMonitorTimeoutMs: 1_000 })
  await first
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  assert.deepEqual(
    warnings.map(({ name, message }) => `${name}: ${message}`),
    [
      "OsloMessagingWarning: callMonitorTimeoutMs of 1999: servers of Python's oslo.messaging send no heartbeats for less than 2000",
    ],
  )
})
