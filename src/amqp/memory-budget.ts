import { ProtocolViolation } from './errors.ts'

/** Memory that a peer may have us hold for one purpose, over all of its connection. More ends the connection. */
export class MemoryBudget {
  readonly #what: string
  readonly #limit: number
  #left: number

  /** `limit`: bytes. `what` it is for. */
  constructor(limit: number, what: string) {
    this.#what = what
    this.#limit = limit
    this.#left = limit
  }

  take(bytes: number): void {
    if (bytes > this.#left) {
      const message = `${this.#what} of more than ${this.#limit} bytes in all`
      throw new ProtocolViolation('connection', 'amqp:resource-limit-exceeded', message)
    }
    this.#left -= bytes
  }

  give(bytes: number): void {
    this.#left += bytes
  }
}
