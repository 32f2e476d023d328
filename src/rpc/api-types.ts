// What the compiler checks when a client knows the interface it calls: `new RpcClient<ComputeApi>(…)`.
//
//     interface ComputeApi {
//       reboot(args: { id: number }): { id: number; state: string }
//     }

import type { RpcArgs } from './request.ts'

/** Any method, any arguments, unknown results: a client without an interface. */
export type AnyApi = { readonly [method: string]: (args: RpcArgs) => unknown }

type AnyMethod = (args: never) => unknown

/** The names of an interface's methods. */
export type MethodName<Api> = { [K in keyof Api]: Api[K] extends AnyMethod ? K : never }[keyof Api] & string

/** The arguments that a method takes. */
export type ArgsOf<Api, M extends keyof Api> = Api[M] extends () => unknown
  ? Readonly<Record<string, never>>
  : Api[M] extends (args: infer Args) => unknown
    ? Args
    : never

/** What a call of the method resolves with. */
export type ResultOf<Api, M extends keyof Api> = Api[M] extends (args: never) => infer Result ? Awaited<Result> : never
