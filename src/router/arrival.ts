import { ACCEPTED, RELEASED } from '../amqp/index.ts'
import type { StoreListener } from './message-store.ts'
import type { IncomingDelivery } from './peer-link.ts'
import type { Producer } from './producer.ts'
import type { QueueForwarder } from './queue-forwarder.ts'
import type { QueuedMessage } from './queued-message.ts'

/** A message between its coming and its being stored, which is when its producer is told. */
export class Arrival implements StoreListener {
  readonly #forwarder: QueueForwarder
  readonly #message: QueuedMessage
  readonly #producer: Producer
  readonly #delivery: IncomingDelivery
  readonly #cameSettled: boolean
  readonly #size: number

  constructor(forwarder: QueueForwarder, message: QueuedMessage, producer: Producer, delivery: IncomingDelivery) {
    this.#forwarder = forwarder
    this.#message = message
    this.#producer = producer
    this.#delivery = delivery
    this.#cameSettled = delivery.settled
    this.#size = delivery.payload.length
  }

  onStored(): void {
    this.#forwarder.queue.stored(this.#message)
    this.#producer.settle(this.#delivery, ACCEPTED)
    this.#end()
    this.#forwarder.stored()
  }

  /** What can be sent again goes back. What came settled cannot, and is kept in memory at least. */
  onStoreFailed(): boolean {
    if (this.#cameSettled) {
      this.onStored()
      return true
    }
    this.#forwarder.queue.leave(this.#message)
    this.#producer.settle(this.#delivery, RELEASED)
    this.#end()
    this.#forwarder.progress()
    return false
  }

  #end(): void {
    this.#producer.freed(this.#delivery, this.#size)
    this.#producer.traffic.ended()
  }
}
