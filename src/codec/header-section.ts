import type { Decoder } from './decoder.ts'
import * as descriptors from './descriptors.ts'
import type { Encoder } from './encoder.ts'
import { checkNames, namesOf } from './known-names.ts'

/** How a message wants to be delivered (specification part 3, section 3.2.1). Received ones have the defaults filled in. */
export interface Header {
  /** It must survive a loss of power at an intermediary. Default false. */
  readonly durable?: boolean | undefined
  /** 0 to 255, higher is more urgent. Default 4. */
  readonly priority?: number | undefined
  /** Milliseconds that it is worth delivering. Nothing here discards it: that is for the intermediaries. */
  readonly ttl?: number | undefined
  /** Nobody else has had it before. Default false. */
  readonly firstAcquirer?: boolean | undefined
  /** How often it was tried before without success. Default 0. */
  readonly deliveryCount?: number | undefined
}

const FIELDS = 5
const DEFAULT_PRIORITY = 4

const NAMES = namesOf<Header>({ durable: true, priority: true, ttl: true, firstAcquirer: true, deliveryCount: true })

export function encodeHeaderSection(e: Encoder, header: Header): void {
  checkNames('header', header, NAMES)
  const priority = header.priority === DEFAULT_PRIORITY ? undefined : header.priority
  const deliveryCount = header.deliveryCount === 0 ? undefined : header.deliveryCount
  const count = fieldCount(header, priority, deliveryCount)
  e.writeDescriptor(descriptors.HEADER)
  const list = e.beginCompound()
  e.writeFlag(header.durable)
  e.writeUbyte(priority, 'header.priority')
  e.writeUint(header.ttl, 'header.ttl')
  e.writeFlag(header.firstAcquirer)
  e.writeUint(deliveryCount, 'header.delivery-count')
  e.dropNulls(FIELDS - count)
  e.endList(list, count)
}

/** The fields up to the last one that is worth a byte. */
function fieldCount(header: Header, priority: number | undefined, deliveryCount: number | undefined): number {
  if (deliveryCount !== undefined) return 5
  if (header.firstAcquirer === true) return 4
  if (header.ttl !== undefined) return 3
  if (priority !== undefined) return 2
  return header.durable === true ? 1 : 0
}

/** Behind the descriptor. */
export function decodeHeaderSection(d: Decoder): Header {
  const count = d.beginList('header', FIELDS)
  const end = d.compoundEnd
  const durable = count > 0 && d.readFlag('header.durable')
  const priority = (count > 1 ? d.readUbyte('header.priority') : undefined) ?? DEFAULT_PRIORITY
  const ttl = count > 2 ? d.readUint('header.ttl') : undefined
  const firstAcquirer = count > 3 && d.readFlag('header.first-acquirer')
  const deliveryCount = (count > 4 ? d.readUint('header.delivery-count') : undefined) ?? 0
  d.endCompound(end, 'header')
  return { durable, priority, ttl, firstAcquirer, deliveryCount }
}
