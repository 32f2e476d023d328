// What the queues of a router share: where they store, how much they may hold together, when messages end.

import { MessageSplicer } from '../amqp/index.ts'
import { Expiry } from './expiry.ts'
import { MemoryStore } from './memory-store.ts'
import type { MessageStore } from './message-store.ts'
import { QUEUE_DEFAULTS, type ResolvedQueuesOptions } from './queue-options.ts'
import { Quota } from './quota.ts'
import { Traffic } from './traffic.ts'

/** The share of the total at which credit ends: what all queues have granted together is not counted against it. */
const STOP_MESSAGES = 0.8

/** A queue, as the others concern it. */
export interface SharingQueue {
  /** No queue may ask for more. */
  stop(): void
  /** They may again. */
  resume(): void
  /** The router is closed: nothing is waited for any more. */
  end(): void
}

export class Storage {
  readonly options: ResolvedQueuesOptions
  readonly store: MessageStore
  readonly traffic: Traffic
  readonly splicer = new MessageSplicer()
  readonly expiry = new Expiry()
  /** Of all queues together. */
  readonly total: Quota
  readonly #queues = new Set<SharingQueue>()
  #stopped = false

  constructor(
    options: ResolvedQueuesOptions = QUEUE_DEFAULTS,
    store: MessageStore = new MemoryStore(),
    traffic: Traffic = new Traffic(),
  ) {
    this.options = options
    this.store = store
    this.traffic = traffic
    const { maxTotalMessages: maxMessages, maxTotalBytes: maxBytes } = options
    this.total = new Quota({ maxMessages, maxBytes }, STOP_MESSAGES)
    store.onUsable = () => this.noteLoad()
  }

  /** No queue may ask for more: together they hold too much, or nothing can be stored. */
  get stopped(): boolean {
    return this.total.stopped || this.store.broken
  }

  join(queue: SharingQueue): void {
    this.#queues.add(queue)
  }

  leave(queue: SharingQueue): void {
    this.#queues.delete(queue)
  }

  /** To be called after what may have changed `stopped`. */
  noteLoad(): void {
    const { stopped } = this
    if (stopped === this.#stopped) return
    this.#stopped = stopped
    for (const queue of this.#queues) {
      if (stopped) queue.stop()
      else queue.resume()
    }
  }

  async close(): Promise<void> {
    this.expiry.stop()
    for (const queue of this.#queues) queue.end()
    await this.store.close()
  }
}
