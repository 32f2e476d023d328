import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableDiagnosis } from '../../../src/cli/readable-diagnosis.ts'
import type { Diagnosis } from '../../../src/doctor/diagnosis.ts'

const LONG = 'x'.repeat(5_000)

const diagnosis: Diagnosis = {
  url: 'amqp://h/',
  peer: {
    product: LONG,
    version: `\u001b[31m${LONG}`,
    containerId: LONG,
    capabilities: [LONG, LONG],
    maxFrameSize: 512,
    channelMax: 0,
    idleTimeoutMs: 0,
    tls: {
      protocol: 'TLSv1.3',
      cipher: 'c',
      chain: [{ subject: LONG, issuer: LONG, names: LONG, until: '2027-01-31' }],
    },
    sasl: { mechanism: 'PLAIN', offered: [LONG] },
    dynamicAddresses: true,
    anonymousSenders: true,
  },
  profile: 'plain',
  addresses: { syntax: 'legacy', anyServer: 'a', oneServer: 'o', allServers: 'l', notification: 'n' },
  findings: [{ area: 'connection', check: 'connection', state: 'no', said: LONG }],
  leftBehind: undefined,
  rpc: false,
  notifications: false,
  advice: [],
}

test('a long text of the peer is cut, and what follows it is still there', () => {
  const text = readableDiagnosis(diagnosis, { colour: false })
  const line = (label: string): string => text.split('\n').find((one) => one.trim().startsWith(label)) ?? ''
  assert.match(line('product'), /product +x{200}… \\u001b\[31mx{190}…$/)
  assert.match(line('certificate'), /certificate +x{200}… \(x{200}…\), by x{200}…, until 2027-01-31$/)
  assert.match(line('SASL'), /PLAIN, of x{200}…$/)
  assert.match(line('offers'), / x{200}…$/)
  assert.match(line('no '), / x{600}…$/)
  assert.doesNotMatch(text, /x{601}/)
})
