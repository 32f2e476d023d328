// Apache ActiveMQ "Classic": queues and topics, made when somebody attaches to them; the scheme of an address says which, and without one
// it is a queue (its manual, "AMQP"; measured with 5.18.3). Capabilities say nothing there but with dynamic addresses.
//
//   one server       openstack.org/om/rpc/unicast/…                  a queue
//   any of a group   openstack.org/om/rpc/anycast/…                  a queue
//   all              topic://openstack.org/om/rpc/multicast/…        whoever is there
//   notifications    openstack.org/om/notify/anycast/…               a queue
//   replies          temp-queue://ID:…                               dynamic
//
// Python's driver writes the address of fan-outs without a scheme, and they come to no server of this library. Where both are, both say
// `addressing_mode=legacy`, and Python's `broadcast_prefix=topic://broadcast`.
//
// Its groups of consumers that each get every message are those of virtual topics, which notifiers would have to publish to. Python's
// publish to the queue: a pool would miss their notifications without a word, so there are none.

import { defineProfile } from './plain-profile.ts'
import { temporaryQueues } from './temporary-queues.ts'

/** Any other one may be a service's under another name: `queue://…`, or several of them with a comma between. */
export const ACTIVEMQ_REPLIES = temporaryQueues((address) => /^temp-queue:\/\/ID:[\w.:-]{1,512}$/.test(address))

export const ACTIVEMQ_PROFILE = defineProfile({
  name: 'activemq',
  fits: ({ product }) => product === 'ActiveMQ',
  forgetsUnlessDurable: true,
  broadcastScheme: 'topic://',
  replies: ACTIVEMQ_REPLIES,
})
