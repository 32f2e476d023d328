import { randomUUID } from 'node:crypto'
import type { AddressTable } from './address-table.ts'
import { DEFAULT_RULES } from './distribution-rules.ts'
import type { Manner } from './manner.ts'
import { PooledNodes } from './pooled-nodes.ts'

/** The router's own: addresses by rules, as Qpid Dispatch Router has them, and queues with pools of consumers. */
export const OWN_MANNER: Manner = Object.freeze({
  product: 'oslo-messaging-router',
  version: undefined,
  properties: Object.freeze({}),
  offeredCapabilities: Object.freeze(['ANONYMOUS-RELAY']),
  listen: Object.freeze({ idleTimeoutMs: 60_000 }),
  rules: DEFAULT_RULES,
  storable: true,
  containerId: () => `oslo-messaging-router-${randomUUID().slice(0, 8)}`,
  nodesOf: (table: AddressTable) => new PooledNodes(table),
})
