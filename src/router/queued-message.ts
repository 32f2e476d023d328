// A message in a queue: what it needs to be delivered, perhaps more than once.

import type { AmqpValue, Header, MessageSplicer } from '../amqp/index.ts'
import type { Consumer } from './consumer.ts'
import type { Expiring } from './expiry.ts'

/** - storing: not in the store yet, so not to be delivered
 *  - ready: for the next consumer that may have it
 *  - acquired: a consumer has been given it
 *  - leaving: on its way to the dead-letter address
 *  - gone: done with
 */
export type MessageState = 'storing' | 'ready' | 'acquired' | 'leaving' | 'gone'

/** What a further delivery may add to the size of the first: a delivery-count, in the widest form. */
const MAX_GROWTH = 6

const MAX_UINT = 0xffff_ffff

/** Bytes of annotations that consumers may add to one message; what they say beyond that is not kept. */
const MAX_ANNOTATIONS = 16_384

const NEVER = Number.POSITIVE_INFINITY

export class QueuedMessage implements Expiring {
  /** Its place in the queue. */
  readonly sequence: number
  /** Transfer.message-format. Of another one than 0 nothing is known, and so nothing is changed. */
  readonly messageFormat: number
  /** On the monotonic clock; Infinity: never. */
  readonly expiresAt: number
  state: MessageState = 'storing'
  /** Deliveries from this queue that failed. */
  failures = 0
  /** Some consumer has been given it. */
  acquired = false
  expiryIndex = -1
  /** Consumers that said that it cannot be delivered to them. */
  #refusedBy: WeakSet<Consumer> | undefined
  #bytes: Buffer
  readonly #header: Header
  #sections: Buffer
  #annotations = 0
  readonly #onExpired: (message: QueuedMessage) => void

  /** `header`: as it came; `sections`: what followed it, and `bytes`: both together, as they are delivered the first time. */
  constructor(
    sequence: number,
    messageFormat: number,
    expiresAt: number,
    parts: { readonly header: Header; readonly sections: Buffer; readonly bytes: Buffer },
    onExpired: (message: QueuedMessage) => void,
  ) {
    this.sequence = sequence
    this.messageFormat = messageFormat
    this.expiresAt = expiresAt
    this.#header = parts.header
    this.#sections = parts.sections
    this.#bytes = parts.bytes
    this.#onExpired = onExpired
  }

  /** As it is when it is delivered for the first time without having waited: so it is stored. */
  get bytes(): Buffer {
    return this.#bytes
  }

  get size(): number {
    return this.#bytes.length
  }

  /** The size of any delivery of it at most. */
  get maxSize(): number {
    return this.#bytes.length + MAX_GROWTH
  }

  get mayExpire(): boolean {
    return this.expiresAt !== NEVER
  }

  /** As it is delivered now: with what is left of its ttl, and what became of it so far (part 3, 3.2.1). */
  payload(splicer: MessageSplicer, now: number): Buffer {
    if (this.messageFormat !== 0) return this.#bytes
    if (!this.acquired && this.failures === 0 && !this.mayExpire) return this.#bytes
    const ttl = this.mayExpire ? Math.max(1, Math.ceil(this.expiresAt - now)) : this.#header.ttl
    return splicer.join(
      { ...this.#header, ttl, firstAcquirer: !this.acquired, deliveryCount: this.#count },
      this.#sections,
    )
  }

  /** As it goes to the dead-letter address: it lives on without an end. */
  deadPayload(splicer: MessageSplicer, annotate: (sections: Buffer) => Buffer): Buffer {
    if (this.messageFormat !== 0) return this.#bytes
    const { durable, priority } = this.#header
    return splicer.join({ durable, priority, deliveryCount: this.#count }, annotate(this.#sections))
  }

  /**
   * Adds annotations. Gives the bytes by which it has grown; undefined: they are too many, or `mayGrow` says no, and nothing has
   * changed.
   * @throws CodecError when the message, or the annotations, are not what they should be.
   */
  annotate(
    splicer: MessageSplicer,
    annotations: ReadonlyMap<string, AmqpValue>,
    mayGrow: (by: number) => boolean,
  ): number | undefined {
    if (this.messageFormat !== 0) return undefined
    const sections = splicer.annotate(this.#sections, 'message-annotations', annotations)
    const grown = sections.length - this.#sections.length
    if (this.#annotations + grown > MAX_ANNOTATIONS || !mayGrow(grown)) return undefined
    const bytes = splicer.join({ ...this.#header, firstAcquirer: true }, sections)
    this.#annotations += grown
    this.#bytes = bytes
    this.#sections = bytes.subarray(bytes.length - sections.length)
    return grown
  }

  refuse(consumer: Consumer): void {
    this.#refusedBy ??= new WeakSet()
    this.#refusedBy.add(consumer)
  }

  isFor(consumer: Consumer): boolean {
    return this.#refusedBy?.has(consumer) !== true && consumer.takesBytes(this.maxSize)
  }

  expire(): void {
    this.#onExpired(this)
  }

  get #count(): number {
    return Math.min(MAX_UINT, (this.#header.deliveryCount ?? 0) + this.failures)
  }
}
