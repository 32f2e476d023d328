import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidArgumentError } from '../../../src/messaging/errors.ts'
import { deserializeFailure } from '../../../src/messaging/failure.ts'
import {
  RemoteError,
  type RemoteErrorClass,
  rebuildRemoteError,
  remoteErrorRegistry,
} from '../../../src/messaging/remote-errors.ts'

const remote = deserializeFailure(
  '{"class": "CustomError", "module": "peer", "message": "boom", "kwargs": {"who": "bob"}}',
)

class CustomError extends Error {
  static readonly osloClass = { module: 'peer' }
}

describe('rebuildRemoteError', () => {
  it('leaves an error that is not allowed as it is', () => {
    assert.equal(rebuildRemoteError(remote, remoteErrorRegistry()), remote)
  })

  it('makes an allowed error, with the remote one as its cause', () => {
    const error = rebuildRemoteError(remote, remoteErrorRegistry([CustomError]))
    assert.ok(error instanceof CustomError)
    assert.equal(error.message, 'boom')
    assert.equal(error.cause, remote)
  })

  it('knows classes by the name that the application gives them', () => {
    assert.ok(rebuildRemoteError(remote, remoteErrorRegistry({ 'peer.CustomError': RangeError })) instanceof RangeError)
    assert.equal(rebuildRemoteError(remote, remoteErrorRegistry({ 'other.CustomError': RangeError })), remote)
  })

  it('lets a class make its errors from everything that arrived', () => {
    class PersonError extends Error {
      readonly who: unknown
      constructor(who: unknown) {
        super('a person')
        this.who = who
      }
      static fromRemote({ kwargs }: RemoteError): PersonError {
        return new PersonError(kwargs.who)
      }
    }
    const error = rebuildRemoteError(remote, remoteErrorRegistry({ 'peer.CustomError': PersonError }))
    assert.ok(error instanceof PersonError)
    assert.equal(error.who, 'bob')
  })

  it('stays with the RemoteError when the class cannot be made', () => {
    const failure = new Error('no')
    class Unmakeable extends Error {
      constructor() {
        super()
        throw failure
      }
    }
    const error = rebuildRemoteError(remote, remoteErrorRegistry({ 'peer.CustomError': Unmakeable }))
    assert.ok(error instanceof RemoteError)
    assert.equal(error.excType, 'CustomError')
    assert.equal(error.cause, failure)
  })
})

describe('remoteErrorRegistry', () => {
  it('refuses what is no class', () => {
    const nothing = 'CustomError' as unknown as RemoteErrorClass
    assert.throws(() => remoteErrorRegistry([nothing]), InvalidArgumentError)
    assert.throws(() => remoteErrorRegistry({ 'peer.CustomError': nothing }), InvalidArgumentError)
  })

  it('knows a class without a declaration under the module javascript', () => {
    class Plain extends Error {}
    assert.deepEqual([...remoteErrorRegistry([Plain]).keys()], ['javascript.Plain'])
  })
})
