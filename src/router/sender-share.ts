/**
 * How much each of the senders of one connection may have granted and with the router: the same for all, so that many of
 * them have no more than one connection may. What was granted before others came is not taken back.
 */
export class SenderShare {
  readonly #most: number
  readonly #mostBytes: number
  #senders = 0
  /** Messages of one sender. One at least, or it would never be served. */
  messages: number
  /** Bytes of one sender with the router, beyond which it gets no more credit until they are gone. */
  bytes: number

  constructor(most: number, mostBytes: number) {
    this.#most = most
    this.#mostBytes = mostBytes
    this.messages = most
    this.bytes = mostBytes
  }

  join(): void {
    this.#count(1)
  }

  leave(): void {
    this.#count(-1)
  }

  #count(change: number): void {
    this.#senders += change
    const among = Math.max(1, this.#senders)
    this.messages = Math.max(1, Math.floor(this.#most / among))
    this.bytes = Math.max(1, Math.floor(this.#mostBytes / among))
  }
}
