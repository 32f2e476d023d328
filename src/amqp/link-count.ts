import type { ErrorCondition } from '../codec/delivery-state.ts'
import { ProtocolViolation } from './errors.ts'

export const TOO_MANY_LINKS: ErrorCondition = Object.freeze({
  condition: 'amqp:resource-limit-exceeded',
  description: 'the connection has as many links as it may have',
})

/** How many links the peer of a connection may have attached, over all its sessions. Handles only bound them session by session. */
export class LinkCount {
  readonly #most: number
  #attached = 0

  constructor(most: number) {
    this.#most = most
  }

  /** More than allowed: the last one is to be refused. */
  get exceeded(): boolean {
    return this.#attached > this.#most
  }

  /** A refused link counts until the peer has detached it: one that goes on attaching all the same loses the connection. */
  add(): void {
    this.#attached += 1
    if (this.#attached <= this.#most * 2 + 1) return
    throw new ProtocolViolation('connection', 'amqp:resource-limit-exceeded', `attach: more than ${this.#most} links`)
  }

  remove(count = 1): void {
    this.#attached -= count
  }
}
