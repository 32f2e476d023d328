import type { Pool } from './pool.ts'

/** A queue that may have pools: who gets a copy of its messages. */
export class PooledQueue {
  readonly name: string
  /** Its address is there. */
  exists = false
  /** A consumer without a pool has come to it: from then on those without one are one more group. */
  hadConsumer = false
  #pools: readonly Pool[] = []

  constructor(name: string) {
    this.name = name
  }

  get pools(): readonly Pool[] {
    return this.#pools
  }

  /** Nothing needs to be known of it. */
  get unused(): boolean {
    return !this.exists && this.#pools.length === 0
  }

  add(pool: Pool): void {
    this.#pools = [...this.#pools, pool]
  }

  remove(pool: Pool): void {
    this.#pools = this.#pools.filter((one) => one !== pool)
  }
}
