// RabbitMQ 4 (an Open as recorded from 4.3.6): it wants SASL, where it has the user guest with the password guest.

import type { Authenticate } from '../amqp/index.ts'
import type { AddressTable } from './address-table.ts'
import type { Manner } from './manner.ts'
import { RabbitNodes } from './rabbit-nodes.ts'

const GUEST = 'guest'

const authenticate: Authenticate = (mechanism, username, secret) =>
  mechanism === 'ANONYMOUS' || (username === GUEST && secret === GUEST)

export const RABBITMQ4: Manner = Object.freeze({
  product: 'RabbitMQ',
  version: '4.3.6',
  properties: Object.freeze({ platform: 'Erlang/OTP', node: 'rabbit@localhost', cluster_name: 'rabbit@localhost' }),
  offeredCapabilities: Object.freeze(['LINK_PAIR_V1_0', 'ANONYMOUS-RELAY']),
  listen: Object.freeze({
    maxFrameSize: 131_072,
    channelMax: 63,
    idleTimeoutMs: 30_000,
    sasl: Object.freeze({ mechanisms: ['PLAIN', 'ANONYMOUS'], required: true, authenticate }),
  }),
  storable: false,
  containerId: () => 'rabbit@localhost',
  /** `vhost:NAME`; any other name means the virtual host `/`. */
  hostOf: (hostname: string) =>
    hostname.startsWith('vhost:') ? hostname.slice('vhost:'.length).replace(/^\/$/, '') : '',
  nodesOf: (table: AddressTable) => new RabbitNodes(table),
})
