// Apache Qpid's C++ broker (qpidd 1.40) with the patterns of the specification's Appendix C. It says of itself what a recorded
// Open of it says; its options `queue-patterns` and `topic-patterns` are described in "AMQP 1.0 support", docs/amqp-1.0.txt of
// the broker's sources.

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { AddressTable } from './address-table.ts'
import type { Manner } from './manner.ts'
import { QpidCppNodes } from './qpid-cpp-nodes.ts'

export const QPID_CPP: Manner = Object.freeze({
  product: 'qpid-cpp',
  version: '1.40.0',
  properties: Object.freeze({ platform: 'Linux', host: hostname() }),
  offeredCapabilities: Object.freeze(['ANONYMOUS-RELAY']),
  listen: Object.freeze({ channelMax: 32_767, idleTimeoutMs: 60_000 }),
  storable: true,
  containerId: () => randomUUID(),
  nodesOf: (table: AddressTable) => new QpidCppNodes(table),
})
