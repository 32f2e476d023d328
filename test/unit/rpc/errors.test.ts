import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NoSuchMethodError, RpcVersionCapError, UnsupportedVersionError } from '../../../src/rpc/errors.ts'

describe('the errors of RPC', () => {
  it("say what oslo's say", () => {
    assert.equal(new NoSuchMethodError('reboot').message, 'Endpoint does not support RPC method reboot')
    assert.equal(
      new UnsupportedVersionError('9.9', 'echo').message,
      'Endpoint does not support RPC version 9.9. Attempted method: echo',
    )
  })

  it('carry what they are about', () => {
    assert.equal(new NoSuchMethodError('reboot').method, 'reboot')
    const { version, method } = new UnsupportedVersionError('9.9', 'echo')
    assert.deepEqual([version, method], ['9.9', 'echo'])
    const { version: requested, versionCap } = new RpcVersionCapError(undefined, '1.0')
    assert.deepEqual([requested, versionCap], [undefined, '1.0'])
  })
})
