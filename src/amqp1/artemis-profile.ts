// Apache ActiveMQ Artemis: addresses with queues, which it makes when somebody attaches who asks for them by a capability (its manual,
// "AMQP", "Address Model"; measured with 2.44.0). Without one an address is made for multicast, where whoever attaches has a queue of his own.
//
//   one server       openstack.org/om/rpc/unicast/…        `queue`: a queue of the same name (anycast)
//   any of a group   openstack.org/om/rpc/anycast/…        `queue`
//   all              openstack.org/om/rpc/multicast/…      `topic`: each subscriber has a queue of his own while he is there
//   notifications    openstack.org/om/notify/anycast/…     both: the queue, and one more for each pool, which get a copy of what comes
//   replies          a UUID                                dynamic
//
// What is sent to an address that is both goes to all of its queues if the sender has asked for neither when he attached, and to those
// of the one kind if it was of that alone. So each link of a notification topic makes sure first that the address is both: also when it
// attaches anew, for the broker forgets the second kind when it ends. And the queue of that name has to be there before a pool is: a
// receiver that names no queue gets whichever there is.
//
// Notifiers of Python ask for nothing: they reach pools if the address was both when they attached, which is certain only where
// broker.xml says so of it. A queue that the broker deletes with its last consumer (auto-delete-queues) keeps nothing for the next one.

import { defineProfile } from './plain-profile.ts'
import { type NodeForm, type NodeUse, POOL_MARK, type PoolSupport } from './profile.ts'
import { temporaryQueues } from './temporary-queues.ts'

const QUEUE = Object.freeze(['queue'])
const TOPIC = Object.freeze(['topic'])

/** Any other one may be a service's under another name: with a prefix of the acceptor, or as a queue of an address. */
export const ARTEMIS_REPLIES = temporaryQueues((address) => /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(address))

/** Names of queues are those of the whole broker. How long one stays without a listener is the operator's to say. */
export const ARTEMIS_POOLS: PoolSupport = Object.freeze({
  source: (address: string, pool: string) => ({
    address: `${address}${POOL_MARK}${pool}@${address}`,
    capabilities: TOPIC,
  }),
})

/** `ADDRESS::POOL@ADDRESS` */
const OF_POOL = /^(.+)::.*@\1$/s

export const ARTEMIS_NODES: NodeForm = Object.freeze({
  target: (address: string, use: NodeUse) => ({
    address,
    declarations: use === 'notification' ? [QUEUE, TOPIC].map((capabilities) => ({ address, capabilities })) : [],
  }),
  source: (address: string, use: NodeUse) => {
    const [, node = address] = OF_POOL.exec(address) ?? []
    return { ...ARTEMIS_NODES.target(node, use), address }
  },
})

export const ARTEMIS_PROFILE = defineProfile({
  name: 'artemis',
  fits: ({ product }) => product === 'apache-activemq-artemis',
  keepsUndeliverable: true,
  forgetsUnlessDurable: true,
  capabilities: Object.freeze({ request: QUEUE, broadcast: TOPIC, notification: [] }),
  replies: ARTEMIS_REPLIES,
  pools: ARTEMIS_POOLS,
  nodes: ARTEMIS_NODES,
})
