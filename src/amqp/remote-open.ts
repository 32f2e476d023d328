import type { Open } from '../codec/performatives.ts'
import type { AmqpValue } from '../codec/types.ts'
import { ProtocolViolation } from './errors.ts'
import { MIN_IDLE_TIMEOUT_MS } from './idle-timeout.ts'

/** The specification's smallest max-frame-size (AMQP 1.0 part 2, 2.8.19 MIN-MAX-FRAME-SIZE). */
const MIN_MAX_FRAME_SIZE = 512

/** What the peer said about itself in its Open. */
export interface RemoteOpen {
  readonly containerId: string
  readonly hostname: string | undefined
  /** The largest frame that it takes, in bytes. */
  readonly maxFrameSize: number
  readonly channelMax: number
  /** 0: it does not watch us. */
  readonly idleTimeoutMs: number
  readonly offeredCapabilities: readonly string[]
  readonly desiredCapabilities: readonly string[]
  /** Languages of the texts that it sends, by preference. */
  readonly outgoingLocales: readonly string[]
  /** Languages that it would like our texts in. */
  readonly incomingLocales: readonly string[]
  readonly properties: ReadonlyMap<string, AmqpValue>
}

/** Before the peer's Open is there. */
export const NOT_OPEN: RemoteOpen = Object.freeze({
  containerId: '',
  hostname: undefined,
  maxFrameSize: MIN_MAX_FRAME_SIZE,
  channelMax: 0,
  idleTimeoutMs: 0,
  offeredCapabilities: [],
  desiredCapabilities: [],
  outgoingLocales: [],
  incomingLocales: [],
  properties: new Map<string, AmqpValue>(),
})

/** Throws ProtocolViolation for limits that nobody could keep. */
export function remoteOpenOf(open: Open): RemoteOpen {
  const idleTimeoutMs = open.idleTimeOut ?? 0
  if (idleTimeoutMs > 0 && idleTimeoutMs < MIN_IDLE_TIMEOUT_MS) {
    throw invalid(`open.idle-time-out: expected at least ${MIN_IDLE_TIMEOUT_MS} ms, found ${idleTimeoutMs}`)
  }
  if (open.maxFrameSize < MIN_MAX_FRAME_SIZE) {
    // Broker-J, of which the Close that would say so is still to come.
    const hint = open.maxFrameSize === 0 ? ' (as from a peer that does not know, or not yet, the virtual host)' : ''
    throw invalid(`open.max-frame-size: expected at least ${MIN_MAX_FRAME_SIZE}, found ${open.maxFrameSize}${hint}`)
  }
  return {
    containerId: open.containerId,
    hostname: open.hostname,
    maxFrameSize: open.maxFrameSize,
    channelMax: open.channelMax,
    idleTimeoutMs,
    offeredCapabilities: open.offeredCapabilities ?? [],
    desiredCapabilities: open.desiredCapabilities ?? [],
    outgoingLocales: open.outgoingLocales ?? [],
    incomingLocales: open.incomingLocales ?? [],
    properties: open.properties ?? NOT_OPEN.properties,
  }
}

const invalid = (message: string): ProtocolViolation =>
  new ProtocolViolation('connection', 'amqp:invalid-field', message)
