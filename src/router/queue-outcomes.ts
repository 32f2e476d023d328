import type { AmqpValue, Outcome } from '../amqp/index.ts'
import { CodecError } from '../amqp/index.ts'
import type { Consumer } from './consumer.ts'
import type { DeadLetters, DeathReason } from './dead-letters.ts'
import type { QueueStore } from './message-store.ts'
import type { Queue } from './queue.ts'
import type { QueueDispatch } from './queue-dispatch.ts'
import type { ResolvedQueueOptions } from './queue-options.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { Storage } from './storage.ts'

/** What it works on: the parts of one queue. */
export interface QueueParts {
  readonly queue: Queue
  readonly dispatch: QueueDispatch
  readonly deadLetters: DeadLetters
  readonly store: QueueStore
  readonly storage: Storage
  readonly options: ResolvedQueueOptions
}

/** What becomes of a message when a consumer is done with it, or its time is up (AMQP 1.0 part 3, 3.3 and 3.4). */
export class QueueOutcomes {
  readonly #parts: QueueParts

  constructor(parts: QueueParts) {
    this.#parts = parts
  }

  apply(message: QueuedMessage, consumer: Consumer, outcome: Outcome): void {
    switch (outcome.type) {
      case 'accepted':
        return this.#parts.queue.remove(message)
      case 'released':
        return this.#parts.dispatch.giveBack(message)
      case 'rejected':
        message.failures += 1
        return this.#giveUp(message, 'rejected', outcome)
      case 'modified':
        if (outcome.undeliverableHere) message.refuse(consumer)
        if (outcome.messageAnnotations) this.#annotate(message, outcome.messageAnnotations)
        if (outcome.deliveryFailed) this.#failed(message)
        else this.#parts.dispatch.giveBack(message)
    }
  }

  expired(message: QueuedMessage): void {
    const { storage, options, queue } = this.#parts
    storage.traffic.expired += 1
    if (options.deadLetterExpired && options.deadLetter !== undefined) this.#giveUp(message, 'expired')
    else queue.remove(message)
  }

  /** `taken`: the dead-letter address has it. */
  buried(message: QueuedMessage, taken: boolean): void {
    const { storage, queue } = this.#parts
    if (taken) storage.traffic.deadLettered += 1
    else storage.traffic.droppedUndeliverable += 1
    queue.remove(message)
  }

  #failed(message: QueuedMessage): void {
    const { options, store, dispatch } = this.#parts
    message.failures += 1
    store.failed(message)
    if (options.maxDeliveries > 0 && message.failures >= options.maxDeliveries) this.#giveUp(message, 'max-deliveries')
    else dispatch.giveBack(message)
  }

  #giveUp(message: QueuedMessage, reason: DeathReason, outcome?: Outcome): void {
    const { queue, options, deadLetters } = this.#parts
    queue.withhold(message)
    if (options.deadLetter === undefined) this.buried(message, false)
    else deadLetters.send(message, reason, outcome)
  }

  #annotate(message: QueuedMessage, annotations: ReadonlyMap<string, AmqpValue>): void {
    const { queue, storage } = this.#parts
    try {
      const grown = message.annotate(storage.splicer, annotations, (by) => queue.mayGrow(by))
      if (grown !== undefined) queue.changed(message, grown)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error // they, or the message itself, cannot be written
    }
  }
}
