// What an RPC server exposes: objects with methods, and what their methods can say about themselves.

import { InvalidArgumentError } from '../messaging/errors.ts'
import { checkEndpoints, type EndpointMethod, findMethod } from '../messaging/method-lookup.ts'
import { checkNames } from '../messaging/options.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import { TARGET_NAMES } from '../messaging/target.ts'
import { checkVersion } from '../messaging/version.ts'
import { describeValue } from '../support/describe-value.ts'
import type { RpcArgs } from './request.ts'
import type { RpcCall } from './rpc-call.ts'

/** Which requests an endpoint serves. oslo: the `target` attribute of an endpoint. */
export interface EndpointTarget {
  /** The interface it implements. Default: the one without a name. */
  readonly namespace?: string | null | undefined
  /** The version of that interface: it serves requests of the same major and of no greater minor version. Default `1.0`. */
  readonly version?: string | undefined
  /** Other names under which older callers know the interface; null: the one without a name. */
  readonly legacyNamespaces?: readonly (string | null)[] | undefined
}

/**
 * A method that can be called over the bus. `this` is the endpoint. What it returns, or what its promise resolves with, is the
 * reply; what it throws goes to the caller as a remote error.
 */
export type RpcMethod = (context: SerializedContext, args: RpcArgs, call: RpcCall) => unknown

/**
 * An object or class instance whose methods can be called over the bus: `(context, args, call) => result`.
 *
 *     const compute = {
 *       target: { namespace: 'compute', version: '1.2' },
 *       async reboot(context, { id }, call) { … return { id, state: 'rebooting' } },
 *     }
 *
 * Own methods and those of its classes count, up to Object.prototype; accessors, `constructor` and, by default, names that
 * begin with `_` do not. The name `target` is reserved.
 */
export type RpcEndpoint = (object & HasTarget) | EndpointLiteral

interface HasTarget {
  readonly target?: EndpointTarget | undefined
}

/** So that methods written in place know the types of their parameters, where they do not name types of their own. */
interface EndpointLiteral extends HasTarget {
  readonly [method: string]: RpcMethod | OtherMember
}

/** Methods with types of their own, and what the endpoint keeps for itself. (`unknown` would swallow RpcMethod.) */
type OtherMember = object | string | number | bigint | boolean | symbol | null | undefined

/**
 * Which methods can be called: `default`: all that do not begin with `_`; `legacy`: all; `explicit`: only those marked with
 * `expose`; or a function that decides. oslo: LegacyRPCAccessPolicy, DefaultRPCAccessPolicy, ExplicitRPCAccessPolicy.
 */
export type AccessPolicy = 'default' | 'legacy' | 'explicit' | ((endpoint: object, method: string) => boolean)

const exposed = Symbol('oslo-messaging.exposed')
const expected = Symbol('oslo-messaging.expected')

interface MethodMarks {
  [exposed]?: boolean
  [expected]?: readonly ErrorClass[]
}

type ErrorClass = abstract new (...args: never[]) => Error

/**
 * Marks a method as callable under the policy `explicit`. A decorator, or a function: `reboot: expose((context, args) => …)`.
 * oslo: `@expose`.
 */
export function expose<M extends EndpointMethod>(method: M, _context?: unknown): M {
  ;(method as MethodMarks)[exposed] = true
  return method
}

/**
 * Marks errors that a method raises as a part of its interface: they go to the caller and are not reported to `onError`.
 * A decorator, or a function: `find: expectedErrors(NotFoundError)((context, args) => …)`. oslo: `@expected_exceptions`.
 */
export function expectedErrors(
  ...classes: readonly ErrorClass[]
): <M extends EndpointMethod>(method: M, _context?: unknown) => M {
  return (method) => {
    ;(method as MethodMarks)[expected] = classes
    return method
  }
}

/** Whether the method said that it may raise this error. */
export const isExpectedError = (method: EndpointMethod, error: unknown): boolean =>
  ((method as MethodMarks)[expected] ?? []).some((errorClass) => error instanceof errorClass)

/** An endpoint as the dispatcher sees it: its target read and checked once. */
export interface BoundEndpoint {
  readonly endpoint: object
  readonly version: string | undefined
  /** undefined: the namespace without a name. */
  readonly namespaces: readonly (string | undefined)[]
}

// Python's endpoints declare a whole Target, whose other fields mean nothing here.
const ENDPOINT_TARGET_NAMES: ReadonlySet<string> = new Set([...TARGET_NAMES, 'legacyNamespaces'])

/** Throws InvalidArgumentError or InvalidVersionError for what cannot be an endpoint. */
export function bindEndpoints(endpoints: readonly RpcEndpoint[]): readonly BoundEndpoint[] {
  checkEndpoints(endpoints)
  return endpoints.map((endpoint, index) => {
    const target: EndpointTarget | undefined = endpoint.target ?? undefined
    if (target !== undefined && typeof target !== 'object') {
      throw new InvalidArgumentError(
        `endpoints[${index}]: "target" is reserved for namespace and version ({ namespace, version, legacyNamespaces }), not for a method`,
      )
    }
    if (target) checkNames(`endpoints[${index}].target`, target, ENDPOINT_TARGET_NAMES)
    const namespaces = [target?.namespace, ...(target?.legacyNamespaces ?? [])].map((name) => name ?? undefined)
    const version = target?.version === undefined ? undefined : checkVersion(target.version)
    return { endpoint, version, namespaces }
  })
}

/** The method of that name, if the endpoint has it and the policy lets it be called. Runs no code of the endpoint. */
export function accessibleMethod(endpoint: object, name: string, policy: AccessPolicy): EndpointMethod | undefined {
  const method = name === 'target' ? undefined : findMethod(endpoint, name)
  return method && isAllowed(endpoint, name, method, policy) ? method : undefined
}

function isAllowed(endpoint: object, name: string, method: EndpointMethod, policy: AccessPolicy): boolean {
  if (policy === 'default') return !name.startsWith('_')
  if (policy === 'legacy') return true
  if (policy === 'explicit') return (method as MethodMarks)[exposed] === true
  return policy(endpoint, name)
}

/** Throws InvalidArgumentError for a policy that does not exist. */
export function checkAccessPolicy(policy: AccessPolicy): AccessPolicy {
  if (typeof policy === 'function' || policy === 'default' || policy === 'legacy' || policy === 'explicit')
    return policy
  throw new InvalidArgumentError(
    `accessPolicy: expected 'default', 'legacy', 'explicit' or a function, not ${describeValue(policy)}`,
  )
}
