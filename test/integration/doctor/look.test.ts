// What one connection shows of a host that answers oddly.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listen } from '../../../src/amqp/index.ts'
import { describedProfile } from '../../../src/amqp1/described-profile.ts'
import { resolveAmqpOptions } from '../../../src/amqp1/options.ts'
import { lookAt } from '../../../src/doctor/look.ts'
import { parseTransportUrl } from '../../../src/index.ts'

test('a peer that attaches a receiver and gives it no address is noted to give none', async (t) => {
  const peer = await listen({
    port: 0,
    host: '127.0.0.1',
    onLink: (request) =>
      void (request.role === 'receiver'
        ? request.acceptSender({ source: {} })
        : request.acceptReceiver({ target: {} })),
  })
  t.after(() => peer.close())
  const options = resolveAmqpOptions([])
  const { findings, seen } = await lookAt({
    url: parseTransportUrl(`amqp://127.0.0.1:${peer.port}`),
    options,
    described: describedProfile(options),
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  })
  assert.equal(seen?.peer.dynamicAddresses, false)
  const { state, said } = findings.find(({ check }) => check === 'addresses that the peer gives') ?? {}
  assert.deepEqual([state, said], ['note', 'it attached, and gave no address'])
})
