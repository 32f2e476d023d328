// RabbitMQ 3 with its plugin rabbitmq_amqp1_0: queues and exchanges by their names, made when somebody attaches to them, and no dynamic
// addresses (the plugin's README, "Routing and Addressing"; measured with 3.10.8).
//
//   one server       /queue/exclusive.EXCHANGE.TOPIC.SERVER        a queue
//   any of a group   /queue/unicast.EXCHANGE.TOPIC                 a queue; notifications too
//   all              /exchange/amq.direct/broadcast.…              each subscriber has a queue amq.gen-…, which outlives it
//   replies          /queue/reply.UUID                             a queue; written to as /amq/queue/reply.UUID, which makes none
//
// What outlives its users is for a policy of the operator: docs/guide/deployment.md, "RabbitMQ 3".

import { isBefore } from './peer-identity.ts'
import { defineProfile } from './plain-profile.ts'
import type { AddressForm, ReplyForm } from './profile.ts'
import { RABBITMQ_VIRTUAL_HOST } from './rabbitmq-virtual-host.ts'

const REPLY_QUEUE = 'reply.'

export const RABBITMQ3_ADDRESSES: AddressForm = Object.freeze({
  serverRequestPrefix: '/queue/exclusive',
  groupRequestPrefix: '/queue/unicast',
  broadcastPrefix: '/exchange/amq.direct/broadcast',
})

export const RABBITMQ3_REPLIES: ReplyForm = Object.freeze({
  source: (id: string) => ({ address: `/queue/${REPLY_QUEUE}${id}` }),
  replyTo: (id: string) => `/amq/queue/${REPLY_QUEUE}${id}`,
  outlives: true,
  /** A queue has several names here: none but those of replies are written to, by the one name that makes no queue, which would stay. */
  mayReplyTo: (address: string) => /^\/amq\/queue\/reply\.[\w-]{1,100}$/.test(address),
})

export const RABBITMQ3_PROFILE = defineProfile({
  name: 'rabbitmq3',
  fits: (peer) => peer.product === 'RabbitMQ' && isBefore(peer, 4, 0),
  syntax: 'legacy',
  endsSessionToRefuse: true,
  overrunsCredit: true,
  forgetsUnlessDurable: true,
  forgetsNodesUnlessDurable: true,
  addresses: RABBITMQ3_ADDRESSES,
  replies: RABBITMQ3_REPLIES,
  beforeOpen: RABBITMQ_VIRTUAL_HOST,
})
