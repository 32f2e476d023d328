// A pool of a queue's consumers: a queue of its own, which gets a copy of each message that the other gets. It outlives its
// consumers for a while (AMQP 1.0 part 3, 3.5.3: expiry-policy link-detach, timeout).

import type { Source } from '../amqp/index.ts'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import type { Address } from './address.ts'
import type { MadeQueue } from './address-table.ts'
import type { QueueForwarder } from './queue-forwarder.ts'

/** Seconds that a pool may be there without a consumer: nobody may come back for what is kept. */
export const MAX_POOL_TIMEOUT_S = 30 * 86_400

export class Pool {
  /** The address whose messages it gets. */
  readonly queue: string
  readonly address: Address
  readonly forwarder: QueueForwarder
  readonly #onExpired: (pool: Pool) => void
  #timeoutS: number
  #expiry: Deadline | undefined

  /** `timeoutS`: the seconds that it is there without a consumer, from `left` on. */
  constructor(queue: string, { address, forwarder }: MadeQueue, timeoutS: number, onExpired: (pool: Pool) => void) {
    this.queue = queue
    this.address = address
    this.forwarder = forwarder
    this.#timeoutS = timeoutS
    this.#onExpired = onExpired
    address.declared = true
  }

  /** A consumer is about to come. Gives its source as the pool has it. */
  awaitsConsumer(asked: Source): Source {
    this.#expiry?.cancel()
    this.#timeoutS = timeoutOf(asked)
    this.forwarder.outlives(this.#timeoutS)
    return { ...asked, address: this.address.name, expiryPolicy: 'link-detach', timeout: this.#timeoutS }
  }

  /** A link has left, or has not come: without any, its time begins. */
  left(): void {
    if (this.address.consumers.length > 0) return
    this.#expiry?.cancel()
    this.#expiry = startDeadline(this.#timeoutS * 1_000, () => this.#onExpired(this))
  }

  end(): void {
    this.#expiry?.cancel()
  }
}

/** What says when the time begins makes no difference here: with the last link of the pool. */
function timeoutOf({ expiryPolicy, timeout = 0 }: Source): number {
  return expiryPolicy === 'never' ? MAX_POOL_TIMEOUT_S : Math.min(timeout, MAX_POOL_TIMEOUT_S)
}
