// What is known about a peer from what it says in its Open. One place for "this product does that".

import type { Connection } from '../amqp/index.ts'
import { RABBITMQ3_ADDRESSES, RABBITMQ3_REPLIES } from './rabbitmq3-profile.ts'
import type { SourceTerms } from './subscription-link.ts'

/** Legacy addresses with these prefixes, where options do not say another address syntax or prefix. */
export interface AddressForm {
  readonly serverRequestPrefix: string
  readonly groupRequestPrefix: string
  readonly broadcastPrefix: string
}

/** Reply addresses that are ours to choose: the peer gives none. `id`: one of a kind. */
export interface ReplyForm {
  sourceOf(id: string): string
  replyToOf(id: string): string
  /** Whether a server writes to an address that a caller names. */
  mayReplyTo(address: string): boolean
}

export interface PeerProfile {
  readonly product: string | undefined
  readonly version: string | undefined
  /** It throws settled messages away, silently, when the consumer has no credit. */
  readonly dropsSettled: boolean
  /** It ends the whole session to refuse one link. */
  readonly endsSessionToRefuse: boolean
  /** It sends more than it has credit for: a Flow that crosses its transfers counts these once more (at most as many as were granted). */
  readonly overrunsCredit: boolean
  /** Undefined: as the options say. */
  readonly addresses: AddressForm | undefined
  /** Undefined: reply addresses are dynamic. */
  readonly replies: ReplyForm | undefined
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
  const isRabbitMq3 = product === 'RabbitMQ' && isBefore(version, 4, 0)
  return {
    product,
    version,
    dropsSettled: product !== undefined && DROPS_SETTLED.has(product),
    endsSessionToRefuse: product === 'RabbitMQ' && isBefore(version, 4, 2),
    overrunsCredit: isRabbitMq3,
    addresses: isRabbitMq3 ? RABBITMQ3_ADDRESSES : undefined,
    replies: isRabbitMq3 ? RABBITMQ3_REPLIES : undefined,
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
