// What is known about a peer from what it says in its Open. One place for "this product does that".

import type { AmqpValue, Connection } from '../amqp/index.ts'
import { RABBITMQ3_ADDRESSES, RABBITMQ3_REPLIES } from './rabbitmq3-profile.ts'
import { RABBITMQ4_ADDRESSES, RABBITMQ4_NODES, RABBITMQ4_REPLIES } from './rabbitmq4-profile.ts'
import type { SourceTerms } from './subscription-link.ts'

/** Legacy addresses with these prefixes, where options do not say another address syntax or prefix. */
export interface AddressForm {
  readonly serverRequestPrefix: string
  readonly groupRequestPrefix: string
  readonly broadcastPrefix: string
  /** Writes the name that follows the prefix. Default: as it is. */
  readonly encode?: (name: string) => string
}

/** How a link for replies is attached where a plain dynamic address is not to be had. `id`: one of a kind. */
export interface ReplyForm {
  source(
    id: string,
  ): { readonly address: string } | { readonly dynamic: true; readonly capabilities: readonly string[] }
  /** Where replies are to be sent. Undefined: the address that the peer gives. */
  replyTo(id: string): string | undefined
  /** Whether a server writes to an address that a caller names. */
  mayReplyTo(address: string): boolean
}

/** What a link is for, as far as it says what a node has to be like. */
export type NodeUse = 'request' | 'notification'

/** One request to the peer's node `/management`. */
export interface Declaration {
  readonly method: string
  readonly path: string
  readonly body: Readonly<Record<string, AmqpValue>>
}

/** What has to be declared for an address before links attach to it. */
export interface NodeForm {
  target(address: string, use: NodeUse): readonly Declaration[]
  /** `address`: what the link attaches to. `id`: one of a kind, for nodes of one subscriber. */
  source(
    address: string,
    use: NodeUse,
    id: string,
  ): { readonly address: string; readonly declarations: readonly Declaration[] }
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
  /** Undefined: links make the nodes that they need, or there are none. */
  readonly nodes: NodeForm | undefined
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

const PLAIN = { addresses: undefined, replies: undefined, nodes: undefined }
const RABBITMQ3 = { addresses: RABBITMQ3_ADDRESSES, replies: RABBITMQ3_REPLIES, nodes: undefined }
const RABBITMQ4 = { addresses: RABBITMQ4_ADDRESSES, replies: RABBITMQ4_REPLIES, nodes: RABBITMQ4_NODES }

const DROPS_SETTLED: ReadonlySet<string> = new Set(['qpid-dispatch-router', 'skupper-router'])

export function peerProfile(remote: Pick<Connection['remote'], 'properties'>): PeerProfile {
  const product = text(remote.properties.get('product'))
  const version = text(remote.properties.get('version'))
  const isRabbitMq = product === 'RabbitMQ'
  const isRabbitMq3 = isRabbitMq && isBefore(version, 4, 0)
  const wantsDeclarations = isRabbitMq && !isBefore(version, 4, 1)
  return {
    product,
    version,
    dropsSettled: product !== undefined && DROPS_SETTLED.has(product),
    endsSessionToRefuse: isRabbitMq && isBefore(version, 4, 2),
    overrunsCredit: isRabbitMq3,
    pools: product === undefined ? undefined : POOLS.get(product),
    ...(isRabbitMq3 ? RABBITMQ3 : wantsDeclarations ? RABBITMQ4 : PLAIN),
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** An unknown version counts as old. */
function isBefore(version: string | undefined, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '')
  if (!match) return true
  return Number(match[1]) < major || (Number(match[1]) === major && Number(match[2]) < minor)
}
