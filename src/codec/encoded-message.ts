import { Decoder } from './decoder.ts'
import * as descriptors from './descriptors.ts'
import { decodeHeaderSection, type Header } from './header-section.ts'
import { decodePropertiesSection, type Properties } from './properties-section.ts'
import type { Body, Message } from './sections.ts'
import type { AmqpValue, Fields } from './types.ts'

/** Where a section's content begins in the bytes; -1: it is not there. In the order in which sections may come. */
interface SectionIndex {
  header: number
  deliveryAnnotations: number
  messageAnnotations: number
  properties: number
  applicationProperties: number
  /** Of the first body section. */
  body: number
  bodyDescriptor: number
  footer: number
}

/** Not decoded yet; undefined means that a section is absent. */
const UNREAD = Symbol('unread')
type Lazy<T> = T | undefined | typeof UNREAD

/**
 * A message as it was received. A section is decoded when it is asked for, once. What is wrong with the bytes shows then:
 * any getter throws DecodeError when the sections are unknown, repeated or out of order, or when its own cannot be read.
 */
export class EncodedMessage implements Message {
  /** All sections in raw form. Decoded binaries are views of it. */
  readonly bytes: Buffer
  #decoder: Decoder | undefined
  #index: SectionIndex | undefined
  #header: Lazy<Header> = UNREAD
  #deliveryAnnotations: Lazy<Fields> = UNREAD
  #messageAnnotations: Lazy<Fields> = UNREAD
  #properties: Lazy<Properties> = UNREAD
  #applicationProperties: Lazy<Fields> = UNREAD
  #body: Lazy<Body> = UNREAD
  #footer: Lazy<Fields> = UNREAD

  /** `decoder`: with the limits that hold; many messages may share one, it is in use only within a getter. */
  constructor(bytes: Buffer, decoder?: Decoder) {
    this.bytes = bytes
    this.#decoder = decoder
  }

  get header(): Header | undefined {
    if (this.#header === UNREAD) {
      const d = this.#at(this.#sections().header)
      this.#header = d === undefined ? undefined : decodeHeaderSection(d)
    }
    return this.#header
  }

  get deliveryAnnotations(): Fields | undefined {
    if (this.#deliveryAnnotations === UNREAD) {
      const at = this.#sections().deliveryAnnotations
      this.#deliveryAnnotations = this.#at(at)?.readFields('delivery-annotations')
    }
    return this.#deliveryAnnotations
  }

  get messageAnnotations(): Fields | undefined {
    if (this.#messageAnnotations === UNREAD) {
      const at = this.#sections().messageAnnotations
      this.#messageAnnotations = this.#at(at)?.readFields('message-annotations')
    }
    return this.#messageAnnotations
  }

  get properties(): Properties | undefined {
    if (this.#properties === UNREAD) {
      const d = this.#at(this.#sections().properties)
      this.#properties = d === undefined ? undefined : decodePropertiesSection(d)
    }
    return this.#properties
  }

  get applicationProperties(): Fields | undefined {
    if (this.#applicationProperties === UNREAD) {
      const at = this.#sections().applicationProperties
      this.#applicationProperties = this.#at(at)?.readFields('application-properties')
    }
    return this.#applicationProperties
  }

  get body(): Body | undefined {
    if (this.#body === UNREAD) {
      const { body, bodyDescriptor } = this.#sections()
      const d = this.#at(body)
      this.#body = d === undefined ? undefined : decodeBody(d, bodyDescriptor)
    }
    return this.#body
  }

  /** The value of a body of one value; undefined for any other body, and for none. */
  get value(): AmqpValue {
    const { body } = this
    return body?.type === 'value' ? body.value : undefined
  }

  /**
   * The bytes of a body of bytes; undefined for any other body, and for none. A view of `bytes` when they came in one section,
   * else a copy: joined anew each time it is asked for.
   */
  get data(): Buffer | undefined {
    const { body } = this
    if (body?.type !== 'data') return undefined
    return body.chunks.length === 1 ? (body.chunks[0] as Buffer) : Buffer.concat(body.chunks)
  }

  get footer(): Fields | undefined {
    if (this.#footer === UNREAD) this.#footer = this.#at(this.#sections().footer)?.readFields('footer')
    return this.#footer
  }

  /** A plain message with all sections decoded; encoding it writes them anew. */
  toMessage(): Message {
    return {
      header: this.header,
      deliveryAnnotations: this.deliveryAnnotations,
      messageAnnotations: this.messageAnnotations,
      properties: this.properties,
      applicationProperties: this.applicationProperties,
      body: this.body,
      footer: this.footer,
    }
  }

  #at(position: number): Decoder | undefined {
    if (position < 0) return undefined
    this.#decoder ??= new Decoder()
    this.#decoder.reset(this.bytes, position)
    return this.#decoder
  }

  #sections(): SectionIndex {
    this.#index ??= indexSections(this.#at(0)!)
    return this.#index
  }
}

/** Finds the sections by stepping over them, and checks their order. */
function indexSections(d: Decoder): SectionIndex {
  const index: SectionIndex = {
    header: -1,
    deliveryAnnotations: -1,
    messageAnnotations: -1,
    properties: -1,
    applicationProperties: -1,
    body: -1,
    bodyDescriptor: -1,
    footer: -1,
  }
  let last = -1
  while (d.position < d.end) {
    const start = d.position
    const descriptor = d.readDescriptor('message')
    checkOrder(d, last, descriptor, start)
    if (descriptor !== last) noteSection(index, descriptor, d.position)
    last = descriptor
    d.skipValue()
  }
  return index
}

/** The codes of the sections ascend in the order that the specification prescribes; of the bodies there is one kind. */
function checkOrder(d: Decoder, last: number, descriptor: number, start: number): void {
  if (descriptor < descriptors.HEADER || descriptor > descriptors.FOOTER) {
    throw d.fail('message: expected a section, found another described value', start)
  }
  const repeatable = descriptor === descriptors.DATA || descriptor === descriptors.AMQP_SEQUENCE
  const secondBody = isBody(last) && isBody(descriptor) && last !== descriptor
  if (descriptor < last || (descriptor === last && !repeatable) || secondBody) {
    throw d.fail(`message: section 0x${descriptor.toString(16)} may not follow section 0x${last.toString(16)}`, start)
  }
}

function isBody(descriptor: number): boolean {
  return descriptor >= descriptors.DATA && descriptor <= descriptors.AMQP_VALUE
}

function noteSection(index: SectionIndex, descriptor: number, position: number): void {
  switch (descriptor) {
    case descriptors.HEADER:
      index.header = position
      break
    case descriptors.DELIVERY_ANNOTATIONS:
      index.deliveryAnnotations = position
      break
    case descriptors.MESSAGE_ANNOTATIONS:
      index.messageAnnotations = position
      break
    case descriptors.PROPERTIES:
      index.properties = position
      break
    case descriptors.APPLICATION_PROPERTIES:
      index.applicationProperties = position
      break
    case descriptors.FOOTER:
      index.footer = position
      break
    default:
      index.body = position
      index.bodyDescriptor = descriptor
  }
}

function decodeBody(d: Decoder, descriptor: number): Body {
  if (descriptor === descriptors.AMQP_VALUE) return { type: 'value', value: d.readValue() }
  if (descriptor === descriptors.DATA) {
    return { type: 'data', chunks: repeated(d, descriptor, () => d.readBinary('data')) }
  }
  return { type: 'sequence', lists: repeated(d, descriptor, () => readSequence(d)) }
}

/** All sections of one kind of body, one behind the other. */
function repeated<T>(d: Decoder, descriptor: number, read: () => T | undefined): T[] {
  const values: T[] = []
  do {
    const value = read()
    if (value === undefined) throw d.fail('message: expected a body, found null')
    values.push(value)
  } while (d.position < d.end && d.readDescriptor('message') === descriptor)
  return values
}

function readSequence(d: Decoder): AmqpValue[] {
  const at = d.position
  const value = d.readValue()
  if (Array.isArray(value)) return value
  throw d.fail('amqp-sequence: expected a list', at)
}
