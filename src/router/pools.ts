// The pools of the queues of one virtual host.

import type { Address } from './address.ts'
import type { AddressTable } from './address-table.ts'
import type { StoredQueue } from './message-store.ts'
import { MAX_POOL_TIMEOUT_S, Pool } from './pool.ts'
import { poolNameOf } from './pool-name.ts'
import { PooledForwarder } from './pooled-forwarder.ts'
import { PooledQueue } from './pooled-queue.ts'
import type { QueueForwarder } from './queue-forwarder.ts'

/** Of one queue: each of its messages is copied for all of them at once. */
export const MAX_POOLS = 256

export class Pools {
  readonly #table: AddressTable
  /** Those that are there, or have pools. */
  readonly #queues = new Map<string, PooledQueue>()
  readonly #byAddress = new Map<Address, Pool>()

  constructor(table: AddressTable) {
    this.#table = table
    table.beforeQueue = (address, own) => this.#before(address, own)
  }

  of(address: Address): Pool | undefined {
    return this.#byAddress.get(address)
  }

  find(name: string): Pool | undefined {
    const address = this.#table.find(name)
    return address && this.#byAddress.get(address)
  }

  /** The pool of that name, made when it is not there. Undefined: there are too many addresses, or pools of the queue. */
  obtain(name: string, queue: string): Pool | undefined {
    const known = this.find(name)
    if (known) return known
    if (this.isFull(queue)) return undefined
    const made = this.#table.makePool(name, queue)
    return made && this.#add(new Pool(queue, made, 0, (pool) => this.#expire(pool)))
  }

  /** The queue has as many pools as it may have. */
  isFull(queue: string): boolean {
    return (this.#queues.get(queue)?.pools.length ?? 0) >= MAX_POOLS
  }

  /** A pool that a store has kept. */
  restore({ address: name, poolTimeoutS = 0 }: StoredQueue): QueueForwarder {
    const queue = poolNameOf(name)?.queue ?? name
    const made = this.#table.restorePool(name, queue)
    const timeoutS = Math.min(poolTimeoutS, MAX_POOL_TIMEOUT_S)
    const pool = this.#add(new Pool(queue, made, timeoutS, (expired) => this.#expire(expired)))
    pool.left()
    return pool.forwarder
  }

  /** A consumer without a pool has come to an address. */
  noteConsumer(address: Address): void {
    const queue = this.#queues.get(address.name)
    if (queue) queue.hadConsumer = true
  }

  /** The router is closed. */
  end(): void {
    for (const pool of this.#byAddress.values()) pool.end()
  }

  #before(address: Address, own: QueueForwarder): PooledForwarder {
    const queue = this.#obtainQueue(address.name)
    queue.exists = true
    return new PooledForwarder(address, own, queue, () => {
      queue.exists = false
      this.#forgetUnused(queue)
    })
  }

  #add(pool: Pool): Pool {
    this.#obtainQueue(pool.queue).add(pool)
    this.#byAddress.set(pool.address, pool)
    return pool
  }

  /** What it holds goes with it, and the senders of its queue need not wait for it any more. */
  #expire(pool: Pool): void {
    const { address, forwarder } = pool
    if (address.consumers.length > 0) return
    const queue = this.#obtainQueue(pool.queue)
    queue.remove(pool)
    this.#byAddress.delete(address)
    const { traffic } = this.#table
    const messages = forwarder.discard()
    traffic.droppedWithPool += messages
    traffic.onPoolExpired?.(address.name, messages)
    address.declared = false
    this.#forgetUnused(queue)
    const senders = this.#table.find(pool.queue)
    this.#table.remove(address)
    senders?.grantWaiting()
    if (senders) this.#table.releaseUnused(senders)
  }

  #obtainQueue(name: string): PooledQueue {
    const known = this.#queues.get(name)
    if (known) return known
    const queue = new PooledQueue(name)
    this.#queues.set(name, queue)
    return queue
  }

  #forgetUnused(queue: PooledQueue): void {
    if (queue.unused) this.#queues.delete(queue.name)
  }
}
