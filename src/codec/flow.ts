import { missing, type ToSend } from './composite.ts'
import type { Decoder } from './decoder.ts'
import * as descriptors from './descriptors.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError } from './errors.ts'
import type { Fields } from './types.ts'

/** State of a session, and of a link when `handle` is there (specification part 2, section 2.7.4). */
export interface Flow {
  readonly type: 'flow'
  readonly nextIncomingId: number | undefined
  readonly incomingWindow: number
  readonly nextOutgoingId: number
  readonly outgoingWindow: number
  readonly handle: number | undefined
  readonly deliveryCount: number | undefined
  readonly linkCredit: number | undefined
  readonly available: number | undefined
  readonly drain: boolean
  readonly echo: boolean
  readonly properties: Fields | undefined
}

export type FlowToSend = ToSend<Flow, 'incomingWindow' | 'nextOutgoingId' | 'outgoingWindow'>

const FIELDS = 11

export function encodeFlow(e: Encoder, flow: FlowToSend): void {
  if (flow.incomingWindow === undefined || flow.nextOutgoingId === undefined || flow.outgoingWindow === undefined) {
    throw new EncodeError('flow: incoming-window, next-outgoing-id and outgoing-window must be given')
  }
  const count = fieldCount(flow)
  e.writeDescriptor(descriptors.FLOW)
  const list = e.beginCompound()
  e.writeUint(flow.nextIncomingId, 'flow.next-incoming-id')
  e.writeUint(flow.incomingWindow, 'flow.incoming-window')
  e.writeUint(flow.nextOutgoingId, 'flow.next-outgoing-id')
  e.writeUint(flow.outgoingWindow, 'flow.outgoing-window')
  e.writeUint(flow.handle, 'flow.handle')
  e.writeUint(flow.deliveryCount, 'flow.delivery-count')
  e.writeUint(flow.linkCredit, 'flow.link-credit')
  e.writeUint(flow.available, 'flow.available')
  e.writeFlag(flow.drain)
  e.writeFlag(flow.echo)
  e.writeFields(flow.properties, 'flow.properties')
  e.dropNulls(FIELDS - count)
  e.endList(list, count)
}

/** The fields up to the last one that is worth a byte. */
function fieldCount(flow: FlowToSend): number {
  if (flow.properties !== undefined) return 11
  if (flow.echo === true) return 10
  if (flow.drain === true) return 9
  if (flow.available !== undefined) return 8
  if (flow.linkCredit !== undefined) return 7
  if (flow.deliveryCount !== undefined) return 6
  return flow.handle !== undefined ? 5 : 4
}

/** Behind the descriptor. */
export function decodeFlow(d: Decoder): Flow {
  const count = d.beginList('flow', FIELDS)
  const end = d.compoundEnd
  const nextIncomingId = count > 0 ? d.readUint('flow.next-incoming-id') : undefined
  const incomingWindow = count > 1 ? d.readUint('flow.incoming-window') : undefined
  const nextOutgoingId = count > 2 ? d.readUint('flow.next-outgoing-id') : undefined
  const outgoingWindow = count > 3 ? d.readUint('flow.outgoing-window') : undefined
  const handle = count > 4 ? d.readUint('flow.handle') : undefined
  const deliveryCount = count > 5 ? d.readUint('flow.delivery-count') : undefined
  const linkCredit = count > 6 ? d.readUint('flow.link-credit') : undefined
  const available = count > 7 ? d.readUint('flow.available') : undefined
  const drain = count > 8 && d.readFlag('flow.drain')
  const echo = count > 9 && d.readFlag('flow.echo')
  const properties = count > 10 ? d.readFields('flow.properties') : undefined
  d.endCompound(end, 'flow')
  if (incomingWindow === undefined) throw missing(d, 'flow.incoming-window', 'uint')
  if (nextOutgoingId === undefined) throw missing(d, 'flow.next-outgoing-id', 'uint')
  if (outgoingWindow === undefined) throw missing(d, 'flow.outgoing-window', 'uint')
  return {
    type: 'flow',
    nextIncomingId,
    incomingWindow,
    nextOutgoingId,
    outgoingWindow,
    handle,
    deliveryCount,
    linkCredit,
    available,
    drain,
    echo,
    properties,
  }
}
