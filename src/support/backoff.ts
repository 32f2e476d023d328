export interface BackoffOptions {
  /** The first delay. */
  readonly initialMs: number
  /** What each further delay is multiplied by. 0: no delay after the first. */
  readonly factor: number
  readonly maxMs: number
}

/** Growing delays between attempts: initial, initial * factor, … up to the maximum; back to the first after a success. */
export class Backoff {
  readonly #options: BackoffOptions
  #nextMs: number

  constructor(options: BackoffOptions) {
    this.#options = options
    this.#nextMs = Math.min(options.initialMs, options.maxMs)
  }

  /** The delay before the next attempt. */
  next(): number {
    const delay = this.#nextMs
    this.#nextMs = Math.min(delay * this.#options.factor, this.#options.maxMs)
    return delay
  }

  reset(): void {
    this.#nextMs = Math.min(this.#options.initialMs, this.#options.maxMs)
  }
}
