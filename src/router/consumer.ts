// A peer that receives from an address: what it can take, what it was given, whether it moves.

import type { ErrorCondition, Outcome, SendHandler, SubmitOptions } from '../amqp/index.ts'
import { ACCEPTED } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { LinkShare } from './link-share.ts'
import type { OutgoingLink, OutgoingMessage } from './peer-link.ts'

/** What may wait for one consumer beyond its credit or its socket: whichever is reached first. */
export const CONSUMER_LIMITS = Object.freeze({ messages: 1_000, bytes: 16 * 1024 * 1024 })

const SETTLED: SubmitOptions = Object.freeze({ settled: true })
const UNSETTLED: SubmitOptions = Object.freeze({ settled: false })

/** One message on its way to one consumer; it is the handler that the AMQP layer tells. */
export interface Transmission extends SendHandler {
  /** It could not leave at once; kept by the consumer. */
  waits: boolean
  /** It came settled. The delivery's own word for it changes when its sender settles it later. */
  readonly settled: boolean
  readonly delivery: OutgoingMessage
}

export interface ConsumerManners {
  /** It asked for settled deliveries only (snd-settle-mode settled): whatever leaves is done. */
  readonly presettled?: boolean
  /** It asked for unsettled deliveries only (snd-settle-mode unsettled): it settles also what came settled to us. */
  readonly unsettledOnly?: boolean
  /** It looks at the messages of a queue and takes none (its source's distribution-mode copy). */
  readonly browses?: boolean
  /** What it means when it settles without an outcome: its source's default-outcome, else that it took the message. */
  readonly defaultOutcome?: Outcome | undefined
  /** The largest message that it takes, in bytes. 0 or absent: any. */
  readonly maxMessageSize?: number | bigint | undefined
}

export class Consumer {
  readonly address: Address
  readonly presettled: boolean
  readonly browses: boolean
  readonly defaultOutcome: Outcome
  readonly #unsettledOnly: boolean
  readonly #maxMessageSize: number
  readonly #share: LinkShare | undefined
  /** Messages given to it and not done with. */
  outstanding = 0
  /** Bytes of those that could not leave at once. */
  waitingBytes = 0
  /** How many it has finished: the sign that it moves. */
  finished = 0
  /** See StallWatch: it has not finished anything for a while although much waits for it. */
  stalled = false
  /** `finished` when the watch last looked. */
  finishedAtCheck = -1
  /** Nothing more goes there. */
  gone = false
  #link: OutgoingLink | undefined

  /** `share`: its part of what its connection may have. */
  constructor(address: Address, manners: ConsumerManners = {}, share?: LinkShare) {
    this.address = address
    this.presettled = manners.presettled ?? false
    this.browses = manners.browses ?? false
    this.#unsettledOnly = manners.unsettledOnly ?? false
    this.defaultOutcome = manners.defaultOutcome ?? ACCEPTED
    this.#share = share
    this.#maxMessageSize = Number(manners.maxMessageSize ?? 0) || Number.POSITIVE_INFINITY
  }

  /** Its link is there: the peer asked for it, and we have answered. */
  attached(link: OutgoingLink): void {
    this.#link = link
  }

  /** Messages that it was given and that could not leave yet. */
  get waiting(): number {
    return this.#link?.queued ?? 0
  }

  /** Messages that its peer grants now. */
  get credit(): number {
    return this.#link?.credit ?? 0
  }

  /** Messages that it can be given now. */
  get room(): number {
    const link = this.#link
    if (!link || this.gone || link.queued >= this.mostWaiting || this.waitingBytes >= this.#mostBytes) return 0
    if (this.#share && this.outstanding >= this.#share.messages) return 0
    return Math.max(0, link.credit - link.queued)
  }

  /** Half of what may wait for it does. */
  get behind(): boolean {
    return this.outstanding >= this.mostWaiting / 2 || this.waitingBytes >= this.#mostBytes / 2
  }

  /** All that may wait for it does. */
  get full(): boolean {
    return this.outstanding >= this.mostWaiting || this.waitingBytes >= this.#mostBytes
  }

  /** Far more waits for it than may: what was granted to many producers before it was behind came all at once. */
  get overfull(): boolean {
    return this.outstanding >= this.mostWaiting * 2 || this.waitingBytes >= this.#mostBytes * 2
  }

  /** Messages that may wait for it. */
  get mostWaiting(): number {
    const { messages } = CONSUMER_LIMITS
    return this.#share && this.#share.messages < messages ? this.#share.messages : messages
  }

  /** Whether the message is done with, for this consumer, as soon as it left. */
  settles(message: { readonly settled: boolean }): boolean {
    return this.presettled || (message.settled && !this.#unsettledOnly)
  }

  /** False: the message is larger than the consumer said it takes. */
  takes(delivery: OutgoingMessage): boolean {
    return this.takesBytes(delivery.payload.length)
  }

  takesBytes(size: number): boolean {
    return size <= this.#maxMessageSize
  }

  /** Hands it to the link, where it leaves at once or waits for credit. False: the link is gone. */
  submit(transmission: Transmission): boolean {
    const link = this.#link
    if (!link || this.gone) return false
    const { delivery } = transmission
    try {
      link.submit(delivery.payload, this.#options(transmission), transmission)
    } catch {
      this.gone = true // its end is being told to us in this very turn
      return false
    }
    this.outstanding += 1
    if (link.queued > 0) {
      transmission.waits = true
      delivery.keepApart?.()
      this.waitingBytes += delivery.payload.length
    }
    return true
  }

  /** The message has left, or never will. */
  left(transmission: Transmission): void {
    if (!transmission.waits) return
    transmission.waits = false
    this.waitingBytes -= transmission.delivery.payload.length
  }

  /** The consumer is done with the message. */
  done(transmission: Transmission): void {
    this.left(transmission)
    this.outstanding -= 1
    this.finished += 1
    this.stalled = false
  }

  /** Ends its link, closed, with this reason. */
  detach(error: ErrorCondition): void {
    this.gone = true
    void this.#link?.detach({ error })
  }

  get #mostBytes(): number {
    const { bytes } = CONSUMER_LIMITS
    return this.#share && this.#share.bytes < bytes ? this.#share.bytes : bytes
  }

  #options(transmission: Transmission): SubmitOptions {
    const { delivery } = transmission
    const settled = this.settles(transmission)
    if (delivery.messageFormat !== 0) return { settled, messageFormat: delivery.messageFormat }
    return settled ? SETTLED : UNSETTLED
  }
}
