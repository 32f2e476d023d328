// The intermediaries that can be asked for by name, in the order of the page.

import { ACTIVEMQ } from './activemq.ts'
import { ARTEMIS } from './artemis.ts'
import { BROKER_J } from './broker-j.ts'
import { type KnownIntermediary, NotHad } from './intermediary.ts'
import { RABBITMQ_3 } from './rabbitmq3.ts'
import { RABBITMQ_4, RABBITMQ_4_3 } from './rabbitmq4.ts'
import { ROUTER, ROUTER_AS_QPID_CPP, ROUTER_AS_RABBITMQ_4 } from './router.ts'
import { SERVICE_BUS } from './service-bus.ts'

const notToBeHad = (title: string, why: string): KnownIntermediary => ({
  title,
  start: () => Promise.reject(new NotHad(why)),
})

export const INTERMEDIARIES: ReadonlyMap<string, KnownIntermediary> = new Map([
  ['rabbitmq3', RABBITMQ_3],
  ['rabbitmq4', RABBITMQ_4],
  ['rabbitmq43', RABBITMQ_4_3],
  ['activemq', ACTIVEMQ],
  ['artemis', ARTEMIS],
  ['broker-j', BROKER_J],
  [
    'apollo',
    notToBeHad(
      'Apollo',
      'Maven finds no distribution of it (org.apache.activemq:apache-apollo:tar.gz:unix-distro:1.7.1, the last one, of 2015), and it was given up for Artemis',
    ),
  ],
  ['swiftmq', notToBeHad('SwiftMQ', 'only its client is published where Maven looks, and its router is not packaged')],
  ['service-bus', SERVICE_BUS],
  ['router', ROUTER],
  ['router-qpid-cpp', ROUTER_AS_QPID_CPP],
  ['router-rabbitmq4', ROUTER_AS_RABBITMQ_4],
])
