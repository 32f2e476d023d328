// What an intermediary is like besides forwarding: what it calls itself, which nodes it has, and how they are named.

import type { AmqpValue, ListenOptions } from '../amqp/index.ts'
import type { AddressRule } from './address-rule.ts'
import type { AddressTable } from './address-table.ts'
import type { Nodes } from './nodes.ts'

export interface Manner {
  /** Open.properties. */
  readonly product: string
  /** Undefined: this package's. */
  readonly version: string | undefined
  readonly properties: Readonly<Record<string, AmqpValue>>
  readonly offeredCapabilities: readonly string[]
  /** Open.container-id, unless it is told another. */
  containerId(): string
  /** What a listener does where its options do not say. */
  readonly listen: Pick<ListenOptions, 'maxFrameSize' | 'channelMax' | 'idleTimeoutMs' | 'sasl'>
  /** The rules that are there from the beginning. Undefined: its nodes have no rules. */
  readonly rules?: readonly AddressRule[]
  /** Its queues are there by their names, so that they can outlive the router (RouterOptions.store). */
  readonly storable: boolean
  /** See RouterOptions.dropSettledOfSlow, where that is not given. */
  readonly dropsSettledOfSlow?: boolean
  /** The virtual host that Open.hostname means; undefined: as the options of the router say (VirtualHosts). */
  hostOf?(hostname: string): string
  /** Of one virtual host. */
  nodesOf(table: AddressTable): Nodes
}
