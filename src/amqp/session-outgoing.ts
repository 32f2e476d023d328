// What the senders of a session share: the window, the numbers of deliveries, and the way out (AMQP 1.0 part 2, 2.5.6).

import type { Encoder } from '../codec/encoder.ts'
import type { OutputTurn } from './output-turn.ts'
import type { Sender } from './sender.ts'
import { serialAdd } from './serial-number.ts'
import type { SessionDeliveries } from './session-deliveries.ts'
import type { SessionFlow } from './session-flow.ts'
import type { Submission } from './submission.ts'

export class SessionOutgoing {
  /** The channel on which we send. */
  readonly channel: number
  readonly #flow: SessionFlow
  readonly #deliveries: SessionDeliveries
  readonly #output: OutputTurn
  /** Senders that have everything but the session's window: none mostly. Bounded by the number of links. */
  #blocked: Set<Sender> | undefined
  #nextDeliveryId: number

  /** `firstDeliveryId`: where the numbers of deliveries begin. */
  constructor(
    channel: number,
    flow: SessionFlow,
    deliveries: SessionDeliveries,
    output: OutputTurn,
    firstDeliveryId: number,
  ) {
    this.#nextDeliveryId = firstDeliveryId
    this.channel = channel
    this.#flow = flow
    this.#deliveries = deliveries
    this.#output = output
  }

  /** Where transfers are encoded. */
  get encoder(): Encoder {
    return this.#output.encoder
  }

  /** The largest transfer frame that may go out. */
  get maxFrameSize(): number {
    return this.#output.transferFrameSize
  }

  /** Counts writes to the socket. */
  get writes(): number {
    return this.#output.writes
  }

  /** The count of writes when all that is encoded now will be with the socket: it goes out unless the socket is gone. */
  get writesToCome(): number {
    return this.#output.open ? this.#output.writes + 1 : this.#output.writes
  }

  get windowOpen(): boolean {
    return this.#flow.open
  }

  /** A transfer frame may be encoded at once, out of turn. */
  get canTransfer(): boolean {
    return this.#flow.open && this.#output.writable
  }

  /** The id that `takeDeliveryId` gives next. */
  get nextDeliveryId(): number {
    return this.#nextDeliveryId
  }

  takeDeliveryId(): number {
    const id = this.#nextDeliveryId
    this.#nextDeliveryId = serialAdd(id, 1)
    return id
  }

  /** A transfer frame has been encoded. */
  transferWritten(): void {
    this.#flow.transferSent()
    this.#output.scheduleFlush()
  }

  /** A transfer frame with a whole message has been encoded at once, out of turn. */
  messageWritten(): void {
    this.#flow.transferSent()
    this.#output.messageEncoded()
  }

  /** The last frame of a message has been encoded. */
  transferred(submission: Submission): void {
    this.#output.addTransferred(submission)
  }

  /** The sender has a message, credit and window: it gets its turn. */
  ready(sender: Sender): void {
    this.#output.addSender(sender)
  }

  /** Only the window is missing: the peer's next Flow brings the sender back. */
  blocked(sender: Sender): void {
    this.#blocked ??= new Set()
    this.#blocked.add(sender)
  }

  windowOpened(): void {
    const senders = this.#blocked
    if (!this.#flow.open || !senders) return
    this.#blocked = undefined
    for (const sender of senders) this.#output.addSender(sender)
  }

  remember(submission: Submission): void {
    this.#deliveries.remember(submission)
  }

  forget(submission: Submission): void {
    this.#deliveries.forget(submission.deliveryId)
  }
}
