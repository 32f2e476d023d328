import { ProtocolViolation } from './errors.ts'

/** The memory that messages in several frames may take on a connection until their last frames are there. */
export class JoinBudget {
  readonly #limit: number
  #left: number

  /** `limit`: bytes. */
  constructor(limit: number) {
    this.#limit = limit
    this.#left = limit
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
