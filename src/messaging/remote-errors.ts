// Errors of the other side, as this side sees them. The text that carries them is failure.ts's.

import { InvalidArgumentError, MessagingError, type OsloClass } from './errors.ts'

/** What a failure says about the error that the endpoint raised. */
export interface RemoteErrorDetails {
  readonly excType: string
  readonly module: string
  readonly value: string
  readonly traceback: readonly string[]
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>
}

/**
 * The endpoint that was called raised an error. oslo: RemoteError.
 *
 * An error class that the application allows (`allowedRemoteErrors`) arrives as that class instead, with this one as its `cause`.
 */
export class RemoteError extends MessagingError implements RemoteErrorDetails {
  override readonly name = 'RemoteError'
  readonly code = 'REMOTE_ERROR'
  /** The name of the error's class over there: `ValueError`, `NoSuchMethod`, … */
  readonly excType: string
  /** The module of that class: `builtins`, `oslo_messaging.rpc.dispatcher`, … */
  readonly module: string
  /** The error's message. */
  readonly value: string
  /** The lines of its traceback, each with its line end. Empty when the server does not send it. */
  readonly traceback: readonly string[]
  /** The positional arguments of the error. */
  readonly args: readonly unknown[]
  /** The keyword arguments of the error. */
  readonly kwargs: Readonly<Record<string, unknown>>

  constructor(details: RemoteErrorDetails, options?: ErrorOptions) {
    super(`remote error: ${[details.excType, details.value].filter(Boolean).join(': ')}`, options)
    this.excType = details.excType
    this.module = details.module
    this.value = details.value
    this.traceback = details.traceback
    this.args = details.args
    this.kwargs = details.kwargs
  }
}

/** An error class that an application lets a reply bring to life: by `fromRemote` where the class has it, else by `new Class(message)`. */
export interface RemoteErrorClass {
  new (message: string): Error
  /** The Python class it stands for. */
  readonly osloClass?: OsloClass
  /** Makes the error from everything that arrived. */
  fromRemote?(remote: RemoteError): Error
}

/**
 * Which errors of the other side are re-created as the application's own classes: `module.ClassName` -> class.
 * Nothing is ever imported or looked up by a name from the wire outside this map.
 */
export type RemoteErrorRegistry = ReadonlyMap<string, RemoteErrorClass>

/** What applications write: classes that declare `static osloClass`, or classes under the Python name that they stand for. */
export type AllowedRemoteErrors = readonly RemoteErrorClass[] | Readonly<Record<string, RemoteErrorClass>>

/** The module of application errors that declare none. Python callers see a RemoteError whose `exc_type` is the class name. */
export const DEFAULT_MODULE = 'javascript'

/** The lookup table of what an application allows. Throws InvalidArgumentError for what is not a class. */
export function remoteErrorRegistry(allowed: AllowedRemoteErrors = []): RemoteErrorRegistry {
  const registry = new Map<string, RemoteErrorClass>()
  const entries: Iterable<[string, RemoteErrorClass]> = Array.isArray(allowed)
    ? allowed.map((errorClass: RemoteErrorClass) => [pythonName(errorClass), errorClass])
    : Object.entries(allowed)
  for (const [name, errorClass] of entries) {
    if (typeof errorClass !== 'function') {
      throw new InvalidArgumentError(
        `allowedRemoteErrors: "${name}" is ${typeof errorClass}, an error class was expected`,
      )
    }
    registry.set(name, errorClass)
  }
  return registry
}

function pythonName(errorClass: RemoteErrorClass): string {
  if (typeof errorClass !== 'function') return String(errorClass)
  const declared = errorClass.osloClass
  return `${declared?.module ?? DEFAULT_MODULE}.${declared?.name ?? errorClass.name}`
}

const remoteDetails = Symbol('oslo-messaging.remote')

/** The application's own error for a failure where the registry allows it, else the RemoteError itself. */
export function rebuildRemoteError(remote: RemoteError, registry: RemoteErrorRegistry): Error {
  const errorClass = registry.get(`${remote.module}.${remote.excType}`)
  if (!errorClass) return remote
  try {
    const error = errorClass.fromRemote ? errorClass.fromRemote(remote) : new errorClass(remote.value)
    error.cause ??= remote
    Object.defineProperty(error, remoteDetails, { value: remote })
    return error
  } catch (cause) {
    // As in oslo: an error that cannot be rebuilt arrives as a RemoteError.
    return new RemoteError(remote, { cause })
  }
}

/** What arrived, when `error` came from the other side; so that an endpoint that lets it escape passes it on unchanged. */
export function remoteDetailsOf(error: unknown): RemoteErrorDetails | undefined {
  if (error instanceof RemoteError) return error
  if (typeof error !== 'object' || error === null) return undefined
  return (error as { [remoteDetails]?: RemoteError })[remoteDetails]
}
