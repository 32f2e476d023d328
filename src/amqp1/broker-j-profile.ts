// Apache Qpid Broker-J as it comes: queues that are there only when they were made, at its node `$management` by whoever may create queues
// (without an access control provider: everybody), and exchanges that are always there (its documentation, "AMQP Management" and "Virtual
// Hosts"; measured with 10.1).
//
//   one server       exclusive.EXCHANGE.TOPIC.SERVER     a queue
//   any of a group   unicast.EXCHANGE.TOPIC              a queue
//   all              amq.direct/broadcast.…              each subscriber has a queue of its session's, bound with that key
//   notifications    oslo.notifications/unicast.…        a queue unicast.… that is bound with its name
//   their pools      oslo.notifications/unicast.…::POOL  a queue unicast.…::POOL that is bound with the same key
//   replies          dynamic, of its connection only
//
// The exchange of notifications is made too: it refuses what has no queue, where amq.direct throws it away and accepts it. A refusal ends
// the link of the notifier, which makes all anew and sends again.
//
// Senders make the queue as servers do: a request may come before its server, a notification before its listener. There are no queues
// that go by themselves when they were not used for a while: those of servers that never come back are for the operator.

import type { Message } from '../amqp/index.ts'
import { defineProfile } from './plain-profile.ts'
import type {
  AddressForm,
  ManagementForm,
  ManagementRequest,
  NodeForm,
  NodeUse,
  PoolSupport,
  ReplyForm,
} from './profile.ts'

const BROADCASTS = 'amq.direct'
const NOTIFICATIONS = 'oslo.notifications'
const POOL_SEPARATOR = '::'

export const BROKER_J_ADDRESSES: AddressForm = Object.freeze({
  serverRequestPrefix: 'exclusive',
  groupRequestPrefix: 'unicast',
  broadcastPrefix: `${BROADCASTS}/broadcast`,
  notificationPrefix: `${NOTIFICATIONS}/unicast`,
  /** A slash would part an exchange from a key. */
  encode: (name: string) => name.replace(/[%/]|::/g, encodeURIComponent),
})

export const BROKER_J_REPLIES: ReplyForm = Object.freeze({
  source: () => ({ dynamic: true as const, capabilities: ['temporary-queue'] }),
  replyTo: () => undefined,
  /** What precedes the name is the address domain of the virtual host, where it has one. */
  mayReplyTo: (address: string) => /^(?:.{1,255}\/)?TempQueue[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(address),
})

export const BROKER_J_POOLS: PoolSupport = Object.freeze({
  source: (address: string, pool: string, timeout: number) => ({
    address: `${address}${POOL_SEPARATOR}${encodeURIComponent(pool)}`,
    timeout,
  }),
})

/** Milliseconds that a request lies in a queue at most, also a cast, which says nothing of it. oslo: rabbit_transient_queues_ttl, 1800 s. */
const LONGEST_REQUEST_MS = 1_800_000

const OF_REQUESTS = { durable: true, maximumMessageTtl: LONGEST_REQUEST_MS }
/** What is in it survives a restart, whatever the messages say. */
const OF_NOTIFICATIONS = { durable: true, messageDurability: 'ALWAYS' }

const CREATE = 'CREATE'

/** AMQP Management 1.0, working draft: an operation on an object of some type. */
export const BROKER_J_MANAGEMENT: ManagementForm = Object.freeze({
  address: '$management',
  paired: false,
  request: ({ method, path, body }: ManagementRequest) => {
    const [operation = method, category] = method.split(' ')
    // What is to be made is described in the body; an object that is there is named by the properties, with what it is to do.
    const described = operation === CREATE ? { name: path, ...body } : { index: 'object-path', key: path, ...body }
    const value = operation === CREATE ? described : {}
    const facts = { operation, type: `org.apache.qpid.${category}`, ...(operation === CREATE ? {} : described) }
    return { applicationProperties: new Map(Object.entries(facts)), body: { type: 'value' as const, value } }
  },
  answer: ({ applicationProperties }: Message) => {
    const why = applicationProperties?.get('statusDescription')
    return {
      status: String(applicationProperties?.get('statusCode')),
      why: typeof why === 'string' ? why : undefined,
    }
  },
})

const EXCHANGE: ManagementRequest = {
  method: `${CREATE} Exchange`,
  path: NOTIFICATIONS,
  body: { 'qpid-type': 'direct', durable: true, unroutableMessageBehaviour: 'REJECT' },
}

/** A pool gets what the queue gets by whose name its own begins. */
const bound = (queue: string, isPool: boolean): ManagementRequest => ({
  method: 'bind Exchange',
  path: NOTIFICATIONS,
  body: { destination: queue, bindingKey: isPool ? queue.slice(0, queue.lastIndexOf(POOL_SEPARATOR)) : queue },
})

export const BROKER_J_NODES: NodeForm = Object.freeze({
  management: BROKER_J_MANAGEMENT,
  target: (address: string, use: NodeUse) => BROKER_J_NODES.source(address, use, '').declarations,
  source: (address: string, use: NodeUse, _id: string, expiryS?: number) => {
    if (use === 'broadcast') return { address, declarations: [] }
    const isPublished = address.startsWith(`${NOTIFICATIONS}/`)
    const queue = isPublished ? address.slice(NOTIFICATIONS.length + 1) : address
    const kept = use === 'notification' ? OF_NOTIFICATIONS : OF_REQUESTS
    const body = expiryS === undefined ? kept : { ...kept, maximumMessageTtl: expiryS * 1_000 }
    const made = { method: `${CREATE} Queue`, path: queue, body }
    return {
      address: queue,
      declarations: isPublished ? [EXCHANGE, made, bound(queue, expiryS !== undefined)] : [made],
    }
  },
})

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
