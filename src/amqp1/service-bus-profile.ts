// Azure Service Bus. There is none to measure: what is relied on is what Microsoft documents, by the names of its pages,
//
//   [guide]     AMQP 1.0 in Azure Service Bus and Event Hubs protocol guide
//   [requests]  AMQP 1.0 in Azure Service Bus: request-response-based operations
//   [sessions]  Message sessions, "Request-response pattern"
//   [names]     Naming rules and restrictions for Azure resources, Microsoft.ServiceBus
//
// Its entities are there beforehand, or they are not: no link makes one, and there are no dynamic addresses.
//
//   one server       exclusive.EXCHANGE.TOPIC.SERVER                            a queue
//   any of a group   unicast.EXCHANGE.TOPIC                                     a queue
//   notifications    unicast.EXCHANGE.TOPIC.PRIORITY                            a queue
//   all              broadcast.EXCHANGE.TOPIC.all                               a topic; each server attaches to its subscription,
//                    broadcast.EXCHANGE.TOPIC.all/Subscriptions/SERVER          which has its name ([guide], "Links")
//   replies          replies, or as the option reply_address says               a queue with sessions, one for each caller
//
// A session is what AMQP calls a group ([sessions]). The caller's link has it by a filter, and keeps it by asking for it again and again:
// the lock of a session ends with the lock duration of the queue. It is anew with each connection, for the old one may hold its lock yet.
//
// No pools: they would be subscriptions to a topic, and Python's notifiers and ours publish to a queue.

import { type AmqpValue, Described, LinkError, type Message, printable } from '../amqp/index.ts'
import { defineProfile } from './plain-profile.ts'
import type { AddressForm, ManagementForm, ManagementRequest, NodeForm, NodeUse, ReplyForm } from './profile.ts'

export const SERVICE_BUS_ADDRESSES: AddressForm = Object.freeze({
  serverRequestPrefix: 'exclusive',
  groupRequestPrefix: 'unicast',
  broadcastPrefix: 'broadcast',
})

const SUBSCRIPTIONS = '/Subscriptions/'

export const subscriptionOf = (topic: string, server: string): string => `${topic}${SUBSCRIPTIONS}${server}`

/** [names] */
const MOST = { entity: 260, subscription: 50 }
const ENTITY = /^[\w.\-/]+$/
const SUBSCRIPTION = /^[\w.-]+$/

/** Throws LinkError for what cannot be there: the answer to the attach would say no more than that it is not. */
function named(address: string): string {
  const at = address.lastIndexOf(SUBSCRIPTIONS)
  const entity = at < 0 ? address : address.slice(0, at)
  check('entity', entity, ENTITY, 'letters, digits, ".", "-", "_" and "/"')
  if (at >= 0)
    check(
      'subscription',
      address.slice(at + SUBSCRIPTIONS.length),
      SUBSCRIPTION,
      'the name of the server, of letters, digits, ".", "-" and "_"',
    )
  return address
}

function check(what: keyof typeof MOST, name: string, form: RegExp, expected: string): void {
  if (name.length <= MOST[what] && form.test(name)) return
  throw new LinkError(
    `"${printable(name)}" cannot be the name of a Service Bus ${what}: ` +
      `expected ${expected}, 1 to ${MOST[what]} characters, found ${name.length}`,
    { origin: 'local' },
  )
}

export const SERVICE_BUS_NODES: NodeForm = Object.freeze({
  target: (address: string, _use: NodeUse) => ({ address: named(address), declarations: [] }),
  source: (address: string, _use: NodeUse, _id: string) => ({ address: named(address), declarations: [] }),
})

/** Its management nodes speak AMQP Management 1.0, working draft; `$cbs` spells the status in its own way ([requests]; [guide]). */
export const requestForm = (address: string): ManagementForm => ({
  address,
  paired: false,
  request: ({ method, body: { value, ...facts } }: ManagementRequest) => ({
    applicationProperties: new Map<string, AmqpValue>(Object.entries({ operation: method, ...facts })),
    body: { type: 'value' as const, value },
  }),
  answer: ({ applicationProperties: said }: Message) => {
    const why = said?.get('statusDescription') ?? said?.get('status-description')
    return {
      status: String(said?.get('statusCode') ?? said?.get('status-code')),
      why: typeof why === 'string' ? why : undefined,
    }
  },
})

const SESSION_FILTER = 'com.microsoft:session-filter'
/** Its numeric descriptor, as in Microsoft's own clients (azure-sdk-for-go, azservicebus/session_receiver.go). */
const SESSION_FILTER_CODE = 0x137000000cn

const RENEW = 'com.microsoft:renew-session-lock'
/** Milliseconds: less than lock durations are where nobody says them, half a minute or a minute. */
const RENEW_EVERY_MS = 20_000

const repliesAt = (queue: string): ReplyForm =>
  Object.freeze({
    source: (id: string) => ({
      address: queue,
      filter: new Map([[SESSION_FILTER, new Described(SESSION_FILTER_CODE, id)]]),
    }),
    replyTo: () => queue,
    mayReplyTo: (address: string) => address === queue,
    grouped: true,
    upkeep: {
      everyMs: RENEW_EVERY_MS,
      management: requestForm(`${queue}/$management`),
      request: (id: string) => ({ method: RENEW, path: queue, body: { value: { 'session-id': id } } }),
    },
    at: repliesAt,
  })

export const SERVICE_BUS_REPLIES: ReplyForm = repliesAt('replies')

export const SERVICE_BUS_PROFILE = defineProfile({
  name: 'service-bus',
  /** What its Open says is not documented: the option `profile` names it. */
  fits: () => false,
  syntax: 'legacy',
  /** The outcome `modified` "is not used by Service Bus at present" ([guide], "Transfers"). */
  keepsUndeliverable: true,
  /** Whether it takes one is not documented, and the specification has none (part 3, section 3.2). */
  refusesBodiless: true,
  addresses: SERVICE_BUS_ADDRESSES,
  broadcastSource: subscriptionOf,
  replies: SERVICE_BUS_REPLIES,
  nodes: SERVICE_BUS_NODES,
})
