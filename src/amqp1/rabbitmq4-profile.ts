// RabbitMQ from 4.0: queues and exchanges that are there only when they were declared, at its node `/management`, under addresses whose
// parts are percent-encoded (its documentation: "AMQP 1.0", "Address v2"; measured with 4.0 and 4.3).
//
//   one server       /queues/exclusive.EXCHANGE.TOPIC.SERVER        a queue
//   any of a group   /queues/unicast.EXCHANGE.TOPIC                 a queue
//   notifications    /queues/unicast.EXCHANGE.TOPIC.PRIORITY        a queue; published to /exchanges/amq.direct/unicast.…, with which it is bound
//   of a pool        /queues/unicast.EXCHANGE.TOPIC.PRIORITY::POOL  a queue bound in the same way
//   all              /exchanges/amq.direct/broadcast.…              each subscriber has a queue of its connection's, bound with that key
//   replies          dynamic, of the kind `temporary-queue`; before 4.1 /queues/reply.UUID, declared as a queue of the connection
//
// Senders declare the queue as servers do: a request may come before its server, a notification before its listener.

import { type AmqpValue, LinkError, type Message, printable } from '../amqp/index.ts'
import { isBefore } from './peer-identity.ts'
import { defineProfile } from './plain-profile.ts'
import {
  type AddressForm,
  type Declaration,
  type ManagementForm,
  type ManagementRequest,
  type NodeForm,
  type NodeUse,
  POOL_MARK,
  type PoolSupport,
  type ReplyForm,
} from './profile.ts'
import { RABBITMQ_VIRTUAL_HOST } from './rabbitmq-virtual-host.ts'
import { temporaryQueues } from './temporary-queues.ts'

/** The exchange that is always there and goes by whole keys. */
const EXCHANGE = 'amq.direct'

export const RABBITMQ4_ADDRESSES: AddressForm = Object.freeze({
  serverRequestPrefix: '/queues/exclusive',
  groupRequestPrefix: '/queues/unicast',
  broadcastPrefix: `/exchanges/${EXCHANGE}/broadcast`,
  encode: encodeURIComponent,
})

/** As if nobody had said where: an address that is named has its queue declared first. */
const declareAt = (address: string): readonly Declaration[] => {
  const queue = queueIn(address)
  return queue === undefined ? [] : [put(queue, CONNECTIONS_QUEUE)]
}

export const RABBITMQ4_REPLIES: ReplyForm = Object.freeze({
  /** Of those that clients choose, and of both kinds that the broker gives. */
  ...temporaryQueues(
    (address) =>
      address.length <= 1_024 && /^\/queues\/(?:reply\.|amq\.dyn-|amq\.rabbitmq\.reply-to\.)[^/]+$/.test(address),
  ),
  declareAt,
})

const REPLY_QUEUE = 'reply.'

export const RABBITMQ40_REPLIES: ReplyForm = Object.freeze({
  source: (id: string) => ({ address: `/queues/${REPLY_QUEUE}${id}` }),
  replyTo: (id: string) => `/queues/${REPLY_QUEUE}${id}`,
  mayReplyTo: RABBITMQ4_REPLIES.mayReplyTo,
  declarations: (id: string) => declareAt(`/queues/${REPLY_QUEUE}${id}`),
  declareAt,
})

/** Milliseconds that a queue for requests outlives its last server. oslo: rabbit_transient_queues_ttl, 1800 s. */
const REQUEST_QUEUE_EXPIRES_MS = 1_800_000

/** Those for requests go when nobody serves any more; those for notifications stay, and what is in them. */
const REQUESTS: Readonly<Record<string, AmqpValue>> = {
  durable: true,
  arguments: { 'x-expires': REQUEST_QUEUE_EXPIRES_MS },
}
const NOTIFICATIONS: Readonly<Record<string, AmqpValue>> = { durable: true }

/** Milliseconds: less, and the queue of a pool may go before its first listener is attached; RabbitMQ has no longer ones. */
const POOL_EXPIRES_MS = { min: 60_000, max: 0xffff_ffff }

/** Nobody else receives from it, and it goes with the link or the connection. */
const CONNECTIONS_QUEUE: Readonly<Record<string, AmqpValue>> = Object.freeze({
  durable: false,
  exclusive: true,
  auto_delete: true,
})

/** Its documentation, "AMQP 1.0", "Management". */
export const RABBITMQ4_MANAGEMENT: ManagementForm = Object.freeze({
  address: '/management',
  paired: true,
  request: ({ method, path, body }: ManagementRequest) => ({
    properties: { to: path, subject: method },
    body: { type: 'value' as const, value: body },
  }),
  answer: ({ properties, body }: Message) => ({
    status: String(properties?.subject),
    why: body?.type === 'value' && typeof body.value === 'string' ? body.value : undefined,
  }),
})

const QUEUE = /^\/queues\/([^/]+)$/
const EXCHANGE_KEY = /^\/exchanges\/([^/]+(?:\/[^/]*)?)$/
/** Of the addresses before 4.0, which it still takes: it makes by itself what these need. */
const FORMER = /^\/(?:queue|amq\/queue|exchange|topic)\//

/**
 * The name in the address of a queue, encoded. Undefined: it is another address that RabbitMQ has, which options have named. Throws
 * LinkError for what it has not: nothing could be declared there.
 */
function queueIn(address: string): string | undefined {
  const queue = encodedIn(QUEUE, address)
  if (queue !== undefined || FORMER.test(address) || encodedIn(EXCHANGE_KEY, address) !== undefined) return queue
  throw new LinkError(
    `"${printable(address)}" is no address of RabbitMQ: expected /queues/NAME or /exchanges/NAME/KEY, percent-encoded ` +
      '(options addressing_mode, address_separator, address_encoding and prefixes)',
    { origin: 'local' },
  )
}

/** What such an address holds. Undefined: it is no such one, or what it holds cannot be decoded. */
function encodedIn(form: RegExp, address: string): string | undefined {
  const [, held] = form.exec(address) ?? []
  try {
    if (held !== undefined) decodeURIComponent(held)
    return held
  } catch {
    return undefined
  }
}

export const RABBITMQ4_NODES: NodeForm = Object.freeze({
  management: RABBITMQ4_MANAGEMENT,
  target: (address: string, use: NodeUse) => {
    const queue = queueIn(address)
    if (queue === undefined) return { address, declarations: [] }
    if (use !== 'notification') return { address, declarations: [put(queue, REQUESTS)] }
    // Through the exchange it comes to the pools too.
    const declarations = [put(queue, NOTIFICATIONS), bind(EXCHANGE, queue, queue)]
    return { address: `/exchanges/${EXCHANGE}/${queue}`, declarations }
  },
  source: (address: string, use: NodeUse, id: string) => {
    const { declarations } = RABBITMQ4_NODES.target(address, use)
    const [, exchange, key] = /^\/exchanges\/([^/]+)\/([^/]+)$/.exec(address) ?? []
    if (exchange === undefined || key === undefined) return { address, declarations }
    const queue = `${key}.${id}`
    return { address: `/queues/${queue}`, declarations: [put(queue, CONNECTIONS_QUEUE), bind(exchange, key, queue)] }
  },
})

export const RABBITMQ4_POOLS: PoolSupport = Object.freeze({
  source: (address: string, pool: string) => ({ address: address + encodeURIComponent(POOL_MARK + pool) }),
  declarations: (address: string, pool: string, expiryS: number) => {
    const topic = encodedIn(QUEUE, address)
    if (topic === undefined) return []
    const queue = topic + encodeURIComponent(POOL_MARK + pool)
    const expires = Math.min(Math.max(Math.trunc(expiryS * 1_000), POOL_EXPIRES_MS.min), POOL_EXPIRES_MS.max)
    return [put(queue, { durable: true, arguments: { 'x-expires': expires } }), bind(EXCHANGE, topic, queue)]
  },
})

/** All are encoded. */
const bind = (exchange: string, key: string, queue: string): Declaration => ({
  method: 'POST',
  path: '/bindings',
  body: {
    source: decodeURIComponent(exchange),
    destination_queue: decodeURIComponent(queue),
    binding_key: decodeURIComponent(key),
    arguments: {},
  },
})

const put = (queue: string, body: Readonly<Record<string, AmqpValue>>): Declaration => ({
  method: 'PUT',
  path: `/queues/${queue}`,
  body,
})

export const RABBITMQ4_PROFILE = defineProfile({
  name: 'rabbitmq4',
  fits: (peer) => peer.product === 'RabbitMQ' && !isBefore(peer, 4, 2),
  syntax: 'legacy',
  refusesBodiless: true,
  forgetsUnlessDurable: true,
  addresses: RABBITMQ4_ADDRESSES,
  replies: RABBITMQ4_REPLIES,
  nodes: RABBITMQ4_NODES,
  pools: RABBITMQ4_POOLS,
  beforeOpen: RABBITMQ_VIRTUAL_HOST,
})

/** 4.1: as later ones, but it ends the session to refuse a link. */
export const RABBITMQ41_PROFILE = defineProfile({
  ...RABBITMQ4_PROFILE,
  name: 'rabbitmq4.1',
  fits: (peer) => peer.product === 'RabbitMQ' && !isBefore(peer, 4, 1) && isBefore(peer, 4, 2),
  endsSessionToRefuse: true,
})

/** 4.0: besides, it has no dynamic addresses of any kind. */
export const RABBITMQ40_PROFILE = defineProfile({
  ...RABBITMQ41_PROFILE,
  name: 'rabbitmq4.0',
  fits: (peer) => peer.product === 'RabbitMQ' && !isBefore(peer, 4, 0) && isBefore(peer, 4, 1),
  replies: RABBITMQ40_REPLIES,
})
