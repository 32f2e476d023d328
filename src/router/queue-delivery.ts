import type { LinkError, Outcome } from '../amqp/index.ts'
import { ACCEPTED, RELEASED } from '../amqp/index.ts'
import type { Consumer, Transmission } from './consumer.ts'
import { DELIVERY_FAILED } from './forwarder.ts'
import type { OutgoingMessage } from './peer-link.ts'
import type { QueuedMessage } from './queued-message.ts'

/** The queue, as its deliveries see it. */
export interface DeliveredQueue {
  /** A message has left for a consumer. */
  left(message: QueuedMessage): void
  /** A consumer is done with a message. */
  settled(delivery: QueueDelivery, outcome: Outcome): void
  /** A consumer is lost, and with it what it had; more of that is told in this turn. */
  lost(delivery: QueueDelivery, outcome: Outcome): void
  /** There may be room again. */
  progress(): void
}

/** A message of a queue with a consumer, until it has said what became of it, or is gone. */
export class QueueDelivery implements Transmission, OutgoingMessage {
  waits = false
  /** Whatever came: the queue is rid of it when the consumer says so, unless that asked not to be asked. */
  readonly settled = false
  readonly message: QueuedMessage
  readonly payload: Buffer
  readonly consumer: Consumer
  readonly #owner: DeliveredQueue

  constructor(owner: DeliveredQueue, message: QueuedMessage, payload: Buffer, consumer: Consumer) {
    this.#owner = owner
    this.message = message
    this.payload = payload
    this.consumer = consumer
  }

  get delivery(): OutgoingMessage {
    return this
  }

  get messageFormat(): number {
    return this.message.messageFormat
  }

  onSent(): void {
    this.#owner.left(this.message)
    if (this.consumer.presettled) return this.#done(ACCEPTED)
    this.consumer.left(this)
    this.#owner.progress()
  }

  onOutcome(outcome: Outcome | undefined): void {
    this.message.acquired = true
    this.#done(outcome ?? this.consumer.defaultOutcome)
  }

  /** What it never saw is as if nothing had been; what it may have seen counts as a delivery that failed. */
  onFailed(error: LinkError, sent: boolean): void {
    void error
    if (sent) this.message.acquired = true
    this.consumer.done(this)
    this.#owner.lost(this, sent ? DELIVERY_FAILED : RELEASED)
  }

  #done(outcome: Outcome): void {
    this.consumer.done(this)
    this.#owner.settled(this, outcome)
  }
}
