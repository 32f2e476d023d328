// One request from its arrival at the dispatcher to the end of its method: what is there as far as it got.

import type { IncomingRequest } from '../messaging/driver.ts'
import { monotonicMs } from '../support/deadline.ts'
import type { Route, RpcDispatcher } from './dispatcher.ts'
import { isExpectedError } from './endpoint.ts'
import { Heartbeat } from './heartbeat.ts'
import { parseRequest, type RpcRequest } from './request.ts'
import { RpcCall } from './rpc-call.ts'

export class MethodRun {
  readonly incoming: IncomingRequest
  /** Undefined while it is not known to be one. */
  request: RpcRequest | undefined = undefined
  #route: Route | undefined = undefined
  #call: RpcCall | undefined = undefined
  #heartbeat: Heartbeat | undefined = undefined

  constructor(incoming: IncomingRequest) {
    this.incoming = incoming
  }

  /** Finds the method and calls it. Returns and throws what it does, or throws what is wrong with the request. */
  start(dispatcher: RpcDispatcher, abandonment: AbortSignal): unknown {
    const { incoming } = this
    const request = parseRequest(incoming.message)
    this.request = request
    const route = dispatcher.find(request)
    const call = new RpcCall(request, incoming, monotonicMs(), abandonment)
    this.#call = call
    this.#heartbeat = Heartbeat.start(incoming)
    this.#route = route
    return dispatcher.invoke(route, incoming.context, request.args, call)
  }

  /** The method has ended, or was never called. */
  end(): void {
    this.#heartbeat?.stop()
    this.#call?.end()
  }

  /** The method was called, and said that it may raise this error. */
  expects(error: unknown): boolean {
    return this.#route !== undefined && isExpectedError(this.#route.method, error)
  }
}
