// What can be asked of a router: the kinds of things with their attributes, named as Qpid Dispatch Router names them where they mean
// the same (its qdrouter.json).

import type { AmqpValue } from '../amqp/index.ts'
import { typed } from '../amqp/index.ts'
import { monotonicMs } from '../support/deadline.ts'
import type { Address } from './address.ts'
import { Consumer } from './consumer.ts'
import { EntityType, type ManagedHost, type RouterFacts } from './entity-type.ts'
import type { AttachedLink, Peer } from './peers.ts'

const PREFIX = 'org.apache.qpid.dispatch.'

const count = (value: number): AmqpValue => typed('ulong', Math.max(0, value))
const secondsSince = (moment: number): AmqpValue => typed('uint', Math.floor((monotonicMs() - moment) / 1_000))

/** As Qpid Dispatch Router writes the addresses of its table: M for mobile, 0 for the phase. Its tools take that off again. */
const KEY = 'M0'
const keyOf = (address: string): string => KEY + address

function* from<T>(items: Iterable<T>, offset: number): Iterable<T> {
  let skip = offset
  for (const item of items) {
    if (skip > 0) skip -= 1
    else yield item
  }
}

const CONNECTIONS = EntityType.of<Peer>(
  `${PREFIX}connection`,
  {
    name: ({ connection }) => `connection/${connection.remoteAddress}`,
    identity: ({ identity }) => identity,
    host: ({ connection }) => connection.remoteAddress,
    role: () => 'normal',
    protocol: () => 'amqp',
    dir: () => 'in',
    container: ({ connection }) => connection.remote.containerId,
    isAuthenticated: ({ connection }) => connection.username !== undefined,
    user: ({ connection }) => connection.username ?? null,
    isEncrypted: (_, { router }) => router.tls,
    ssl: (_, { router }) => router.tls,
    tenant: (_, { table }) => (table.host === '' ? null : table.host),
    opened: () => true,
    active: () => true,
    adminStatus: () => 'enabled',
    operStatus: ({ connection }) => (connection.isOpen ? 'up' : 'closing'),
    uptimeSeconds: ({ openedAt }) => secondsSince(openedAt),
  },
  ({ peers }, offset) => from(peers, offset),
  ({ peers }, { identity }) => peerOf(peers, identity),
)

function peerOf(peers: Iterable<Peer>, identity: string | undefined): Peer | undefined {
  for (const peer of peers) if (peer.identity === identity) return peer
  return undefined
}

/** A link with the connection that it is on. */
interface LinkOfPeer {
  readonly peer: Peer
  readonly link: AttachedLink
}

const LINKS = EntityType.of<LinkOfPeer>(
  `${PREFIX}router.link`,
  {
    name: ({ link }) => link.name,
    identity: ({ link }) => link.identity,
    linkName: ({ link }) => link.name,
    linkType: () => 'endpoint',
    linkDir: ({ link }) => link.direction,
    owningAddr: ({ link }) => (link.address === undefined ? null : keyOf(link.address)),
    address: ({ link }) => link.address ?? null,
    connectionId: ({ peer }) => peer.identity,
    undeliveredCount: ({ link: { end } }) => count(end instanceof Consumer ? end.waiting : 0),
    unsettledCount: ({ link: { end } }) => count(end instanceof Consumer ? end.outstanding - end.waiting : end.held),
    deliveryCount: ({ link: { end } }) =>
      count(end instanceof Consumer ? end.finished + end.outstanding - end.waiting : end.received),
    creditAvailable: ({ link: { end } }) => typed('uint', end.credit),
    adminStatus: () => 'enabled',
    operStatus: () => 'up',
  },
  linksFrom,
  ({ peers }, { identity }) => {
    const peer = peerOf(peers, identity?.split('.', 1)[0])
    for (const link of peer?.links ?? []) if (peer && link.identity === identity) return { peer, link }
    return undefined
  },
)

/** Whole connections are passed over without a look at their links. */
function* linksFrom({ peers }: ManagedHost, offset: number): Iterable<LinkOfPeer> {
  let skip = offset
  for (const peer of peers) {
    if (peer.links.size <= skip) skip -= peer.links.size
    else {
      for (const link of from(peer.links, skip)) yield { peer, link }
      skip = 0
    }
  }
}

const ADDRESSES = EntityType.of<Address>(
  `${PREFIX}router.address`,
  {
    name: ({ name }) => keyOf(name),
    identity: ({ name }) => keyOf(name),
    key: ({ name }) => keyOf(name),
    address: ({ name }) => name,
    distribution: ({ distribution }) => distribution,
    inProcess: () => typed('uint', 0),
    subscriberCount: ({ consumers }) => typed('uint', consumers.length),
    remoteCount: () => typed('uint', 0),
    containerCount: () => typed('uint', 0),
    producerCount: ({ producerCount }) => typed('uint', producerCount),
    heldCount: ({ forwarder }) => count(forwarder.held ?? 0),
    deliveriesIngress: ({ received }) => count(received),
    deliveriesEgress: ({ forwarded }) => count(forwarded),
  },
  ({ table }, offset) => from(table.addresses, offset),
  ({ table }, { identity, name = '' }) => {
    const asked = identity ?? name
    const keyed = asked.startsWith(KEY) ? table.find(asked.slice(KEY.length)) : undefined
    return keyed ?? table.find(asked)
  },
)

const ROUTERS = EntityType.of<RouterFacts>(
  `${PREFIX}router`,
  {
    name: ({ id }) => id,
    identity: () => '1',
    id: ({ id }) => id,
    mode: () => 'standalone',
    version: ({ version }) => version,
    addrCount: (_, { table }) => count(table.size),
    linkCount: (_, { peers }) => {
      let links = 0
      for (const peer of peers) links += peer.links.size
      return count(links)
    },
    connectionCount: (_, { peers }) => count(peers.size),
    uptimeSeconds: ({ startedAt }) => secondsSince(startedAt),
  },
  ({ router }, offset) => from([router], offset),
  ({ router }, { identity, name }) => {
    const isMeant = identity === undefined ? name === undefined || name === router.id : identity === '1'
    return isMeant ? router : undefined
  },
)

/** All kinds. */
export const ENTITY_TYPES: readonly EntityType[] = Object.freeze([ROUTERS, CONNECTIONS, LINKS, ADDRESSES])

const BY_NAME: ReadonlyMap<string, EntityType> = new Map(
  ENTITY_TYPES.flatMap((type) => [
    [type.name, type],
    [type.name.slice(type.name.lastIndexOf('.') + 1), type],
    [type.name.slice(PREFIX.length), type],
  ]),
)

/** By its full name, or without the prefix: `connection`, `link`, `router.link`. */
export function entityTypeOf(name: string): EntityType | undefined {
  return BY_NAME.get(name)
}
