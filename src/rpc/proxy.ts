// A client as an object with the methods of the server: `compute.reboot({ id: 7 })` instead of `client.call(context, 'reboot', …)`.

import type { AnyApi, MethodName, RequestRest, ResultOf } from './api-types.ts'
import type { RpcCallOptions, RpcClient } from './client.ts'

/** Names that a proxy never sends: see NOT_METHODS. */
type NotMethod = 'then' | 'toJSON' | 'inspect' | keyof object

/** The methods of an interface as calls: arguments by name, then options of this call. */
export type RpcProxy<Api extends object = AnyApi> = {
  readonly [M in Exclude<MethodName<Api>, NotMethod>]: (
    ...rest: RequestRest<Api, M, RpcCallOptions>
  ) => Promise<ResultOf<Api, M>>
}

/**
 * What JavaScript itself asks objects for, at `await`, in JSON and in text: to send it as a request would call a server each time
 * that a proxy is returned from an async function or printed.
 */
const NOT_METHODS: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  'then',
  'toJSON',
  'inspect',
])

/** See RpcClient.proxy. */
export function makeProxy<Api extends object>(client: RpcClient<Api>, context: object): RpcProxy<Api> {
  const methods = new Map<string, unknown>()
  const call = client.call.bind(client) as (context: object, method: string, ...rest: unknown[]) => Promise<unknown>
  return new Proxy(Object.freeze(Object.create(null)), {
    get(_target, name) {
      if (typeof name === 'symbol' || NOT_METHODS.has(name)) return undefined
      const made = methods.get(name)
      if (made) return made
      const method = (...rest: unknown[]): Promise<unknown> => call(context, name, ...rest)
      methods.set(name, method) // bounded by the names that the program writes
      return method
    },
    set(_target, name) {
      throw new TypeError(`${String(name)}: the methods of a proxy are the server's, and cannot be set here`)
    },
  }) as RpcProxy<Api>
}
