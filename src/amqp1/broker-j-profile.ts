// Apache Qpid Broker-J as it comes: queues that are there only when they were made, at its node `$management` by whoever may create queues
// (without an access control provider: everybody), and exchanges that are always there (its documentation, "AMQP Management" and "Virtual
// Hosts"; measured with 10.1).
//
//   one server       exclusive.EXCHANGE.TOPIC.SERVER     a queue
//   any of a group   unicast.EXCHANGE.TOPIC              a queue
//   all              amq.direct/broadcast.…              each subscriber has a queue of its session's, bound with that key
//   notifications    unicast.EXCHANGE.TOPIC.PRIORITY     a queue, to which they come through oslo.notifications, bound with its name
//   their pools      unicast.…::POOL                     a queue that is bound with the same key
//   replies          dynamic, of its connection only
//
// The exchange of notifications is made too: it refuses what has no queue, where amq.direct throws it away and accepts it. A refusal ends
// the link of the notifier, which makes all anew and sends again.
//
// Senders make the queue as servers do: a request may come before its server, a notification before its listener. There are no queues
// that go by themselves when they were not used for a while: those of servers that never come back are for the operator.

import type { Message } from '../amqp/index.ts'
import { defineProfile } from './plain-profile.ts'
import {
  type AddressForm,
  type ManagementForm,
  type ManagementRequest,
  type NodeForm,
  type NodeUse,
  POOL_MARK,
  type PoolSupport,
} from './profile.ts'
import { temporaryQueues } from './temporary-queues.ts'

const BROADCASTS = 'amq.direct'
const NOTIFICATIONS = 'oslo.notifications'

export const BROKER_J_ADDRESSES: AddressForm = Object.freeze({
  serverRequestPrefix: 'exclusive',
  groupRequestPrefix: 'unicast',
  broadcastPrefix: `${BROADCASTS}/broadcast`,
  /** A slash would part an exchange from a key. */
  encode: (name: string) => name.replace(/[%/]|::/g, encodeURIComponent),
})

/**
 * What precedes the name is an address domain of the virtual host, where it has one: it begins with a slash. What begins with none is an
 * exchange, as in `amq.fanout/TempQueue…`, and reaches whatever is bound to it.
 */
export const BROKER_J_REPLIES = temporaryQueues((address) =>
  /^(?:\/[\w.:$/-]{1,255}\/)?TempQueue[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(address),
)

/** Milliseconds that a request lies in a queue at most, also a cast, which says nothing of it. oslo: rabbit_transient_queues_ttl, 1800 s. */
const LONGEST_REQUEST_MS = 1_800_000

const OF_REQUESTS = { durable: true, maximumMessageTtl: LONGEST_REQUEST_MS }
/** What is in it survives a restart, whatever the messages say. */
const OF_NOTIFICATIONS = { durable: true, messageDurability: 'ALWAYS' }

const CREATE = 'CREATE'

type Facts = ManagementRequest['body']

const requestOf = (properties: Facts, value: Facts): Pick<Message, 'applicationProperties' | 'body'> => ({
  applicationProperties: new Map(Object.entries(properties)),
  body: { type: 'value', value },
})

/** AMQP Management 1.0, working draft: an operation on an object of some type. */
export const BROKER_J_MANAGEMENT: ManagementForm = Object.freeze({
  address: '$management',
  paired: false,
  request: ({ method, path, body }: ManagementRequest) => {
    const [operation = method, category] = method.split(' ')
    const facts = { operation, type: `org.apache.qpid.${category}` }
    // What is to be made is described in the body; an object that is there is named by the properties, with what it is to do.
    return operation === CREATE
      ? requestOf(facts, { name: path, ...body })
      : requestOf({ ...facts, index: 'object-path', key: path, ...body }, {})
  },
  answer: ({ applicationProperties }: Message) => {
    const why = applicationProperties?.get('statusDescription')
    return {
      status: String(applicationProperties?.get('statusCode')),
      why: typeof why === 'string' ? why : undefined,
    }
  },
})

const exchange: ManagementRequest = {
  method: `${CREATE} Exchange`,
  path: NOTIFICATIONS,
  body: { 'qpid-type': 'direct', durable: true, unroutableMessageBehaviour: 'REJECT' },
}

const queue = (name: string, body: ManagementRequest['body']): ManagementRequest => ({
  method: `${CREATE} Queue`,
  path: name,
  body,
})

const binding = (bindingKey: string, destination: string): ManagementRequest => ({
  method: 'bind Exchange',
  path: NOTIFICATIONS,
  body: { destination, bindingKey },
})

/** An address of an exchange, that of all servers or one that options name, needs nothing. */
const isQueue = (address: string): boolean => !address.includes('/')

export const BROKER_J_NODES: NodeForm = Object.freeze({
  management: BROKER_J_MANAGEMENT,
  target: (address: string, use: NodeUse) => {
    if (!isQueue(address)) return { address, declarations: [] }
    if (use !== 'notification') return { address, declarations: [queue(address, OF_REQUESTS)] }
    const declarations = [exchange, queue(address, OF_NOTIFICATIONS), binding(address, address)]
    return { address: `${NOTIFICATIONS}/${address}`, declarations }
  },
  source: (address: string, use: NodeUse) => ({ ...BROKER_J_NODES.target(address, use), address }),
})

/** Milliseconds: each message of a pool has them at least. */
const SHORTEST_STAY_MS = 60_000

export const BROKER_J_POOLS: PoolSupport = Object.freeze({
  source: (address: string, pool: string) => ({ address: poolQueue(address, pool) }),
  /** The queue stays, as they all do; what lies in it goes in its time, and has the time to reach who listens. */
  declarations: (address: string, pool: string, expiryS: number) => {
    if (!isQueue(address)) return []
    const name = poolQueue(address, pool)
    const body = { ...OF_NOTIFICATIONS, maximumMessageTtl: Math.max(SHORTEST_STAY_MS, Math.trunc(expiryS * 1_000)) }
    return [exchange, queue(name, body), binding(address, name)]
  },
})

const poolQueue = (address: string, pool: string): string => `${address}${POOL_MARK}${encodeURIComponent(pool)}`

export const BROKER_J_PROFILE = defineProfile({
  name: 'broker-j',
  fits: ({ product }) => product?.startsWith('Apache Qpid Broker-J') === true,
  syntax: 'legacy',
  redeliversRejected: true,
  addresses: BROKER_J_ADDRESSES,
  replies: BROKER_J_REPLIES,
  pools: BROKER_J_POOLS,
  nodes: BROKER_J_NODES,
})
