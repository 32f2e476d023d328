// Errors of RPC. What an endpoint raised arrives as RemoteError (messaging/remote-errors.ts).

import { MessagingError, type OsloClass } from '../messaging/errors.ts'

const dispatcher = (name: string): OsloClass => ({ name, module: 'oslo_messaging.rpc.dispatcher' })

/** Names from the wire stand in error messages that go back over it. */
const shorten = (text: string): string => (text.length > 256 ? `${text.slice(0, 256)}…` : text)

/** No endpoint of the server has the method that was called, or none lets it be called. oslo: NoSuchMethod. */
export class NoSuchMethodError extends MessagingError {
  static override readonly osloClass = dispatcher('NoSuchMethod')
  override readonly name = 'NoSuchMethodError'
  readonly code = 'NO_SUCH_METHOD'
  readonly method: string

  constructor(method: string) {
    super(`Endpoint does not support RPC method ${shorten(method)}`)
    this.method = method
  }
}

/** No endpoint of the server serves the namespace and version that was called. oslo: UnsupportedVersion. */
export class UnsupportedVersionError extends MessagingError {
  static override readonly osloClass = dispatcher('UnsupportedVersion')
  override readonly name = 'UnsupportedVersionError'
  readonly code = 'UNSUPPORTED_VERSION'
  readonly version: string
  readonly method: string

  constructor(version: string, method: string) {
    super(`Endpoint does not support RPC version ${shorten(version)}. Attempted method: ${shorten(method)}`)
    this.version = version
    this.method = method
  }
}

/** The request is newer than the client's version cap lets it be. Nothing was sent. oslo: RPCVersionCapError. */
export class RpcVersionCapError extends MessagingError {
  static override readonly osloClass: OsloClass = { name: 'RPCVersionCapError', module: 'oslo_messaging.rpc.client' }
  override readonly name = 'RpcVersionCapError'
  readonly code = 'RPC_VERSION_CAP'
  readonly version: string | undefined
  readonly versionCap: string

  constructor(version: string | undefined, versionCap: string) {
    super(
      `Requested message version, ${version ?? 'none'} is incompatible.  It needs to be equal in major version and less than or ` +
        `equal in minor version as the specified version cap ${versionCap}.`,
    )
    this.version = version
    this.versionCap = versionCap
  }
}

/** A request without a method, or with arguments that are no object. The caller sees it as a TypeError of Python's. */
export class InvalidRequestError extends MessagingError {
  static override readonly osloClass: OsloClass = { name: 'TypeError', module: 'builtins' }
  override readonly name = 'InvalidRequestError'
  readonly code = 'INVALID_REQUEST'
}
