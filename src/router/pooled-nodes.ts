// The router's own nodes: addresses by their rules, and pools of the consumers of queues, as `ADDRESS::POOL`. Where ADDRESS is no
// queue, `::` is a part of a name like any other: it may be that of a server at fe80::1.

import type { LinkRequest, Outcome, Source } from '../amqp/index.ts'
import { printable } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { AddressTable } from './address-table.ts'
import { TOO_MANY } from './address-table.ts'
import type { StoredQueue } from './message-store.ts'
import type { NoNode, Route, SourceNode, TargetNode } from './nodes.ts'
import { refusal } from './nodes.ts'
import { type PoolName, poolNameOf } from './pool-name.ts'
import { MAX_POOLS, Pools } from './pools.ts'
import type { QueueForwarder } from './queue-forwarder.ts'
import { RoutedNodes } from './routed-nodes.ts'

export class PooledNodes extends RoutedNodes {
  readonly #pools: Pools

  constructor(table: AddressTable) {
    super(table)
    this.#pools = new Pools(table)
  }

  override sourceOf(request: LinkRequest): SourceNode | NoNode {
    const { source: asked } = request
    if (asked?.address !== undefined && !asked.dynamic) {
      const name = this.#poolNamed(asked.address)
      if (name) return this.#poolOf(asked, asked.address, name)
      const missing = outlivesLink(asked) ? poolNameOf(asked.address) : undefined
      if (missing) return this.#noPools(missing)
    }
    const node = super.sourceOf(request)
    if ('address' in node && node.source.distributionMode !== 'copy') this.#pools.noteConsumer(node.address)
    return node
  }

  override targetOf(request: LinkRequest): TargetNode | NoNode {
    const { target: asked } = request
    const address = asked && 'address' in asked ? asked.address : undefined
    return address !== undefined && this.#poolNamed(address) ? noTarget(address) : super.targetOf(request)
  }

  override routeOf(to: string | undefined): Route | Outcome {
    if (to === undefined || !this.#poolNamed(to)) return super.routeOf(to)
    return { type: 'rejected', error: noTarget(to).refusal }
  }

  /** Who may receive from an address may do so in any pool. */
  canonical(address: string): string {
    return this.#poolNamed(address)?.queue ?? address
  }

  restoreQueue(stored: StoredQueue): QueueForwarder | undefined {
    return stored.poolTimeoutS === undefined ? undefined : this.#pools.restore(stored)
  }

  override releaseUnused(address: Address): void {
    const pool = this.#pools.of(address)
    if (pool) pool.left()
    else super.releaseUnused(address)
  }

  end(): void {
    this.#pools.end()
  }

  /** Undefined: no pool is meant. */
  #poolNamed(address: string): PoolName | undefined {
    const name = poolNameOf(address)
    if (!name) return undefined
    const isThere = this.table.find(address) !== undefined
    return (isThere ? this.#pools.find(address) : this.table.isQueue(name.queue)) ? name : undefined
  }

  #poolOf(asked: Source, address: string, { queue, pool }: PoolName): SourceNode | NoNode {
    if (pool === '') return refusal('amqp:invalid-field', 'source: expected the name of a pool behind "::"')
    const obtained = this.#pools.obtain(address, queue)
    if (!obtained) return this.#pools.isFull(queue) ? TOO_MANY_POOLS : { refusal: TOO_MANY }
    return { address: obtained.address, source: obtained.awaitsConsumer(asked) }
  }

  #noPools({ queue, pool }: PoolName): NoNode {
    const what = `"${printable(queue)}" is no queue here (distribution: ${this.table.distributionOf(queue)})`
    const why = `so it has no pool "${printable(pool)}", which would have to keep messages`
    return refusal('amqp:not-allowed', `${what}, ${why}; a rule with the distribution queue makes it one`)
  }
}

/** As a source for a subscription does: the default is that nothing is left with the session (AMQP 1.0 part 3, 3.5.3). */
const outlivesLink = ({ expiryPolicy = 'session-end', timeout = 0 }: Source): boolean =>
  expiryPolicy !== 'session-end' || timeout > 0

const TOO_MANY_POOLS = refusal('amqp:resource-limit-exceeded', `an address may have ${MAX_POOLS} pools`)

const noTarget = (address: string): NoNode => {
  const name = printable(address)
  return refusal('amqp:not-allowed', `nobody can send to the pool "${name}": it gets what is sent to its address`)
}
