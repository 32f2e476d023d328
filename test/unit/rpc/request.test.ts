import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidRequestError } from '../../../src/rpc/errors.ts'
import { buildRequest, parseRequest } from '../../../src/rpc/request.ts'

describe('buildRequest', () => {
  it('has namespace and version only if the target has them, in this order', () => {
    const args = { a: 1 }
    assert.deepEqual(Object.entries(buildRequest('m', args, {})), [
      ['method', 'm'],
      ['args', args],
    ])
    assert.deepEqual(Object.keys(buildRequest('m', args, { namespace: 'n' })), ['method', 'args', 'namespace'])
    assert.deepEqual(Object.keys(buildRequest('m', args, { version: '1.0' })), ['method', 'args', 'version'])
    assert.deepEqual(Object.keys(buildRequest('m', args, { version: '1.0', namespace: 'n' })), [
      'method',
      'args',
      'namespace',
      'version',
    ])
  })
})

describe('parseRequest', () => {
  it('fills in what callers leave out', () => {
    assert.deepEqual(parseRequest({ method: 'm' }), { method: 'm', args: {}, namespace: undefined, version: '1.0' })
    assert.deepEqual(parseRequest({ method: 'm', args: null, namespace: null, version: null }), {
      method: 'm',
      args: {},
      namespace: undefined,
      version: '1.0',
    })
  })

  for (const message of [{}, { method: 5 }, { method: 'm', args: [] }, { method: 'm', args: 'x' }]) {
    it(`refuses ${JSON.stringify(message)}`, () => {
      assert.throws(() => parseRequest(message), InvalidRequestError)
    })
  }
})
