import type { Decoder } from '../codec/decoder.ts'
import type { Transfer } from '../codec/performatives.ts'
import { ProtocolViolation } from './errors.ts'
import type { JoinBudget } from './join-budget.ts'

const NO_TAG = new Uint8Array(0)
const NO_PAYLOAD = Buffer.alloc(0)

/** Room for the first frame of several. */
const FIRST_CAPACITY = 4_096

/** The frames of one message as they come (AMQP 1.0 part 2, 2.6.14). Holds at most the link's max-message-size, and all of a connection together its budget. */
export class IncomingTransfer {
  readonly deliveryId: number
  readonly tag: Uint8Array
  readonly messageFormat: number
  /**
   * The peer goes on with a delivery of an earlier link. Nothing here outlives its link, so it is unknown, and ignored (2.7.5);
   * it is counted all the same, as the peer has counted it.
   */
  readonly resumed: boolean
  #settled = false
  /** Undefined until a second frame is to come: then a buffer that doubles, so that many small frames cost no more than few. */
  #joined: Buffer | undefined
  #size = 0
  readonly #budget: JoinBudget

  constructor(first: Transfer, budget: JoinBudget) {
    if (first.deliveryId === undefined) {
      throw new ProtocolViolation(
        'session',
        'amqp:invalid-field',
        'transfer.delivery-id: expected in the first frame of a delivery, found none',
      )
    }
    this.deliveryId = first.deliveryId
    this.tag = first.deliveryTag ?? NO_TAG
    this.messageFormat = first.messageFormat ?? 0
    this.resumed = first.resume
    this.#budget = budget
  }

  /** It counts as settled when any of its frames says so (2.7.5). */
  get settled(): boolean {
    return this.#settled
  }

  /** Takes the payload of a frame; with the last one, gives all of it: without copying when there was but one. */
  take(transfer: Transfer, decoder: Decoder, last: boolean, maxMessageSize: number): Buffer {
    if (transfer.deliveryId !== undefined && transfer.deliveryId !== this.deliveryId) {
      throw new ProtocolViolation(
        'session',
        'amqp:invalid-field',
        `transfer.delivery-id: expected ${this.deliveryId} until the delivery ends, found ${transfer.deliveryId}`,
      )
    }
    if (transfer.settled) this.#settled = true
    if (this.resumed) return NO_PAYLOAD
    const payload = decoder.buffer.subarray(decoder.position, decoder.end)
    const size = this.#size + payload.length
    if (size > maxMessageSize) {
      throw new ProtocolViolation(
        'link',
        'amqp:link:message-size-exceeded',
        `a message of more than ${maxMessageSize} bytes`,
      )
    }
    if (last && !this.#joined) return payload
    this.#append(payload, Math.min(maxMessageSize, Math.max(FIRST_CAPACITY, size * 2)))
    return (this.#joined as Buffer).subarray(0, this.#size)
  }

  /** It is complete, or will never be. */
  release(): void {
    if (this.#joined) this.#budget.give(this.#joined.length)
  }

  #append(payload: Buffer, capacity: number): void {
    const size = this.#size + payload.length
    if (!this.#joined || this.#joined.length < size) {
      this.#budget.take(capacity - (this.#joined?.length ?? 0))
      const larger = Buffer.allocUnsafeSlow(capacity)
      this.#joined?.copy(larger, 0, 0, this.#size)
      this.#joined = larger
    }
    payload.copy(this.#joined, this.#size)
    this.#size = size
  }
}
