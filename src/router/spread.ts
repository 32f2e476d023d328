import type { EncodedMessage, Outcome } from '../amqp/index.ts'
import { ACCEPTED } from '../amqp/index.ts'
import type { Forwarder } from './forwarder.ts'
import type { IncomingDelivery } from './peer-link.ts'
import { Producer } from './producer.ts'

/** One message on its way into several queues. Its sender hears of it when all of them have said what they make of it. */
export class Spread {
  readonly #producer: Producer
  readonly #delivery: IncomingDelivery
  readonly #size: number
  readonly #cameSettled: boolean
  #open: number
  #outcome: Outcome = ACCEPTED

  constructor(producer: Producer, delivery: IncomingDelivery, queues: number) {
    this.#producer = producer
    this.#delivery = delivery
    this.#size = delivery.payload.length
    this.#cameSettled = delivery.settled
    this.#open = queues
  }

  to(queues: readonly Forwarder[]): void {
    this.#producer.holds(this.#delivery)
    const copier = new CopyProducer(this.#producer.traffic, undefined)
    for (const queue of queues) queue.forward(copier, new Copy(this.#delivery, (outcome) => this.#stored(outcome)))
  }

  /** One that refuses is enough for the sender to hear of it. */
  #stored(outcome: Outcome): void {
    if (outcome.type !== 'accepted') {
      this.#outcome = outcome
      if (this.#cameSettled) this.#producer.traffic.droppedFull += 1
    }
    this.#open -= 1
    if (this.#open > 0) return
    this.#producer.settle(this.#delivery, this.#outcome)
    this.#delivery.dropPayload?.()
    this.#producer.freed(this.#delivery, this.#size)
  }
}

/** Its sender is told by the Spread. */
class CopyProducer extends Producer {
  override settle(delivery: IncomingDelivery, outcome: Outcome): void {
    delivery.settle(outcome)
  }
}

class Copy implements IncomingDelivery {
  readonly #original: IncomingDelivery
  readonly #onOutcome: (outcome: Outcome) => void
  #settled = false

  constructor(original: IncomingDelivery, onOutcome: (outcome: Outcome) => void) {
    this.#original = original
    this.#onOutcome = onOutcome
  }

  get settled(): boolean {
    return this.#settled
  }

  get payload(): Uint8Array {
    return this.#original.payload
  }

  get messageFormat(): number {
    return this.#original.messageFormat
  }

  get message(): Pick<EncodedMessage, 'properties'> {
    return this.#original.message
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#onOutcome(outcome)
  }
}
