import type { Decoder } from '../codec/decoder.ts'
import type { Transfer } from '../codec/performatives.ts'
import { RECEIVER_SETTLE_MODE } from '../codec/performatives.ts'
import { ProtocolViolation } from './errors.ts'
import type { MemoryBudget } from './memory-budget.ts'

const NO_PAYLOAD = Buffer.alloc(0)

/** Room for the first frame of several. */
const FIRST_CAPACITY = 4_096

/** 2.8.7. */
const MAX_TAG = 32

/** The frames of one message as they come (AMQP 1.0 part 2, 2.6.14). Holds at most the link's max-message-size, and all of a connection together its budget. */
export class IncomingTransfer {
  readonly deliveryId: number
  readonly tag: Buffer
  readonly messageFormat: number
  /** We settle it at once; else the peer settles first, after it has heard our outcome. */
  readonly settlesFirst: boolean
  /**
   * The peer goes on with a delivery of an earlier link. Nothing here outlives its link, so it is unknown, and ignored (2.7.5);
   * it is counted all the same, as the peer has counted it.
   */
  readonly resumed: boolean
  #settled = false
  /** Undefined until a second frame is to come: then a buffer that doubles, so that many small frames cost no more than few. */
  #joined: Buffer | undefined
  #size = 0
  readonly #budget: MemoryBudget

  /** `linkSettlesFirst`: what holds where the transfer does not say it. */
  constructor(first: Transfer, budget: MemoryBudget, linkSettlesFirst = true) {
    const { deliveryId, deliveryTag } = first
    if (deliveryId === undefined)
      throw invalid('transfer.delivery-id: expected in the first frame of a delivery, found none')
    if (deliveryTag === undefined)
      throw invalid('transfer.delivery-tag: expected in the first frame of a delivery, found none')
    if (deliveryTag.length > MAX_TAG)
      throw invalid(`transfer.delivery-tag: expected at most ${MAX_TAG} bytes, found ${deliveryTag.length}`)
    this.deliveryId = deliveryId
    // One that waits for more must not hold all that was received together with its tag.
    this.tag = first.more ? Buffer.from(deliveryTag) : deliveryTag
    this.messageFormat = first.messageFormat ?? 0
    this.settlesFirst = settlesFirst(first, linkSettlesFirst)
    this.resumed = first.resume
    this.#budget = budget
  }

  /** It counts as settled when any of its frames says so (2.7.5). */
  get settled(): boolean {
    return this.#settled
  }

  /** The deliveries of a link come one after the other: what a later frame repeats is as in the first. */
  expectSame({ deliveryId, deliveryTag }: Transfer): void {
    if (deliveryId !== undefined && deliveryId !== this.deliveryId) {
      throw invalid(`transfer.delivery-id: expected ${this.deliveryId} until the delivery ends, found ${deliveryId}`)
    }
    if (deliveryTag !== undefined && !deliveryTag.equals(this.tag)) {
      throw invalid(
        `transfer.delivery-tag: expected ${shown(this.tag)} until the delivery ends, found ${shown(deliveryTag)}`,
      )
    }
  }

  /** Takes the payload of a frame; with the last one, gives all of it: without copying when there was but one. */
  take(transfer: Transfer, decoder: Decoder, last: boolean, maxMessageSize: number): Buffer {
    this.expectSame(transfer)
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

/** 2.7.5: a transfer may ask for less than the link has, never for more. */
function settlesFirst({ rcvSettleMode, settled }: Transfer, ofLink: boolean): boolean {
  if (rcvSettleMode === undefined || settled) return ofLink
  const most = ofLink ? RECEIVER_SETTLE_MODE.FIRST : RECEIVER_SETTLE_MODE.SECOND
  if (rcvSettleMode <= most) return rcvSettleMode === RECEIVER_SETTLE_MODE.FIRST
  const expected = ofLink ? '0 (first), as the link has it' : '0 or 1'
  const message = `transfer.rcv-settle-mode: expected ${expected}, found ${rcvSettleMode}`
  throw new ProtocolViolation('link', 'amqp:invalid-field', message)
}

const shown = (tag: Buffer): string => `0x${tag.toString('hex', 0, MAX_TAG)}`

const invalid = (message: string): ProtocolViolation => new ProtocolViolation('session', 'amqp:invalid-field', message)
