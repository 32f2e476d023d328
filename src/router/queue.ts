// The messages of one queue, in their order and with their states. It knows no links.

import type { Header } from '../amqp/index.ts'
import { monotonicMs } from '../support/deadline.ts'
import type { QueueStore, StoredMessage, StoredQueue } from './message-store.ts'
import { QueuedMessage } from './queued-message.ts'
import { Quota, type QuotaLimits } from './quota.ts'
import { SequenceList } from './sequence-list.ts'
import type { Storage } from './storage.ts'

const NO_HEADER: Header = Object.freeze({})

export interface QueueLimits extends QuotaLimits {
  /** Milliseconds that a message may wait; 0: for ever. */
  readonly maxTtlMs: number
}

export class Queue {
  /** What it may hold, and holds: whatever is not gone. */
  readonly quota: Quota
  readonly #storage: Storage
  readonly #store: QueueStore
  /** Stored, ready or acquired: what browsers see. */
  readonly #stored = new SequenceList<QueuedMessage>()
  readonly #ready = new SequenceList<QueuedMessage>()
  readonly #onExpired: (message: QueuedMessage) => void
  readonly #maxTtlMs: number
  #nextSequence = 0

  /** `onExpired` is called for a message that is ready when its time is up; what becomes of it is for others to say. */
  constructor(limits: QueueLimits, storage: Storage, store: QueueStore, onExpired: (message: QueuedMessage) => void) {
    this.quota = new Quota(limits)
    this.#maxTtlMs = limits.maxTtlMs || Number.POSITIVE_INFINITY
    this.#storage = storage
    this.#store = store
    this.#onExpired = onExpired
  }

  get empty(): boolean {
    return this.quota.messages === 0
  }

  /** The place of the last message that is ready; -1: none is. */
  get lastReady(): number {
    return this.#ready.last?.sequence ?? -1
  }

  /** The first message behind that place that a consumer may be given. */
  readyAfter(sequence: number): QueuedMessage | undefined {
    return this.#ready.after(sequence)
  }

  /** The first message behind that place, whoever has it. */
  storedAfter(sequence: number): QueuedMessage | undefined {
    return this.#stored.after(sequence)
  }

  /**
   * A message that has come, to be stored: it counts, and is not delivered before `stored`.
   * @throws DecodeError when it does not begin as a message does.
   */
  enter(payload: Uint8Array, messageFormat: number): QueuedMessage {
    const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    const message = messageFormat === 0 ? this.#plain(buffer) : this.#foreign(Buffer.from(buffer), messageFormat)
    this.#nextSequence += 1
    this.#count(message)
    return message
  }

  /** The messages that a store has kept: they are ready. */
  restore({ messages, nextSequence }: StoredQueue): void {
    for (const message of messages) this.#restore(message)
    this.#nextSequence = nextSequence
  }

  /** It is in the store. */
  stored(message: QueuedMessage): void {
    this.#stored.add(message)
    this.#makeReady(message)
  }

  /** A consumer gets it. */
  acquire(message: QueuedMessage): void {
    message.state = 'acquired'
    this.#ready.remove(message)
    this.#storage.expiry.remove(message)
  }

  /** Back at its place. */
  giveBack(message: QueuedMessage): void {
    this.#makeReady(message)
  }

  /** Nobody gets it here any more, and it still counts. */
  withhold(message: QueuedMessage): void {
    if (message.state === 'ready') this.#unready(message)
    this.#stored.remove(message)
    message.state = 'leaving'
  }

  remove(message: QueuedMessage): void {
    if (message.state === 'ready') this.#unready(message)
    this.#stored.remove(message)
    message.state = 'gone'
    this.#store.remove(message)
    this.quota.subtract(message.size)
    this.#storage.total.subtract(message.size)
  }

  /** It could not be stored, and is not kept. */
  leave(message: QueuedMessage): void {
    message.state = 'gone'
    this.quota.subtract(message.size)
    this.#storage.total.subtract(message.size)
  }

  /** Its messages may have so many bytes more. */
  mayGrow(by: number): boolean {
    return this.quota.mayGrow(by) && this.#storage.total.mayGrow(by)
  }

  /** Its bytes have changed, and are so many more. */
  changed(message: QueuedMessage, by: number): void {
    this.quota.resize(by)
    this.#storage.total.resize(by)
    this.#store.rewrite(message)
  }

  #restore(stored: StoredMessage): void {
    const { sequence, messageFormat, bytes } = stored
    const { header, sections } = messageFormat === 0 ? this.#storage.splicer.split(bytes) : foreign(bytes)
    const parts = { header: header ?? NO_HEADER, sections, bytes }
    const expiresAt = monotonicMs() + stored.livesMs
    const message = new QueuedMessage(sequence, messageFormat, expiresAt, parts, this.#onExpired)
    message.failures = stored.failures
    message.acquired = stored.acquired
    this.#count(message)
    this.stored(message)
  }

  #plain(payload: Buffer): QueuedMessage {
    const { header = NO_HEADER, sections } = this.#storage.splicer.split(payload)
    // In memory of its own: the payload is a view of all that came with it.
    const bytes = this.#storage.splicer.join({ ...header, firstAcquirer: true }, sections)
    const parts = { header, sections: bytes.subarray(bytes.length - sections.length), bytes }
    const expiresAt = this.#expiryOf(header.ttl)
    return new QueuedMessage(this.#nextSequence, 0, expiresAt, parts, this.#onExpired)
  }

  #foreign(bytes: Buffer, messageFormat: number): QueuedMessage {
    const expiresAt = this.#expiryOf(undefined)
    return new QueuedMessage(this.#nextSequence, messageFormat, expiresAt, foreign(bytes), this.#onExpired)
  }

  #expiryOf(ttl: number | undefined): number {
    const livesMs = Math.min(ttl || Number.POSITIVE_INFINITY, this.#maxTtlMs)
    return livesMs === Number.POSITIVE_INFINITY ? livesMs : monotonicMs() + livesMs
  }

  #count(message: QueuedMessage): void {
    this.quota.add(message.size)
    this.#storage.total.add(message.size)
  }

  #makeReady(message: QueuedMessage): void {
    message.state = 'ready'
    this.#ready.add(message)
    if (message.mayExpire) this.#storage.expiry.add(message)
  }

  #unready(message: QueuedMessage): void {
    this.#ready.remove(message)
    this.#storage.expiry.remove(message)
  }
}

const foreign = (bytes: Buffer) => ({ header: NO_HEADER, sections: bytes, bytes })
