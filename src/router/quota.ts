// How much may be stored, in messages and in bytes: of one queue, and of all queues of a router together.
//
// What a producer has sent settled cannot be refused, so credit ends before the limit is reached: it is counted against the
// limit of messages like messages that are there, and as if each were as large as the largest of late; and it ends at a part of
// the bytes, so that the rest takes what is larger than that.

export interface QuotaLimits {
  readonly maxMessages: number
  readonly maxBytes: number
}

/** The share of the bytes at which credit ends, and the shares at which it begins again. */
const STOP_BYTES = 0.8
const RESUME_BYTES = 0.7
const RESUME_MESSAGES = 0.875

/** What a message is taken to need before there was one. */
const FIRST_SIZE = 4_096
/** With each message the largest of late counts for less. */
const FADING = 0.99

export class Quota {
  readonly limits: QuotaLimits
  messages = 0
  bytes = 0
  readonly #stopMessages: number
  #stopped = false
  #largest = FIRST_SIZE

  /** `stopMessages`: the share of the messages at which credit ends; 1 where all credit is counted as well. */
  constructor(limits: QuotaLimits, stopMessages = 1) {
    this.limits = limits
    this.#stopMessages = Math.max(1, Math.floor(limits.maxMessages * stopMessages))
  }

  /** It is so full that nobody should be asked for more. It ends well below where it begins, so that it does not flutter. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** How many messages more may be asked for when `granted` are asked for already. */
  allowance(granted: number): number {
    if (this.#stopped) return 0
    const messages = this.#stopMessages - this.messages
    const bytes = Math.floor((this.limits.maxBytes * STOP_BYTES - this.bytes) / this.#largest)
    return Math.max(granted === 0 ? 1 : 0, Math.min(messages, bytes) - granted)
  }

  /** Which limit a message of this size would break. */
  brokenBy(size: number): 'messages' | 'bytes' | undefined {
    if (this.messages >= this.limits.maxMessages) return 'messages'
    return this.bytes + size > this.limits.maxBytes ? 'bytes' : undefined
  }

  /** The messages that are there may have so many bytes more. */
  mayGrow(by: number): boolean {
    return this.bytes + by <= this.limits.maxBytes
  }

  add(size: number): void {
    this.messages += 1
    this.bytes += size
    this.#largest = Math.max(size, this.#largest * FADING, 1)
    this.#check()
  }

  subtract(size: number): void {
    this.messages -= 1
    this.bytes -= size
    this.#check()
  }

  /** A message has become larger, or smaller. */
  resize(by: number): void {
    this.bytes += by
    this.#check()
  }

  #check(): void {
    const { messages, bytes } = this
    const { maxBytes } = this.limits
    if (messages >= this.#stopMessages || bytes >= maxBytes * STOP_BYTES) this.#stopped = true
    else if (messages <= this.#stopMessages * RESUME_MESSAGES && bytes <= maxBytes * RESUME_BYTES) this.#stopped = false
  }
}
