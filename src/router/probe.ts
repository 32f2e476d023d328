// Whoever stands between the router and its peers: the chaos that tests ask for (door `oslo-messaging/testing`). A router without
// one pays nothing: its addresses have their own forwarders.

import type { Connection, LinkRequest } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { Forwarder } from './forwarder.ts'

export interface RouterProbe {
  /** What takes the messages of a new address, in the place of its own forwarder. */
  forwarderOf(address: Address, own: Forwarder): Forwarder
  opened(connection: Connection): void
  closed(connection: Connection): void
  /** A link was asked for, and that is answered. */
  answered(request: LinkRequest): void
  /** The router is being closed: nothing may wait for the probe any more. */
  ending(): void
}

/** How the addresses of a router treat what is sent to them, whatever their rules say. */
export interface ForwardingOptions {
  /** See RouterOptions. */
  readonly dropSettledOfSlow?: boolean
  readonly probe?: RouterProbe | undefined
}
