/**
 * How much each of the links of one connection in one direction may have with the router: the same for all, so that many of them have
 * no more than one may. What was granted before others came is not taken back.
 */
export class LinkShare {
  readonly #most: number
  readonly #mostBytes: number
  #links = 0
  #held = 0
  /** Messages of one link. One at least, or it would never be served. */
  messages: number
  /** Bytes of one link with the router: beyond them it gets no more credit, or no more messages, until they are gone. */
  bytes: number

  constructor(most: number, mostBytes: number) {
    this.#most = most
    this.#mostBytes = mostBytes
    this.messages = most
    this.bytes = mostBytes
  }

  /** All links together have more with the router than they may: they have used credit that was given before. */
  get overfull(): boolean {
    return this.#held > this.#mostBytes
  }

  join(): void {
    this.#count(1)
  }

  leave(): void {
    this.#count(-1)
  }

  hold(bytes: number): void {
    this.#held += bytes
  }

  free(bytes: number): void {
    this.#held -= bytes
  }

  #count(change: number): void {
    this.#links += change
    const among = Math.max(1, this.#links)
    this.messages = Math.max(1, Math.floor(this.#most / among))
    this.bytes = Math.max(1, Math.floor(this.#mostBytes / among))
  }
}
