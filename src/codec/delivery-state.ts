import { composite, decodeComposite, encodeComposite, type FieldType, fields, string, symbol } from './composite.ts'
import type { Decoder } from './decoder.ts'
import * as descriptors from './descriptors.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError, inField } from './errors.ts'
import * as format from './format-codes.ts'
import type { Described, Fields } from './types.ts'

/** Why an endpoint or a delivery was given up (specification part 2, section 2.8.14). */
export interface ErrorCondition {
  /** A symbol such as `amqp:not-found`. */
  readonly condition: string
  /** For people. */
  readonly description?: string | undefined
  /** For programs, by symbols. */
  readonly info?: Fields | undefined
}

export interface Accepted {
  readonly type: 'accepted'
}
export interface Rejected {
  readonly type: 'rejected'
  readonly error?: ErrorCondition | undefined
}
export interface Released {
  readonly type: 'released'
}
export interface Modified {
  readonly type: 'modified'
  readonly deliveryFailed?: boolean | undefined
  readonly undeliverableHere?: boolean | undefined
  readonly messageAnnotations?: Fields | undefined
}
/** How far a receiver got with a delivery that is resumed. */
export interface Received {
  readonly type: 'received'
  readonly sectionNumber: number
  readonly sectionOffset: number | bigint
}
/** A state that the specification leaves to extensions, among them those of transactions. */
export interface OtherState {
  readonly type: 'other'
  readonly value: Described
}

/** How a delivery may end (specification part 3, section 3.4). */
export type Outcome = Accepted | Rejected | Released | Modified
export type DeliveryState = Outcome | Received | OtherState

export const ACCEPTED: Accepted = Object.freeze({ type: 'accepted' })
export const RELEASED: Released = Object.freeze({ type: 'released' })

const ERROR = composite('error', descriptors.ERROR, [
  ['condition', symbol, { mandatory: true }],
  ['description', string],
  ['info', fields],
])

export function encodeErrorCondition(e: Encoder, error: ErrorCondition): void {
  encodeComposite(e, ERROR, error)
}

export function decodeErrorCondition(d: Decoder, what: string): ErrorCondition | undefined {
  if (d.skipNull()) return undefined
  const at = d.position
  if (d.readDescriptor(what) !== descriptors.ERROR) throw d.fail(`${what}: expected an error`, at)
  const error: Record<string, unknown> = {}
  decodeComposite(d, ERROR, error)
  return error as unknown as ErrorCondition
}

export const errorCondition: FieldType<ErrorCondition> = {
  name: 'error',
  write: (e, value) => (value === undefined ? e.writeNull() : encodeErrorCondition(e, value)),
  read: decodeErrorCondition,
}

export function encodeDeliveryState(e: Encoder, state: DeliveryState | undefined, what: string): void {
  switch (state?.type) {
    case undefined:
      e.writeNull()
      break
    case 'accepted':
      e.writeDescriptor(descriptors.ACCEPTED)
      e.rawUint8(format.LIST0)
      break
    case 'released':
      e.writeDescriptor(descriptors.RELEASED)
      e.rawUint8(format.LIST0)
      break
    case 'rejected':
      encodeRejected(e, state)
      break
    case 'modified':
      encodeModified(e, state, what)
      break
    case 'received':
      encodeReceived(e, state, what)
      break
    case 'other':
      e.writeValue(state.value, what)
      break
    default:
      throw new EncodeError(`${what}: there is no delivery state ${String((state as DeliveryState).type)}`)
  }
}

function encodeRejected(e: Encoder, state: Rejected): void {
  e.writeDescriptor(descriptors.REJECTED)
  const list = e.beginCompound()
  if (state.error !== undefined) encodeErrorCondition(e, state.error)
  e.endList(list, state.error === undefined ? 0 : 1)
}

function encodeModified(e: Encoder, state: Modified, what: string): void {
  e.writeDescriptor(descriptors.MODIFIED)
  const { deliveryFailed, undeliverableHere, messageAnnotations } = state
  const count = messageAnnotations !== undefined ? 3 : undeliverableHere === true ? 2 : deliveryFailed === true ? 1 : 0
  const list = e.beginCompound()
  if (count > 0) e.writeBoolean(deliveryFailed === true ? true : undefined)
  if (count > 1) e.writeBoolean(undeliverableHere === true ? true : undefined)
  if (count > 2) e.writeFields(messageAnnotations, `${what}.message-annotations`)
  e.endList(list, count)
}

function encodeReceived(e: Encoder, state: Received, what: string): void {
  e.writeDescriptor(descriptors.RECEIVED)
  const list = e.beginCompound()
  e.writeUint(state.sectionNumber, `${what}.section-number`)
  e.writeUlong(state.sectionOffset, `${what}.section-offset`)
  e.endList(list, 2)
}

/** Accepted and released come without allocation. */
export function decodeDeliveryState(d: Decoder, what: string): DeliveryState | undefined {
  if (d.skipNull()) return undefined
  try {
    return decodeState(d, what)
  } catch (error) {
    throw inField(error, what)
  }
}

function decodeState(d: Decoder, what: string): DeliveryState {
  const at = d.position
  switch (d.readDescriptor(what)) {
    case descriptors.ACCEPTED:
      emptyList(d, 'accepted')
      return ACCEPTED
    case descriptors.RELEASED:
      emptyList(d, 'released')
      return RELEASED
    case descriptors.REJECTED:
      return decodeRejected(d)
    case descriptors.MODIFIED:
      return decodeModified(d)
    case descriptors.RECEIVED:
      return decodeReceived(d)
    default:
      d.position = at
      // A described value it is: readDescriptor saw that.
      return { type: 'other', value: d.readValue() as Described }
  }
}

/** The default-outcome of a source. */
export const outcome: FieldType<DeliveryState> = {
  name: 'outcome',
  write: (e, state, what) => {
    if (state?.type === 'received') throw new EncodeError(`${what}: received is no outcome`)
    encodeDeliveryState(e, state, what)
  },
  read: decodeDeliveryState,
}

function emptyList(d: Decoder, what: string): void {
  d.beginList(what, 0)
  d.endCompound(d.compoundEnd, what)
}

function decodeRejected(d: Decoder): Rejected {
  const count = d.beginList('rejected', 1)
  const end = d.compoundEnd
  const error = count > 0 ? decodeErrorCondition(d, 'rejected.error') : undefined
  d.endCompound(end, 'rejected')
  return { type: 'rejected', error }
}

function decodeModified(d: Decoder): Modified {
  const count = d.beginList('modified', 3)
  const end = d.compoundEnd
  const deliveryFailed = (count > 0 ? d.readBoolean('modified.delivery-failed') : undefined) ?? false
  const undeliverableHere = (count > 1 ? d.readBoolean('modified.undeliverable-here') : undefined) ?? false
  const messageAnnotations = count > 2 ? d.readFields('modified.message-annotations') : undefined
  d.endCompound(end, 'modified')
  return { type: 'modified', deliveryFailed, undeliverableHere, messageAnnotations }
}

function decodeReceived(d: Decoder): Received {
  const count = d.beginList('received', 2)
  const end = d.compoundEnd
  const sectionNumber = count > 0 ? d.readUint('received.section-number') : undefined
  const sectionOffset = count > 1 ? d.readUlong('received.section-offset') : undefined
  if (sectionNumber === undefined || sectionOffset === undefined) {
    throw d.fail('received: expected section-number and section-offset, both are mandatory')
  }
  d.endCompound(end, 'received')
  return { type: 'received', sectionNumber, sectionOffset }
}
