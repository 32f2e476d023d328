// The performative before each piece of a message: written out by hand, since it is the hottest of all.

import { missing, type ToSend } from './composite.ts'
import type { Decoder } from './decoder.ts'
import { type DeliveryState, decodeDeliveryState, encodeDeliveryState } from './delivery-state.ts'
import * as descriptors from './descriptors.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError } from './errors.ts'

/** A piece of a delivery (specification part 2, section 2.7.5). The payload follows it in the frame. */
export interface Transfer {
  readonly type: 'transfer'
  readonly handle: number
  /** Present on the first transfer of a delivery; the two below too. */
  readonly deliveryId: number | undefined
  readonly deliveryTag: Buffer | undefined
  readonly messageFormat: number | undefined
  /** Absent counts as false, or as what an earlier transfer of the delivery said. */
  readonly settled: boolean | undefined
  readonly more: boolean
  readonly rcvSettleMode: number | undefined
  readonly state: DeliveryState | undefined
  readonly resume: boolean
  readonly aborted: boolean
  readonly batchable: boolean
}

export type TransferToSend = Omit<ToSend<Transfer, 'handle'>, 'deliveryTag'> & {
  readonly deliveryTag?: Uint8Array | undefined
}

const FIELDS = 11

export function encodeTransfer(e: Encoder, transfer: TransferToSend): void {
  if (transfer.handle === undefined) throw new EncodeError('transfer.handle: a uint must be given')
  const count = fieldCount(transfer)
  e.writeDescriptor(descriptors.TRANSFER)
  const list = e.beginCompound()
  e.writeUint(transfer.handle, 'transfer.handle')
  e.writeUint(transfer.deliveryId, 'transfer.delivery-id')
  e.writeBinary(transfer.deliveryTag, 'transfer.delivery-tag')
  e.writeUint(transfer.messageFormat, 'transfer.message-format')
  e.writeBoolean(transfer.settled, 'transfer.settled')
  if (count > 5) {
    e.writeFlag(transfer.more)
    e.writeUbyte(transfer.rcvSettleMode, 'transfer.rcv-settle-mode')
    encodeDeliveryState(e, transfer.state, 'transfer.state')
    e.writeFlag(transfer.resume)
    e.writeFlag(transfer.aborted)
    e.writeFlag(transfer.batchable)
    e.dropNulls(FIELDS - count)
  } else {
    e.dropNulls(5 - count)
  }
  e.endList(list, count)
}

/** The fields up to the last one that is worth a byte. */
function fieldCount(transfer: TransferToSend): number {
  if (transfer.batchable === true) return 11
  if (transfer.aborted === true) return 10
  if (transfer.resume === true) return 9
  if (transfer.state !== undefined) return 8
  if (transfer.rcvSettleMode !== undefined) return 7
  if (transfer.more === true) return 6
  if (transfer.settled !== undefined) return 5
  if (transfer.messageFormat !== undefined) return 4
  if (transfer.deliveryTag !== undefined) return 3
  return transfer.deliveryId !== undefined ? 2 : 1
}

/** Behind the descriptor. */
export function decodeTransfer(d: Decoder): Transfer {
  const count = d.beginList('transfer', FIELDS)
  const end = d.compoundEnd
  const handle = count > 0 ? d.readUint('transfer.handle') : undefined
  const deliveryId = count > 1 ? d.readUint('transfer.delivery-id') : undefined
  const deliveryTag = count > 2 ? d.readBinary('transfer.delivery-tag') : undefined
  const messageFormat = count > 3 ? d.readUint('transfer.message-format') : undefined
  const settled = count > 4 ? d.readBoolean('transfer.settled') : undefined
  const more = count > 5 && d.readFlag('transfer.more')
  const rcvSettleMode = count > 6 ? d.readUbyte('transfer.rcv-settle-mode') : undefined
  const state = count > 7 ? decodeDeliveryState(d, 'transfer.state') : undefined
  const resume = count > 8 && d.readFlag('transfer.resume')
  const aborted = count > 9 && d.readFlag('transfer.aborted')
  const batchable = count > 10 && d.readFlag('transfer.batchable')
  d.endCompound(end, 'transfer')
  if (handle === undefined) throw missing(d, 'transfer.handle', 'uint')
  return {
    type: 'transfer',
    handle,
    deliveryId,
    deliveryTag,
    messageFormat,
    settled,
    more,
    rcvSettleMode,
    state,
    resume,
    aborted,
    batchable,
  }
}
