import { setTimeout } from 'node:timers/promises'
import type { EndpointTarget, RpcArgs, RpcCall, SerializedContext } from '../index.ts'

/** A line of `omsg serve --print`. */
export interface Invocation {
  readonly method: string
  readonly args: unknown
  readonly ctxt: unknown
  readonly server: string
}

export interface DemoEndpointOptions {
  readonly namespace?: string | undefined
  readonly version?: string | undefined
  readonly server: string
  /** Aborted when the server has stopped: what still sleeps has nobody to answer, and would keep the process alive. */
  readonly closed?: AbortSignal
}

/** The methods of `omsg serve`. Whatever is added here can be called from the bus. */
export class DemoEndpoint {
  readonly target: EndpointTarget
  readonly #server: string
  readonly #onInvocation: (invocation: Invocation) => void
  readonly #closed: AbortSignal | undefined

  /** `onInvocation` is told of every call before the method runs. */
  constructor(
    { namespace, version, server, closed }: DemoEndpointOptions,
    onInvocation: (invocation: Invocation) => void,
  ) {
    this.target = { namespace, version }
    this.#server = server
    this.#closed = closed
    this.#onInvocation = onInvocation
  }

  echo(context: SerializedContext, args: RpcArgs, call: RpcCall): unknown {
    this.#tell(context, args, call)
    return this.#argument(args, 'value')
  }

  add(context: SerializedContext, args: RpcArgs, call: RpcCall): unknown {
    this.#tell(context, args, call)
    return sum(this.#argument(args, 'a'), this.#argument(args, 'b'))
  }

  fail(context: SerializedContext, args: RpcArgs, call: RpcCall): never {
    this.#tell(context, args, call)
    throw new Error(String(args.message ?? 'failed as asked'))
  }

  async sleep(context: SerializedContext, args: RpcArgs, call: RpcCall): Promise<number> {
    this.#tell(context, args, call)
    const ms = this.#argument(args, 'ms')
    if (typeof ms !== 'number' || !(ms >= 0 && ms <= 0x7fffffff))
      throw new TypeError(`ms: expected milliseconds, got ${String(ms)}`)
    // `closed`, not call.signal: at the caller's deadline an answer, even a failure, could overtake its time-out (Python rounds its up).
    await setTimeout(ms, undefined, { signal: this.#closed })
    return ms
  }

  who(context: SerializedContext, args: RpcArgs, call: RpcCall): string {
    this.#tell(context, args, call)
    return this.#server
  }

  /** For casts: shows that they arrive. */
  note(context: SerializedContext, args: RpcArgs, call: RpcCall): null {
    this.#tell(context, args, call)
    this.#argument(args, 'value')
    return null
  }

  #tell(context: SerializedContext, args: RpcArgs, call: RpcCall): void {
    this.#onInvocation({ method: call.method, args, ctxt: context, server: this.#server })
  }

  #argument(args: RpcArgs, name: string): unknown {
    if (name in args) return args[name]
    throw new TypeError(`the argument "${name}" is missing`)
  }
}

/** As Python adds: integers stay exact (beyond 2^53 they are bigints), with a float the sum is one, texts are joined. */
function sum(a: unknown, b: unknown): unknown {
  if (isInteger(a) && isInteger(b)) {
    const exact = BigInt(a) + BigInt(b)
    const number = Number(exact)
    return Number.isSafeInteger(number) ? number : exact
  }
  if (isNumber(a) && isNumber(b)) return Number(a) + Number(b)
  if (typeof a === 'string' && typeof b === 'string') return a + b
  throw new TypeError(`cannot add ${typeof a} and ${typeof b}`)
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'bigint' || typeof value === 'number'

/** Integers beyond 2^53 arrive as bigints: a number out there was a float. */
const isInteger = (value: unknown): value is number | bigint => typeof value === 'bigint' || Number.isSafeInteger(value)
