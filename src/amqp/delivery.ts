import type { ErrorCondition, Outcome } from '../codec/delivery-state.ts'
import { ACCEPTED, RELEASED } from '../codec/delivery-state.ts'
import { EncodedMessage } from '../codec/sections.ts'
import type { AmqpValue } from '../codec/types.ts'
import { guarded } from '../support/guarded.ts'
import type { IncomingTransfer } from './incoming-transfer.ts'
import { compact } from './message-bytes.ts'
import type { Receiver } from './receiver.ts'

const NO_BYTES = Buffer.alloc(0)

/**
 * One message received. It is settled once, with one outcome; what is said later, or after the link is gone, does nothing
 * (an unsettled delivery of a lost link is the peer's to deliver again).
 */
export class Delivery {
  /** The link on which it came. */
  readonly receiver: Receiver
  /** The session's number for it (part 2, 2.8.9). */
  readonly id: number
  /** What kind of message it is (part 2, 2.8.11). 0: the sections of part 3. */
  readonly messageFormat: number
  /** The peer settled it, after we said what we think of it or without. Only for deliveries that came unsettled. */
  onSettledByPeer: (() => void) | undefined = undefined
  // Its place among the unsettled deliveries of its receiver.
  /** @internal */ fifoPrevious: Delivery | undefined
  /** @internal */ fifoNext: Delivery | undefined
  /** @internal */ fifo: object | undefined
  /** @internal It waits for the asynchronous iterator. */ buffered = false
  /** @internal The peer sent it settled. */
  readonly cameSettled: boolean
  /** @internal We settle it with our outcome; else the peer does, after it has heard that. */
  readonly settlesFirst: boolean
  #tag: Uint8Array
  #payload: Buffer
  #settled: boolean
  #decided: boolean
  #message: EncodedMessage | undefined

  /** @internal */
  constructor(receiver: Receiver, incoming: IncomingTransfer, payload: Buffer) {
    this.receiver = receiver
    this.id = incoming.deliveryId
    this.#tag = incoming.tag
    this.messageFormat = incoming.messageFormat
    this.settlesFirst = incoming.settlesFirst
    this.cameSettled = incoming.settled
    this.#settled = incoming.settled
    this.#decided = incoming.settled
    this.#payload = payload
  }

  /** The sender's name for it. */
  get tag(): Uint8Array {
    return this.#tag
  }

  /** All sections as they came. Stays valid for as long as it is referred to. */
  get payload(): Buffer {
    return this.#payload
  }

  /** It needs no outcome any more: it was sent settled, or one end has settled it. */
  get settled(): boolean {
    return this.#settled
  }

  /** The message; each section is decoded when it is first asked for. */
  get message(): EncodedMessage {
    this.#message ??= new EncodedMessage(this.#payload, this.receiver.connection.resources.messageDecoder)
    return this.#message
  }

  /**
   * Moves payload and tag to memory of their own, for whoever keeps the delivery for long: they are cut out of all that was received
   * together with them.
   */
  keepApart(): void {
    this.#tag = Uint8Array.from(this.#tag)
    const payload = compact(this.#payload)
    if (payload === this.#payload) return
    this.#payload = payload
    this.#message = undefined
  }

  /**
   * Gives up payload, message and tag, which are empty from then on: for whoever waits with the outcome and has no more use for
   * them. They may keep all the memory that was received together with them.
   */
  dropPayload(): void {
    this.#payload = NO_BYTES
    this.#tag = NO_BYTES
    this.#message = undefined
  }

  /** It was taken: the sender need not keep it. */
  accept(): void {
    this.settle(ACCEPTED)
  }

  /** It is invalid and must not be sent again (part 3, 3.4.3). */
  reject(error?: ErrorCondition): void {
    this.settle({ type: 'rejected', error })
  }

  /** It was not looked at: anyone may have it (part 3, 3.4.4). */
  release(): void {
    this.settle(RELEASED)
  }

  /** It was not taken, and something is to be remembered about it (part 3, 3.4.5). */
  modify(how: {
    readonly deliveryFailed?: boolean
    readonly undeliverableHere?: boolean
    readonly messageAnnotations?: ReadonlyMap<string, AmqpValue>
  }): void {
    this.settle({
      type: 'modified',
      deliveryFailed: how.deliveryFailed ?? false,
      undeliverableHere: how.undeliverableHere ?? false,
      messageAnnotations: how.messageAnnotations as Map<string, AmqpValue> | undefined,
    })
  }

  /** Says what becomes of it; `accept` and the others are short for it. Goes out at the end of the turn. */
  settle(outcome: Outcome): void {
    if (this.#decided) return
    this.#decided = true
    this.receiver.settle(this, outcome)
  }

  /** @internal */
  settledByUs(): void {
    this.#settled = true
  }

  /** @internal */
  settledByPeer(): void {
    if (this.#settled) return
    this.#settled = true
    this.#decided = true
    const { onSettledByPeer } = this
    if (onSettledByPeer) guarded('onSettledByPeer', onSettledByPeer)
  }
}
