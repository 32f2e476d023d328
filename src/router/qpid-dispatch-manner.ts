// Qpid Dispatch Router (qdrouterd 1.19, an Open as recorded from it), configured as the specification's Appendix B says: it stores
// nothing, and throws pre-settled messages of slow consumers away.

import { randomUUID } from 'node:crypto'
import type { AddressRule } from './address-rule.ts'
import type { AddressTable } from './address-table.ts'
import { DEFAULT_RULES } from './distribution-rules.ts'
import type { Manner } from './manner.ts'
import { RoutedNodes } from './routed-nodes.ts'

const RULES: readonly AddressRule[] = Object.freeze([
  ...DEFAULT_RULES.filter(({ distribution }) => distribution !== 'queue'),
  { prefix: 'openstack.org/om/notify/anycast', distribution: 'balanced' },
])

export const QPID_DISPATCH_ROUTER: Manner = Object.freeze({
  product: 'qpid-dispatch-router',
  version: '1.19.0',
  properties: Object.freeze({}),
  offeredCapabilities: Object.freeze(['ANONYMOUS-RELAY']),
  listen: Object.freeze({ maxFrameSize: 16_384, channelMax: 32_767, idleTimeoutMs: 16_000 }),
  rules: RULES,
  dropsSettledOfSlow: true,
  storable: true,
  containerId: () => `Standalone_${randomUUID().slice(0, 8)}`,
  nodesOf: (table: AddressTable) => new RoutedNodes(table),
})
