import { ProtocolViolation } from './errors.ts'

/** How many messages of the largest size may be on their way at once, one frame after the other. */
const LARGEST_MESSAGES = 2

/** The memory that messages in several frames may take on a connection until their last frames are there. */
export class JoinBudget {
  readonly #limit: number
  #left: number

  constructor(maxMessageSize: number) {
    this.#limit = (maxMessageSize || Number.POSITIVE_INFINITY) * LARGEST_MESSAGES
    this.#left = this.#limit
  }

  take(bytes: number): void {
    if (bytes > this.#left) {
      const message = `incomplete messages of more than ${this.#limit} bytes in all`
      throw new ProtocolViolation('connection', 'amqp:resource-limit-exceeded', message)
    }
    this.#left -= bytes
  }

  give(bytes: number): void {
    this.#left += bytes
  }
}
