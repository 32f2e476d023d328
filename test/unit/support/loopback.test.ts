import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isLoopback } from '../../../src/support/loopback.ts'

describe('a loopback address', () => {
  it('is one that only programs on this machine are behind, also as IPv6 maps it', () => {
    for (const host of ['127.0.0.1', '127.5.6.7', '::1', 'localhost', '::ffff:127.0.0.1'])
      assert.equal(isLoopback(host), true, host)
    for (const host of ['::ffff:10.0.0.1', '10.0.0.1', '0.0.0.0', '::', 'fe80::1%lo', 'localhost.example', ''])
      assert.equal(isLoopback(host), false, host)
  })
})
