// What is known about a peer from what it says in its Open. One place for "this product does that".

import type { Connection } from '../amqp/index.ts'
import type { SourceTerms } from './subscription-link.ts'

export interface PeerProfile {
  readonly product: string | undefined
  readonly version: string | undefined
  /** It throws settled messages away, silently, when the consumer has no credit. */
  readonly dropsSettled: boolean
  /** It ends the whole session to refuse one link. */
  readonly endsSessionToRefuse: boolean
  /** What a pool of listeners is there. Undefined: nothing that is known of. */
  readonly pools: PoolSupport | undefined
}

/** A subscription to an address that consumers share by its name. */
export interface PoolSupport {
  /** What a link attaches to; `expiryS`: the seconds that the pool outlives its last link. */
  source(address: string, pool: string, expiryS: number): SourceTerms
}

/** A queue of its own by its name, as Apache Artemis writes it. */
const OWN_POOLS: PoolSupport = Object.freeze({
  source: (address: string, pool: string, timeout: number) => ({
    address: `${address}::${pool}`,
    expiryPolicy: 'link-detach',
    timeout,
  }),
})

const POOLS: ReadonlyMap<string, PoolSupport> = new Map([['oslo-messaging-router', OWN_POOLS]])

const DROPS_SETTLED: ReadonlySet<string> = new Set(['qpid-dispatch-router', 'skupper-router'])

export function peerProfile(remote: Pick<Connection['remote'], 'properties'>): PeerProfile {
  const product = text(remote.properties.get('product'))
  const version = text(remote.properties.get('version'))
  return {
    product,
    version,
    dropsSettled: product !== undefined && DROPS_SETTLED.has(product),
    endsSessionToRefuse: product === 'RabbitMQ' && isBefore(version, 4, 2),
    pools: POOLS.get(product ?? ''),
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** An unknown version counts as old. */
function isBefore(version: string | undefined, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '')
  if (!match) return true
  return Number(match[1]) < major || (Number(match[1]) === major && Number(match[2]) < minor)
}
