import type { LinkError, Outcome } from '../amqp/index.ts'
import { monotonicMs } from '../support/deadline.ts'
import type { Consumer, Transmission } from './consumer.ts'
import type { OutgoingMessage } from './peer-link.ts'
import type { Queue } from './queue.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { Storage } from './storage.ts'

/** What may wait at its link for the session or the socket. */
const MAX_AHEAD = 20

/**
 * A consumer that looks at the messages of a queue without taking them (distribution-mode copy; AMQP 1.0 part 3, 3.5): each once, in
 * order, whoever else has it. What it says about them changes nothing.
 */
export class QueueBrowser {
  readonly consumer: Consumer
  readonly #queue: Queue
  readonly #storage: Storage
  /** The place of the last message that it was sent, or is not sent. */
  #seen = -1

  constructor(consumer: Consumer, queue: Queue, storage: Storage) {
    this.consumer = consumer
    this.#queue = queue
    this.#storage = storage
  }

  /** Sends what it has not seen, as far as it has room. */
  feed(): void {
    const { consumer } = this
    if (this.#storage.traffic.draining) return
    const now = monotonicMs()
    while (consumer.room > 0 && consumer.waiting < MAX_AHEAD) {
      const message = this.#queue.storedAfter(this.#seen)
      if (!message) return
      if (this.#wants(message, now)) {
        const copy = {
          settled: false,
          payload: message.payload(this.#storage.splicer, now),
          messageFormat: message.messageFormat,
        }
        if (!consumer.submit(new BrowsedCopy(this, copy))) return
      }
      this.#seen = message.sequence
    }
  }

  left(): void {
    this.#storage.traffic.forwarded += 1
    this.consumer.address.forwarded += 1
  }

  #wants(message: QueuedMessage, now: number): boolean {
    return message.expiresAt > now && this.consumer.takesBytes(message.maxSize)
  }
}

class BrowsedCopy implements Transmission {
  waits = false
  /** Whatever came: see QueueDelivery. */
  readonly settled = false
  readonly delivery: OutgoingMessage
  readonly #browser: QueueBrowser

  constructor(browser: QueueBrowser, delivery: OutgoingMessage) {
    this.#browser = browser
    this.delivery = delivery
  }

  onSent(): void {
    const { consumer } = this.#browser
    this.#browser.left()
    if (consumer.presettled) consumer.done(this)
    else consumer.left(this)
    this.#browser.feed()
  }

  onOutcome(outcome: Outcome | undefined): void {
    void outcome
    this.#browser.consumer.done(this)
    this.#browser.feed()
  }

  onFailed(error: LinkError, sent: boolean): void {
    void error
    void sent
    this.#browser.consumer.done(this)
  }
}
