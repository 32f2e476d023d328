import { missing, type ToSend } from './composite.ts'
import type { Decoder } from './decoder.ts'
import { type DeliveryState, decodeDeliveryState, encodeDeliveryState } from './delivery-state.ts'
import * as descriptors from './descriptors.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError } from './errors.ts'

/** What became of a range of deliveries (specification part 2, section 2.7.6). */
export interface Disposition {
  readonly type: 'disposition'
  /** True: whoever sends this frame received the deliveries. */
  readonly role: boolean
  readonly first: number
  /** Absent: the same as `first`. */
  readonly last: number | undefined
  readonly settled: boolean
  readonly state: DeliveryState | undefined
  readonly batchable: boolean
}

export type DispositionToSend = ToSend<Disposition, 'role' | 'first'>

const FIELDS = 6

export function encodeDisposition(e: Encoder, disposition: DispositionToSend): void {
  if (disposition.role === undefined || disposition.first === undefined) {
    throw new EncodeError('disposition: role and first must be given')
  }
  const count = fieldCount(disposition)
  e.writeDescriptor(descriptors.DISPOSITION)
  const list = e.beginCompound()
  e.writeBoolean(disposition.role, 'disposition.role')
  e.writeUint(disposition.first, 'disposition.first')
  e.writeUint(disposition.last, 'disposition.last')
  e.writeFlag(disposition.settled)
  encodeDeliveryState(e, disposition.state, 'disposition.state')
  e.writeFlag(disposition.batchable)
  e.dropNulls(FIELDS - count)
  e.endList(list, count)
}

/** The fields up to the last one that is worth a byte. */
function fieldCount(disposition: DispositionToSend): number {
  if (disposition.batchable === true) return 6
  if (disposition.state !== undefined) return 5
  if (disposition.settled === true) return 4
  return disposition.last !== undefined ? 3 : 2
}

/** Behind the descriptor. */
export function decodeDisposition(d: Decoder): Disposition {
  const count = d.beginList('disposition', FIELDS)
  const end = d.compoundEnd
  const role = count > 0 ? d.readBoolean('disposition.role') : undefined
  const first = count > 1 ? d.readUint('disposition.first') : undefined
  const last = count > 2 ? d.readUint('disposition.last') : undefined
  const settled = count > 3 && d.readFlag('disposition.settled')
  const state = count > 4 ? decodeDeliveryState(d, 'disposition.state') : undefined
  const batchable = count > 5 && d.readFlag('disposition.batchable')
  d.endCompound(end, 'disposition')
  if (role === undefined) throw missing(d, 'disposition.role', 'boolean')
  if (first === undefined) throw missing(d, 'disposition.first', 'uint')
  return { type: 'disposition', role, first, last, settled, state, batchable }
}
