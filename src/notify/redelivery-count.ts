// How often a notification was delivered, for whoever gives it back: brokers do not all count what is released (AMQP 1.0 part 3, 3.4.4,
// leaves delivery-count alone), so the listener counts by message_id, in a table with a bound.

import { createHash } from 'node:crypto'
import type { IncomingNotification } from '../messaging/driver.ts'
import { encodeJson } from '../messaging/json.ts'

const MAX_COUNTED = 10_000
/** Ids are UUIDs. What is no such text is known by its contents. */
const MAX_ID_LENGTH = 64

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
    this.#counts.delete(idOf(incoming))
  }

  /** How many of its deliveries have failed before this one. */
  of(incoming: IncomingNotification): number {
    const { deliveryCount = 0 } = incoming
    const count = this.#counts.size === 0 ? undefined : this.#counts.get(idOf(incoming))
    return count ? Math.max(deliveryCount, count.before + count.here) : deliveryCount
  }

  #forgetOldest(): void {
    for (const id of this.#counts.keys()) {
      this.#counts.delete(id)
      return
    }
  }
}

function idOf({ message }: IncomingNotification): string {
  const { message_id } = message
  if (typeof message_id === 'string' && message_id !== '' && message_id.length <= MAX_ID_LENGTH) return message_id
  return createHash('sha256').update(encodeJson(message)).digest('base64')
}
