import type { Decoder } from './decoder.ts'
import * as descriptors from './descriptors.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError } from './errors.ts'
import * as format from './format-codes.ts'
import { checkNames, namesOf } from './known-names.ts'
import { Uuid } from './types.ts'

/** Message and correlation id: string, ulong (number or bigint), uuid or binary. What is decoded encodes to the same type. */
export type MessageId = string | number | bigint | Uuid | Uint8Array

/** The immutable properties of a message (specification part 3, section 3.2.4). */
export interface Properties {
  /** What it is called, uniquely, by whoever made it. */
  readonly messageId?: MessageId | undefined
  /** Who made it. A peer may check it against who is connected. */
  readonly userId?: Uint8Array | undefined
  /** The address of the node that it is for. */
  readonly to?: string | undefined
  /** What it is about, in short. */
  readonly subject?: string | undefined
  /** The address that an answer is to go to. */
  readonly replyTo?: string | undefined
  /** The message that this one answers, or what else it belongs to. */
  readonly correlationId?: MessageId | undefined
  /** MIME type of a body of bytes. */
  readonly contentType?: string | undefined
  /** How a body of bytes is encoded besides, as `gzip`. */
  readonly contentEncoding?: string | undefined
  /** When it is worth nothing any more: milliseconds since 1970. */
  readonly absoluteExpiryTime?: number | undefined
  /** When it was made: milliseconds since 1970. */
  readonly creationTime?: number | undefined
  /** The group that it belongs to. */
  readonly groupId?: string | undefined
  /** Its place in the group: a serial number, which wraps. */
  readonly groupSequence?: number | undefined
  /** The group that an answer belongs to. */
  readonly replyToGroupId?: string | undefined
}

const FIELDS = 13

const NAMES = namesOf<Properties>({
  messageId: true,
  userId: true,
  to: true,
  subject: true,
  replyTo: true,
  correlationId: true,
  contentType: true,
  contentEncoding: true,
  absoluteExpiryTime: true,
  creationTime: true,
  groupId: true,
  groupSequence: true,
  replyToGroupId: true,
})

export function encodePropertiesSection(e: Encoder, properties: Properties): void {
  checkNames('properties', properties, NAMES)
  const count = fieldCount(properties)
  e.writeDescriptor(descriptors.PROPERTIES)
  const list = e.beginCompound()
  encodeMessageId(e, properties.messageId, 'properties.message-id')
  e.writeBinary(properties.userId, 'properties.user-id')
  e.writeString(properties.to, 'properties.to')
  e.writeString(properties.subject, 'properties.subject')
  e.writeString(properties.replyTo, 'properties.reply-to')
  encodeMessageId(e, properties.correlationId, 'properties.correlation-id')
  e.writeSymbol(properties.contentType, 'properties.content-type')
  e.writeSymbol(properties.contentEncoding, 'properties.content-encoding')
  e.writeTimestamp(properties.absoluteExpiryTime, 'properties.absolute-expiry-time')
  e.writeTimestamp(properties.creationTime, 'properties.creation-time')
  e.writeString(properties.groupId, 'properties.group-id')
  e.writeUint(properties.groupSequence, 'properties.group-sequence')
  e.writeString(properties.replyToGroupId, 'properties.reply-to-group-id')
  e.dropNulls(FIELDS - count)
  e.endList(list, count)
}

/** The fields up to the last one that is there. */
function fieldCount(properties: Properties): number {
  if (properties.replyToGroupId !== undefined) return 13
  if (properties.groupSequence !== undefined) return 12
  if (properties.groupId !== undefined) return 11
  if (properties.creationTime !== undefined) return 10
  if (properties.absoluteExpiryTime !== undefined) return 9
  if (properties.contentEncoding !== undefined) return 8
  if (properties.contentType !== undefined) return 7
  if (properties.correlationId !== undefined) return 6
  if (properties.replyTo !== undefined) return 5
  if (properties.subject !== undefined) return 4
  if (properties.to !== undefined) return 3
  if (properties.userId !== undefined) return 2
  return properties.messageId !== undefined ? 1 : 0
}

function encodeMessageId(e: Encoder, id: MessageId | undefined, what: string): void {
  if (typeof id === 'string' || id === undefined || id === null) e.writeString(id, what)
  else if (typeof id === 'number' || typeof id === 'bigint') e.writeUlong(id, what)
  else if (id instanceof Uuid) e.writeUuid(id, what)
  else if (id instanceof Uint8Array) e.writeBinary(id, what)
  else throw new EncodeError(`${what}: expected string, ulong, uuid or binary`)
}

/** Behind the descriptor. */
export function decodePropertiesSection(d: Decoder): Properties {
  const count = d.beginList('properties', FIELDS)
  const end = d.compoundEnd
  const messageId = count > 0 ? decodeMessageId(d, 'properties.message-id') : undefined
  const userId = count > 1 ? d.readBinary('properties.user-id') : undefined
  const to = count > 2 ? d.readString('properties.to') : undefined
  const subject = count > 3 ? d.readString('properties.subject') : undefined
  const replyTo = count > 4 ? d.readString('properties.reply-to') : undefined
  const correlationId = count > 5 ? decodeMessageId(d, 'properties.correlation-id') : undefined
  const contentType = count > 6 ? d.readSymbol('properties.content-type') : undefined
  const contentEncoding = count > 7 ? d.readSymbol('properties.content-encoding') : undefined
  const absoluteExpiryTime = count > 8 ? d.readTimestamp('properties.absolute-expiry-time') : undefined
  const creationTime = count > 9 ? d.readTimestamp('properties.creation-time') : undefined
  const groupId = count > 10 ? d.readString('properties.group-id') : undefined
  const groupSequence = count > 11 ? d.readUint('properties.group-sequence') : undefined
  const replyToGroupId = count > 12 ? d.readString('properties.reply-to-group-id') : undefined
  d.endCompound(end, 'properties')
  return {
    messageId,
    userId,
    to,
    subject,
    replyTo,
    correlationId,
    contentType,
    contentEncoding,
    absoluteExpiryTime,
    creationTime,
    groupId,
    groupSequence,
    replyToGroupId,
  }
}

function decodeMessageId(d: Decoder, what: string): MessageId | undefined {
  const code = d.readCode(what)
  d.position--
  switch (code) {
    case format.NULL:
    case format.STRING8:
    case format.STRING32:
      return d.readString(what)
    case format.SMALL_ULONG:
    case format.ULONG0:
    case format.ULONG:
      return d.readUlong(what)
    case format.UUID:
      return d.readUuid(what)
    case format.BINARY8:
    case format.BINARY32:
      return d.readBinary(what)
    default:
      d.position++
      throw d.wrongType('string, ulong, uuid or binary', code, what)
  }
}
