import { monotonicMs } from '../support/deadline.ts'
import type { Consumer } from './consumer.ts'
import { chooseLeastBusy } from './distribution.ts'
import type { Queue } from './queue.ts'
import { QueueBrowser } from './queue-browser.ts'
import { QueueConsumer } from './queue-consumer.ts'
import { type DeliveredQueue, QueueDelivery } from './queue-delivery.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { Storage } from './storage.ts'

/** Who receives from a queue, and who of them gets which message: the first that is ready, to the least busy with credit. */
export class QueueDispatch {
  readonly #owner: DeliveredQueue
  readonly #queue: Queue
  readonly #storage: Storage
  /** In the order in which they first had credit. */
  readonly #consumers: QueueConsumer[] = []
  readonly #browsers: QueueBrowser[] = []
  #turn = 0
  #looksOn = false

  constructor(owner: DeliveredQueue, queue: Queue, storage: Storage) {
    this.#owner = owner
    this.#queue = queue
    this.#storage = storage
  }

  /** It has come to credit. */
  note(consumer: Consumer): void {
    if (consumer.browses) this.#browserOf(consumer).feed()
    else if (!this.#consumers.some((one) => one.consumer === consumer)) {
      this.#consumers.push(new QueueConsumer(consumer, this.#queue))
    }
  }

  forget(consumer: Consumer): void {
    removeOf(this.#consumers, consumer)
    removeOf(this.#browsers, consumer)
  }

  /** A message has come: those who only look see it before somebody takes it. */
  feedBrowsers(): void {
    for (const browser of this.#browsers) browser.feed()
  }

  /** A message that had been given is to be given again. */
  giveBack(message: QueuedMessage): void {
    this.#queue.giveBack(message)
    for (const consumer of this.#consumers) consumer.lookAgain(message)
  }

  /** Gives what is ready to those that have room. */
  run(): void {
    if (this.#storage.traffic.draining) return
    const now = monotonicMs()
    while (this.#queue.lastReady >= 0) {
      const index = chooseLeastBusy(this.#consumers, this.#turn)
      const chosen = this.#consumers[index]
      if (!chosen) return
      const message = chosen.next()
      if (!message) {
        if (chosen.room === 0) continue // there is none for this one
        return this.#lookOnLater()
      }
      this.#turn = index + 1
      if (message.expiresAt <= now) message.expire()
      else this.#give(message, chosen.consumer, now)
    }
  }

  #give(message: QueuedMessage, consumer: Consumer, now: number): void {
    const payload = message.payload(this.#storage.splicer, now)
    this.#queue.acquire(message)
    if (consumer.submit(new QueueDelivery(this.#owner, message, payload, consumer))) this.#storage.traffic.began()
    else this.giveBack(message)
  }

  /** Much has to be looked at for a consumer that takes few of the messages: others get their turn meanwhile. */
  #lookOnLater(): void {
    if (this.#looksOn) return
    this.#looksOn = true
    setImmediate(() => {
      this.#looksOn = false
      this.#owner.progress()
    })
  }

  #browserOf(consumer: Consumer): QueueBrowser {
    const known = this.#browsers.find((one) => one.consumer === consumer)
    if (known) return known
    const browser = new QueueBrowser(consumer, this.#queue, this.#storage)
    this.#browsers.push(browser)
    return browser
  }
}

function removeOf(list: { readonly consumer: Consumer }[], consumer: Consumer): void {
  const index = list.findIndex((one) => one.consumer === consumer)
  if (index >= 0) list.splice(index, 1)
}
