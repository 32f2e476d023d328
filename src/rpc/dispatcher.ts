// From a request to the method that serves it. oslo_messaging/rpc/dispatcher.py: RPCDispatcher.dispatch.

import type { EndpointMethod } from '../messaging/method-lookup.ts'
import type { SerializedContext, Serializer } from '../messaging/serializer.ts'
import { versionIsCompatible } from '../messaging/version.ts'
import { type AccessPolicy, accessibleMethod, type BoundEndpoint, bindEndpoints, type RpcEndpoint } from './endpoint.ts'
import { NoSuchMethodError, UnsupportedVersionError } from './errors.ts'
import { DEFAULT_VERSION, type RpcArgs, type RpcRequest } from './request.ts'
import type { RpcCall } from './rpc-call.ts'

/** A method and the endpoint that it is called on. */
export interface Route {
  readonly endpoint: object
  readonly method: EndpointMethod
}

export class RpcDispatcher {
  readonly #endpoints: readonly BoundEndpoint[]
  readonly #policy: AccessPolicy
  readonly #serializer: Serializer | undefined

  constructor(endpoints: readonly RpcEndpoint[], policy: AccessPolicy, serializer: Serializer | undefined) {
    this.#endpoints = bindEndpoints(endpoints)
    this.#policy = policy
    this.#serializer = serializer
  }

  /**
   * The first endpoint, in the given order, that serves namespace and version and has the method.
   * Throws NoSuchMethodError when one serves them without having the method, UnsupportedVersionError when none does: also for
   * an unknown namespace, as in oslo.
   */
  find({ method: name, namespace, version }: RpcRequest): Route {
    let compatible = false
    for (const bound of this.#endpoints) {
      if (!bound.namespaces.includes(namespace)) continue
      if (!versionIsCompatible(bound.version ?? DEFAULT_VERSION, version)) continue
      const method = accessibleMethod(bound.endpoint, name, this.#policy)
      if (method) return { endpoint: bound.endpoint, method }
      compatible = true
    }
    throw compatible ? new NoSuchMethodError(name) : new UnsupportedVersionError(version, name)
  }

  /** Calls the method. Returns what it returns (a promise, if it does); throws what it throws. */
  invoke({ endpoint, method }: Route, context: SerializedContext, args: RpcArgs, call: RpcCall): unknown {
    const serializer = this.#serializer
    if (!serializer) return Reflect.apply(method, endpoint, [context, bareArgs(args), call])
    const ownContext = serializer.deserializeContext(context) as SerializedContext
    const ownArgs = bareArgs(args, (value) => serializer.deserializeEntity(ownContext, value))
    const result: unknown = Reflect.apply(method, endpoint, [ownContext, ownArgs, call])
    return isThenable(result)
      ? result.then((value) => serializer.serializeEntity(ownContext, value))
      : serializer.serializeEntity(ownContext, result)
  }
}

/** Arguments without anything inherited: whatever name a caller uses, it is either an argument or undefined. */
function bareArgs(args: RpcArgs, convert?: (value: unknown) => unknown): RpcArgs {
  const bare: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(args)) bare[name] = convert ? convert(args[name]) : args[name]
  return bare
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
