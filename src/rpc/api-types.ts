// What the compiler checks when a client knows the interface it calls: `new RpcClient<ComputeApi>(…)`.
//
//     interface ComputeApi {
//       reboot(args: { id: number }): { id: number; state: string }
//     }

/** Any method, any arguments, unknown results: a client without an interface. */
export type AnyApi = { readonly [method: string]: (args: object) => unknown }

type AnyMethod = (args: never) => unknown

/** The names of an interface's methods. */
export type MethodName<Api> = { [K in keyof Api]: Api[K] extends AnyMethod ? K : never }[keyof Api] & string

/** The arguments that a method takes. */
export type ArgsOf<Api, M extends keyof Api> = Api[M] extends (...parameters: infer P) => unknown
  ? P extends readonly []
    ? Readonly<Record<string, never>>
    : Exclude<P[0], undefined>
  : never

/** What follows the method in a request: its arguments can be left out where it can do without, and so can the options. */
export type RequestRest<Api, M extends keyof Api, Options> =
  NeedsArgs<Api, M> extends true
    ? [args: ArgsOf<Api, M>, options?: Options | undefined]
    : [args?: ArgsOf<Api, M> | undefined, options?: Options | undefined]

type NeedsArgs<Api, M extends keyof Api> = Api[M] extends () => unknown
  ? false
  : Record<never, never> extends ArgsOf<Api, M>
    ? false
    : true

/** What a call of the method resolves with. */
export type ResultOf<Api, M extends keyof Api> = Api[M] extends (args: never) => infer Result ? Awaited<Result> : never
