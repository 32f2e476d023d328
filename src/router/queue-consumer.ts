import type { Consumer } from './consumer.ts'
import type { Candidate } from './distribution.ts'
import type { Queue } from './queue.ts'
import type { QueuedMessage } from './queued-message.ts'

/**
 * What may wait at a consumer's link for the session or the socket, beyond which the rest waits in its queue: there it can still
 * go to others, or expire.
 */
const MAX_AHEAD = 20

/** Messages that are looked at in one go for a consumer that takes few of them. */
const MAX_SCAN = 1_000

/** A consumer of a queue: how far it is. */
export class QueueConsumer implements Candidate {
  readonly consumer: Consumer
  readonly #queue: Queue
  /** No message up to this place is for it: it refused them, or they are too large. -1: none was passed over. */
  #passed = -1

  constructor(consumer: Consumer, queue: Queue) {
    this.consumer = consumer
    this.#queue = queue
  }

  get room(): number {
    return this.#passed < this.#queue.lastReady && this.consumer.waiting < MAX_AHEAD ? this.consumer.room : 0
  }

  get outstanding(): number {
    return this.consumer.outstanding
  }

  /** The next message for it; undefined: there is none, or (then it still has room) none so far. */
  next(): QueuedMessage | undefined {
    for (let looked = 0; looked < MAX_SCAN; looked++) {
      const message = this.#queue.readyAfter(this.#passed)
      if (!message || message.isFor(this.consumer)) return message
      this.#passed = message.sequence
    }
    return undefined
  }

  /** A message is back at its place. */
  lookAgain(message: QueuedMessage): void {
    if (this.#passed >= message.sequence) this.#passed = message.sequence - 1
  }
}
