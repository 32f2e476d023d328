import type { Begin } from '../codec/performatives.ts'
import type { AmqpValue } from '../codec/types.ts'

/** What the peer said about a session in its Begin. */
export interface RemoteBegin {
  /** Links that it allows, less one. */
  readonly handleMax: number
  /** What it can do on the session. */
  readonly offeredCapabilities: readonly string[]
  /** What it would use if we have it. */
  readonly desiredCapabilities: readonly string[]
  readonly properties: ReadonlyMap<string, AmqpValue>
}

/** Before the peer's Begin is there. */
export const NOT_BEGUN: RemoteBegin = Object.freeze({
  handleMax: 0,
  offeredCapabilities: [],
  desiredCapabilities: [],
  properties: new Map<string, AmqpValue>(),
})

export function remoteBeginOf(begin: Begin): RemoteBegin {
  const { handleMax, offeredCapabilities, desiredCapabilities, properties } = begin
  return {
    handleMax,
    offeredCapabilities: offeredCapabilities ?? NOT_BEGUN.offeredCapabilities,
    desiredCapabilities: desiredCapabilities ?? NOT_BEGUN.desiredCapabilities,
    properties: properties ?? NOT_BEGUN.properties,
  }
}
