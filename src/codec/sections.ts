// The sections of a message (specification part 3, section 3.2), in the order in which they travel.

import * as descriptors from './descriptors.ts'
import { EncodedMessage } from './encoded-message.ts'
import type { Encoder } from './encoder.ts'
import { EncodeError } from './errors.ts'
import { encodeHeaderSection, type Header } from './header-section.ts'
import { checkNames, namesOf } from './known-names.ts'
import { encodePropertiesSection, type Properties } from './properties-section.ts'
import { AmqpArray, type AmqpType, type AmqpValue, type Fields, Typed } from './types.ts'

export { EncodedMessage } from './encoded-message.ts'
export type { Header } from './header-section.ts'
export type { MessageId, Properties } from './properties-section.ts'

/** One value of any type, bytes, or lists: the three kinds of body that the specification has. */
export type Body =
  | { readonly type: 'value'; readonly value: AmqpValue }
  | { readonly type: 'data'; readonly chunks: readonly Uint8Array[] }
  | { readonly type: 'sequence'; readonly lists: readonly AmqpValue[][] }

/** A message; what is undefined is not sent as a section. A message without body is legal here, as oslo's heartbeats have none. */
export interface Message {
  /** How it wants to be delivered. */
  readonly header?: Header | undefined
  /** For the next hop only, by symbols. */
  readonly deliveryAnnotations?: Fields | undefined
  /** For every hop, by symbols. */
  readonly messageAnnotations?: Fields | undefined
  /** What the specification has names for: ids, addresses, content type. */
  readonly properties?: Properties | undefined
  /** What the application has names for; the keys are strings. */
  readonly applicationProperties?: Fields | undefined
  /** `{ type: 'value', value }`, `{ type: 'data', chunks }` or `{ type: 'sequence', lists }`. */
  readonly body?: Body | undefined
  /** What is known only when the body has been written, as a hash of it; by symbols. */
  readonly footer?: Fields | undefined
}

/** Writes all sections of a message. One that was received goes out with the bytes that it came with. */
export function encodeMessage(e: Encoder, message: Message): void {
  if (message instanceof EncodedMessage) return e.rawBytes(message.bytes)
  checkNames('message', message, SECTIONS)
  encodeSections(e, message)
}

const SECTIONS = namesOf<Message>({
  header: true,
  deliveryAnnotations: true,
  messageAnnotations: true,
  properties: true,
  applicationProperties: true,
  body: true,
  footer: true,
})

function encodeSections(e: Encoder, message: Message): void {
  if (message.header !== undefined) encodeHeaderSection(e, message.header)
  encodeAnnotations(e, descriptors.DELIVERY_ANNOTATIONS, message.deliveryAnnotations, 'delivery-annotations')
  encodeAnnotations(e, descriptors.MESSAGE_ANNOTATIONS, message.messageAnnotations, 'message-annotations')
  if (message.properties !== undefined) encodePropertiesSection(e, message.properties)
  if (message.applicationProperties !== undefined) encodeApplicationProperties(e, message.applicationProperties)
  if (message.body !== undefined) encodeBody(e, message.body)
  encodeAnnotations(e, descriptors.FOOTER, message.footer, 'footer')
}

function encodeAnnotations(e: Encoder, descriptor: number, annotations: Fields | undefined, what: string): void {
  if (annotations === undefined) return
  e.writeDescriptor(descriptor)
  e.writeFields(annotations, what)
}

function encodeApplicationProperties(e: Encoder, properties: Fields): void {
  e.writeDescriptor(descriptors.APPLICATION_PROPERTIES)
  if (!(properties instanceof Map)) throw new EncodeError('application-properties: expected a Map of names and values')
  const map = e.beginCompound()
  for (const [key, value] of properties) {
    if (typeof key !== 'string') throw new EncodeError('application-properties: the keys are strings')
    if (isCompound(value))
      throw new EncodeError(`application-properties: "${key}" is no simple value but a list, map or array`)
    e.writeString(key, 'application-properties')
    e.writeValue(value, 'application-properties')
  }
  e.endMap(map, properties.size)
}

/** What the values of application properties may not be (3.2.5). */
function isCompound(value: AmqpValue): boolean {
  if (value instanceof Typed) return isCompoundType(value.type) || isCompound(value.value)
  if (Array.isArray(value) || value instanceof Map || value instanceof AmqpArray) return true
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

const isCompoundType = (type: AmqpType): boolean => type === 'list' || type === 'map' || type === 'array'

const BODIES = "{ type: 'value', value }, { type: 'data', chunks: [bytes] } or { type: 'sequence', lists: [list] }"

function encodeBody(e: Encoder, body: Body): void {
  switch (body?.type) {
    case 'value':
      e.writeDescriptor(descriptors.AMQP_VALUE)
      e.writeValue(body.value, 'amqp-value')
      break
    case 'data':
      checkArray('chunks', body.chunks)
      for (const chunk of body.chunks) {
        e.writeDescriptor(descriptors.DATA)
        e.writeBinary(chunk, 'data')
      }
      break
    case 'sequence':
      checkArray('lists', body.lists)
      for (const list of body.lists) {
        e.writeDescriptor(descriptors.AMQP_SEQUENCE)
        e.writeValue(new Typed('list', list), 'amqp-sequence')
      }
      break
    default:
      throw new EncodeError(`body: expected ${BODIES}`)
  }
}

function checkArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new EncodeError(`body.${name}: expected an array; a body is ${BODIES}`)
}
