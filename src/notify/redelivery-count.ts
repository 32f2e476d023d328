// How often a notification was delivered, for whoever gives it back: brokers do not all count what is released (AMQP 1.0 part 3, 3.4.4,
// leaves delivery-count alone), so the listener counts by message_id, in a table with a bound.

import type { IncomingNotification } from '../messaging/driver.ts'

const MAX_COUNTED = 10_000
/** Longer ones are not kept: ids are UUIDs. */
const MAX_ID_LENGTH = 256

interface Count {
  /** What the header said when it was first seen: attempts of others, or of an earlier life of this listener. */
  readonly before: number
  /** How often it was given back here. */
  here: number
}

export class RedeliveryCount {
  /** The one that was given back longest ago is first, and goes first. */
  readonly #counts = new Map<string, Count>()

  /** It failed once more. How many of its deliveries have failed now. */
  failed(incoming: IncomingNotification): number {
    const { deliveryCount = 0 } = incoming
    const id = idOf(incoming)
    if (id === undefined) return deliveryCount + 1
    const count = this.#counts.get(id) ?? { before: deliveryCount, here: 0 }
    count.here += 1
    this.#counts.delete(id)
    this.#counts.set(id, count)
    if (this.#counts.size > MAX_COUNTED) this.#forgetOldest()
    // Where the broker counts what is released, its figure has all that was counted here in it.
    return Math.max(deliveryCount + 1, count.before + count.here)
  }

  /** It will not come back. */
  forget(incoming: IncomingNotification): void {
    if (this.#counts.size === 0) return
    const id = idOf(incoming)
    if (id !== undefined) this.#counts.delete(id)
  }

  #forgetOldest(): void {
    for (const id of this.#counts.keys()) {
      this.#counts.delete(id)
      return
    }
  }
}

function idOf({ message }: IncomingNotification): string | undefined {
  const { message_id } = message
  return typeof message_id === 'string' && message_id.length <= MAX_ID_LENGTH ? message_id : undefined
}
