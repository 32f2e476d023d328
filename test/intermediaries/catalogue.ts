// The intermediaries that can be asked for by name, in the order of the page.

import { ACTIVEMQ } from './activemq.ts'
import { ARTEMIS } from './artemis.ts'
import { type KnownIntermediary, NotHad } from './intermediary.ts'
import { RABBITMQ_3 } from './rabbitmq3.ts'
import { ROUTER, ROUTER_AS_QPID_CPP, ROUTER_AS_RABBITMQ_4 } from './router.ts'

/** Known by name only, until there is a file that gets and starts it. */
const without = (title: string): KnownIntermediary => ({
  title,
  start: () => Promise.reject(new NotHad('the suite does not know yet how to get and start it')),
})

export const INTERMEDIARIES: ReadonlyMap<string, KnownIntermediary> = new Map([
  ['rabbitmq3', RABBITMQ_3],
  ['rabbitmq4', without('RabbitMQ 4.0')],
  ['rabbitmq43', without('RabbitMQ 4.3')],
  ['activemq', ACTIVEMQ],
  ['artemis', ARTEMIS],
  ['broker-j', without('Broker-J')],
  ['apollo', without('Apollo')],
  ['swiftmq', without('SwiftMQ')],
  ['router', ROUTER],
  ['router-qpid-cpp', ROUTER_AS_QPID_CPP],
  ['router-rabbitmq4', ROUTER_AS_RABBITMQ_4],
])
