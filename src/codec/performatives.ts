// The bodies of AMQP and SASL frames. A performative is a plain object with a discriminant; decoded ones have all fields,
// undefined where absent without default. Encoding leaves out what is absent or has the default.

import * as type from './composite.ts'
import { type Composite, composite, decodeComposite, encodeComposite, type ToSend } from './composite.ts'
import type { Decoder } from './decoder.ts'
import { type ErrorCondition, errorCondition } from './delivery-state.ts'
import * as descriptors from './descriptors.ts'
import { type Disposition, decodeDisposition } from './disposition.ts'
import type { Encoder } from './encoder.ts'
import { decodeFlow, type Flow } from './flow.ts'
import { SASL_COMPOSITES, type SaslPerformative } from './sasl-frames.ts'
import { type Coordinator, type Source, source, type Target, target } from './terminus.ts'
import { decodeTransfer, type Transfer } from './transfer.ts'
import type { AmqpValue, Fields } from './types.ts'

export type { ErrorCondition } from './delivery-state.ts'
export { type Disposition, encodeDisposition } from './disposition.ts'
export { encodeFlow, type Flow } from './flow.ts'
export {
  encodeSaslChallenge,
  encodeSaslInit,
  encodeSaslMechanisms,
  encodeSaslOutcome,
  encodeSaslResponse,
  SASL_CODE,
  type SaslChallenge,
  type SaslInit,
  type SaslMechanisms,
  type SaslOutcome,
  type SaslPerformative,
  type SaslResponse,
} from './sasl-frames.ts'
export { encodeTransfer, type Transfer } from './transfer.ts'

export interface Open {
  readonly type: 'open'
  readonly containerId: string
  readonly hostname: string | undefined
  readonly maxFrameSize: number
  readonly channelMax: number
  /** Milliseconds. */
  readonly idleTimeOut: number | undefined
  readonly outgoingLocales: readonly string[] | undefined
  readonly incomingLocales: readonly string[] | undefined
  readonly offeredCapabilities: readonly string[] | undefined
  readonly desiredCapabilities: readonly string[] | undefined
  readonly properties: Fields | undefined
}

export interface Begin {
  readonly type: 'begin'
  readonly remoteChannel: number | undefined
  readonly nextOutgoingId: number
  readonly incomingWindow: number
  readonly outgoingWindow: number
  readonly handleMax: number
  readonly offeredCapabilities: readonly string[] | undefined
  readonly desiredCapabilities: readonly string[] | undefined
  readonly properties: Fields | undefined
}

export const SENDER_SETTLE_MODE = Object.freeze({ UNSETTLED: 0, SETTLED: 1, MIXED: 2 } as const)
export const RECEIVER_SETTLE_MODE = Object.freeze({ FIRST: 0, SECOND: 1 } as const)

export interface Attach {
  readonly type: 'attach'
  readonly name: string
  readonly handle: number
  /** True: whoever sends this frame is the receiver of the link. */
  readonly role: boolean
  /** See SENDER_SETTLE_MODE. */
  readonly sndSettleMode: number
  /** See RECEIVER_SETTLE_MODE. */
  readonly rcvSettleMode: number
  readonly source: Source | undefined
  readonly target: Target | Coordinator | undefined
  /** Delivery tags and their states, as they were received: nothing here resumes deliveries. */
  readonly unsettled: Map<AmqpValue, AmqpValue> | undefined
  readonly incompleteUnsettled: boolean
  readonly initialDeliveryCount: number | undefined
  readonly maxMessageSize: number | bigint | undefined
  readonly offeredCapabilities: readonly string[] | undefined
  readonly desiredCapabilities: readonly string[] | undefined
  readonly properties: Fields | undefined
}

export interface Detach {
  readonly type: 'detach'
  readonly handle: number
  readonly closed: boolean
  readonly error: ErrorCondition | undefined
}

export interface End {
  readonly type: 'end'
  readonly error: ErrorCondition | undefined
}

export interface Close {
  readonly type: 'close'
  readonly error: ErrorCondition | undefined
}

export type AmqpPerformative = Open | Begin | Attach | Flow | Transfer | Disposition | Detach | End | Close
export type Performative = AmqpPerformative | SaslPerformative

const MANDATORY = { mandatory: true }
const MAX_UINT = 4_294_967_295

const OPEN = composite('open', descriptors.OPEN, [
  ['container-id', type.string, MANDATORY],
  ['hostname', type.string],
  ['max-frame-size', type.uint, { default: MAX_UINT }],
  ['channel-max', type.ushort, { default: 65_535 }],
  ['idle-time-out', type.uint],
  ['outgoing-locales', type.symbols],
  ['incoming-locales', type.symbols],
  ['offered-capabilities', type.symbols],
  ['desired-capabilities', type.symbols],
  ['properties', type.fields],
])

const BEGIN = composite('begin', descriptors.BEGIN, [
  ['remote-channel', type.ushort],
  ['next-outgoing-id', type.uint, MANDATORY],
  ['incoming-window', type.uint, MANDATORY],
  ['outgoing-window', type.uint, MANDATORY],
  ['handle-max', type.uint, { default: MAX_UINT }],
  ['offered-capabilities', type.symbols],
  ['desired-capabilities', type.symbols],
  ['properties', type.fields],
])

const ATTACH = composite('attach', descriptors.ATTACH, [
  ['name', type.string, MANDATORY],
  ['handle', type.uint, MANDATORY],
  ['role', type.boolean, MANDATORY],
  ['snd-settle-mode', type.ubyte, { default: SENDER_SETTLE_MODE.MIXED }],
  ['rcv-settle-mode', type.ubyte, { default: RECEIVER_SETTLE_MODE.FIRST }],
  ['source', source],
  ['target', target],
  ['unsettled', type.map],
  ['incomplete-unsettled', type.boolean, { default: false }],
  ['initial-delivery-count', type.uint],
  ['max-message-size', type.ulong],
  ['offered-capabilities', type.symbols],
  ['desired-capabilities', type.symbols],
  ['properties', type.fields],
])

const DETACH = composite('detach', descriptors.DETACH, [
  ['handle', type.uint, MANDATORY],
  ['closed', type.boolean, { default: false }],
  ['error', errorCondition],
])

const END = composite('end', descriptors.END, [['error', errorCondition]])

const CLOSE = composite('close', descriptors.CLOSE, [['error', errorCondition]])

export function encodeOpen(e: Encoder, open: ToSend<Open, 'containerId'>): void {
  encodeComposite(e, OPEN, open)
}

export function encodeBegin(
  e: Encoder,
  begin: ToSend<Begin, 'nextOutgoingId' | 'incomingWindow' | 'outgoingWindow'>,
): void {
  encodeComposite(e, BEGIN, begin)
}

export function encodeAttach(e: Encoder, attach: ToSend<Attach, 'name' | 'handle' | 'role'>): void {
  encodeComposite(e, ATTACH, attach)
}

export function encodeDetach(e: Encoder, detach: ToSend<Detach, 'handle'>): void {
  encodeComposite(e, DETACH, detach)
}

export function encodeEnd(e: Encoder, end: ToSend<End, never>): void {
  encodeComposite(e, END, end)
}

export function encodeClose(e: Encoder, close: ToSend<Close, never>): void {
  encodeComposite(e, CLOSE, close)
}

/** Those that are not sent with each message. */
const COMPOSITES: ReadonlyMap<number, Composite> = new Map(
  [OPEN, BEGIN, ATTACH, DETACH, END, CLOSE, ...SASL_COMPOSITES].map((entry) => [entry.descriptor, entry]),
)

/**
 * Reads a performative: its descriptor and its list. Behind a transfer the decoder stands at the payload. Whether the
 * performative may come in this kind of frame is the caller's question.
 */
export function decodePerformative(d: Decoder): Performative {
  const at = d.position
  const descriptor = d.readDescriptor('performative')
  switch (descriptor) {
    case descriptors.TRANSFER:
      return decodeTransfer(d)
    case descriptors.DISPOSITION:
      return decodeDisposition(d)
    case descriptors.FLOW:
      return decodeFlow(d)
    default:
      return decodeRare(d, descriptor, at)
  }
}

function decodeRare(d: Decoder, descriptor: number, at: number): Performative {
  const found = COMPOSITES.get(descriptor)
  if (found === undefined) throw d.fail('performative: expected a performative, found another described value', at)
  const performative: Record<string, unknown> = { type: found.name }
  decodeComposite(d, found, performative)
  return performative as unknown as Performative
}
