/**
 * Replies on their way whose methods have ended. A caller that does not take its reply must not hold a place among the running
 * methods, or a few such callers would keep the server from all others; only beyond `limit` do replies hold places.
 */
export class PendingReplies {
  readonly #limit: number
  #count = 0
  #onNone: (() => void) | undefined

  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * `onFailed`: what else to do about a reply that rejects; one that may must have it, and it must not reject itself. Returns what
   * the method's place has to wait for; undefined: for nothing.
   */
  add(reply: Promise<void>, onFailed?: (error: unknown) => Promise<void>): Promise<void> | undefined {
    this.#count += 1
    const settled = reply.then(this.#settled, onFailed && ((error) => onFailed(error).then(this.#settled)))
    return this.#count > this.#limit ? settled : undefined
  }

  /** Resolves when none is on its way. Each has a deadline of its own. */
  none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onNone = resolve
    })
  }

  readonly #settled = (): void => {
    this.#count -= 1
    if (this.#count === 0) this.#onNone?.()
  }
}
