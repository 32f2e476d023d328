import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accessibleMethod, expectedErrors, expose, isExpectedError } from '../../../src/rpc/endpoint.ts'

class NotFoundError extends Error {}
class NodeNotFoundError extends NotFoundError {}

describe('a method', () => {
  it('stays the function that it is when it is exposed, or says what it may raise', () => {
    function reboot(): string {
      return 'up'
    }
    assert.equal(expose(reboot), reboot)
    assert.equal(expectedErrors(NotFoundError)(reboot), reboot)
    assert.equal(reboot.name, 'reboot')
    assert.equal(accessibleMethod({ reboot }, 'reboot', 'explicit'), reboot)
  })

  it('is exposed alone, and not those beside it', () => {
    const endpoint = { open: expose(() => 1), closed: () => 2 }
    assert.ok(accessibleMethod(endpoint, 'open', 'explicit'))
    assert.equal(accessibleMethod(endpoint, 'closed', 'explicit'), undefined)
  })

  it('expects the errors that it names and those below them, and no others', () => {
    const find = expectedErrors(NotFoundError)((): never => {
      throw new NotFoundError('nothing')
    })
    assert.equal(isExpectedError(find, new NotFoundError('nothing')), true)
    assert.equal(isExpectedError(find, new NodeNotFoundError('nothing')), true)
    assert.equal(isExpectedError(find, new Error('nothing')), false)
    assert.equal(isExpectedError(find, 'nothing'), false)
    assert.equal(
      isExpectedError(() => {}, new NotFoundError('nothing')),
      false,
    )
  })

  it('may be marked by decorators', () => {
    class Endpoint {
      @expose
      open(): string {
        return 'open'
      }

      @expectedErrors(NotFoundError)
      closed(): string {
        return 'closed'
      }
    }
    const endpoint = new Endpoint()
    assert.ok(accessibleMethod(endpoint, 'open', 'explicit'))
    assert.equal(accessibleMethod(endpoint, 'closed', 'explicit'), undefined)
    assert.equal(isExpectedError(endpoint.closed, new NotFoundError('nothing')), true)
  })

  for (const name of [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'then',
    'target',
    '_private',
  ]) {
    it(`called ${name} is none for a caller, unless the endpoint has it and it may be called`, () => {
      for (const policy of ['default', 'explicit', () => true] as const)
        assert.equal(accessibleMethod(new (class {})(), name, policy), undefined)
    })
  }
})
