// An error of an endpoint as text, and back. oslo_messaging/_drivers/common.py: serialize_remote_exception,
// deserialize_remote_exception.
//
//   {"class": "CustomError", "module": "app.errors", "message": "…", "tb": [], "args": ["…"], "kwargs": {}}
//
// Only what an error class declares about itself goes out, never its other properties; what comes in is data until the
// application's registry says otherwise.

import type { OsloClass } from './errors.ts'
import { decodeJson, encodeJson, isJsonObject } from './json.ts'
import { DEFAULT_MODULE, RemoteError, type RemoteErrorDetails, remoteDetailsOf } from './remote-errors.ts'

/**
 * What an error can declare about its form on the wire; on the instance or, `osloClass`, as a static member of its class.
 * Without a declaration an application's class is sent by its own name under the module `javascript`, with the message as
 * its one argument.
 */
export interface OsloError {
  readonly osloClass?: OsloClass
  /** The positional arguments for the Python class. Default: the message. */
  readonly osloArgs?: readonly unknown[]
  /** The keyword arguments for the Python class. Default: none. */
  readonly osloKwargs?: Readonly<Record<string, unknown>>
}

export interface FailureOptions {
  /** Whether the stack goes along: it shows paths of this machine to the caller. Default false. */
  readonly sendTraceback?: boolean | undefined
}

/** Python's counterparts of JavaScript's own errors. Whatever is not here is an Exception. */
const BUILTINS: ReadonlyMap<string, string> = new Map([
  ['TypeError', 'TypeError'],
  ['RangeError', 'ValueError'],
  ['SyntaxError', 'ValueError'],
  ['URIError', 'ValueError'],
  ['EvalError', 'ValueError'],
  ['ReferenceError', 'NameError'],
])

/**
 * The failure text of what an endpoint threw. An error that came from another server (a RemoteError, or what the registry
 * made of one) is passed on under its original class. Never throws: what cannot be expressed in JSON is left out.
 */
export function serializeFailure(thrown: unknown, options: FailureOptions = {}): string {
  const details = remoteDetailsOf(thrown) ?? describeError(thrown)
  const remoteSuffix = details.excType.endsWith('_Remote') && details.module.endsWith('_Remote')
  const failure = {
    class: remoteSuffix ? details.excType.slice(0, -'_Remote'.length) : details.excType,
    module: remoteSuffix ? details.module.slice(0, -'_Remote'.length) : details.module,
    message: details.value,
    tb: options.sendTraceback ? details.traceback : [],
    args: details.args,
    kwargs: details.kwargs,
  }
  try {
    return encodeJson(failure)
  } catch {
    return encodeJson({ ...failure, args: [details.value], kwargs: {} })
  }
}

function describeError(thrown: unknown): RemoteErrorDetails {
  if (!(thrown instanceof Error)) {
    const value = textOf(thrown)
    return { excType: 'Exception', module: 'builtins', value, traceback: [], args: [value], kwargs: {} }
  }
  const declared = thrown as OsloError
  const value = textOf(thrown.message)
  return {
    ...classOf(thrown),
    value,
    traceback: textOf(thrown.stack ?? '')
      .split('\n')
      .map((line) => `${line}\n`),
    args: Array.isArray(declared.osloArgs) ? declared.osloArgs : [value],
    kwargs: isJsonObject(declared.osloKwargs) ? declared.osloKwargs : {},
  }
}

function classOf(error: Error): { excType: string; module: string } {
  const declared = (error as OsloError).osloClass ?? (error.constructor as OsloError | undefined)?.osloClass
  const ownName = ownNameOf(error)
  if (declared) return { excType: declared.name ?? ownName ?? 'Exception', module: declared.module }
  if (ownName !== undefined) return { excType: ownName, module: DEFAULT_MODULE }
  return { excType: BUILTINS.get(error.name) ?? 'Exception', module: 'builtins' }
}

/** The name of an application's class; undefined for JavaScript's and Node's own errors. */
function ownNameOf(error: Error): string | undefined {
  if (error instanceof DOMException) return undefined
  const className = error.constructor?.name
  const builtin =
    className === undefined || className === 'Error' || className === 'AggregateError' || BUILTINS.has(className)
  // Node's internal errors are subclasses that call themselves like their base (`TypeError`, with a code).
  if (builtin || className === 'NodeError' || className === 'SystemError') return undefined
  return isErrorName(error.name) && error.name !== 'Error' ? error.name : className
}

const isErrorName = (name: unknown): name is string => typeof name === 'string' && /^[A-Za-z_]\w*$/.test(name)

function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'an error that cannot be shown as text'
  }
}

/** What a failure text says. A text that is no failure of oslo.messaging is still a RemoteError, with the text as its value. */
export function deserializeFailure(text: string): RemoteError {
  let failure: unknown
  try {
    failure = decodeJson(text)
  } catch (cause) {
    return malformedFailure(text, cause)
  }
  if (!isJsonObject(failure)) return malformedFailure(text, undefined)
  const { class: excType, module, message, tb, args, kwargs } = failure
  return new RemoteError({
    excType: typeof excType === 'string' ? excType : 'Exception',
    // Python 2 called its module of builtin errors so.
    module: module === 'exceptions' ? 'builtins' : typeof module === 'string' ? module : '',
    value: message === undefined || message === null ? '' : textOf(message),
    traceback: Array.isArray(tb) ? tb.filter((line) => typeof line === 'string') : [],
    args: Array.isArray(args) ? args : [],
    kwargs: isJsonObject(kwargs) ? kwargs : {},
  })
}

function malformedFailure(text: string, cause: unknown): RemoteError {
  const details = { excType: 'Exception', module: '', value: text, traceback: [], args: [], kwargs: {} }
  return new RemoteError(details, cause === undefined ? undefined : { cause })
}
