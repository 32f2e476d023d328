// A request as data. oslo_messaging/rpc/client.py: _BaseCallContext._make_message.

import type { JsonObject } from '../messaging/json.ts'
import type { Target } from '../messaging/target.ts'
import { InvalidRequestError } from './errors.ts'

/** The arguments of a method, by name. */
export type RpcArgs = Readonly<Record<string, unknown>>

/** The message of a request: method and args, then namespace and version if the target has them, in this order. */
export function buildRequest(method: string, args: RpcArgs, { namespace, version }: Target): JsonObject {
  if (namespace === undefined) return version === undefined ? { method, args } : { method, args, version }
  return version === undefined ? { method, args, namespace } : { method, args, namespace, version }
}

/** A received request. */
export interface RpcRequest {
  readonly method: string
  readonly args: RpcArgs
  readonly namespace: string | undefined
  /** `1.0` when the caller names none. */
  readonly version: string
}

/** What callers that name no version ask for, and endpoints that name none serve. */
export const DEFAULT_VERSION = '1.0'

/** Reads the message of a request. Throws InvalidRequestError. */
export function parseRequest(message: JsonObject): RpcRequest {
  const { method, args, namespace, version } = message
  if (typeof method !== 'string') throw new InvalidRequestError('the request names no method')
  if (args !== undefined && args !== null && (typeof args !== 'object' || Array.isArray(args))) {
    throw new InvalidRequestError('the arguments of the request are no object')
  }
  return {
    method,
    args: (args ?? {}) as RpcArgs,
    namespace: namespace === undefined || namespace === null ? undefined : String(namespace),
    version: version === undefined || version === null ? DEFAULT_VERSION : String(version),
  }
}
