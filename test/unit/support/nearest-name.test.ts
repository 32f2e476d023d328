import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName } from '../../../src/support/nearest-name.ts'

const KNOWN = ['idle_timeout', 'container_name', 'ssl']

test('a misspelt name finds the one that was meant', () => {
  assert.equal(nearestName('idletimeout', KNOWN), 'idle_timeout')
  assert.equal(nearestName('IDLE_TIMEOUT', KNOWN), 'idle_timeout')
  assert.equal(nearestName('sssl', KNOWN), 'ssl')
  assert.equal(nearestName('CALLMONITOR_TIMEOUT_MS', ['callMonitorTimeoutMs']), 'callMonitorTimeoutMs')
})

test('a name that resembles none finds none', () => {
  assert.equal(nearestName('heartbeat_rate_of_the_bus', KNOWN), undefined)
  assert.equal(nearestName('x', []), undefined)
})
