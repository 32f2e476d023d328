// The nodes of one virtual host, as links and messages name them. Which addresses there are, what answers an attach, and what
// becomes of a message that names a node that is not there, differs from one kind of intermediary to another (Manner).

import type { Connection, ErrorCondition, LinkRequest, Outcome, Source, Target } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { Forwarder } from './forwarder.ts'
import type { StoredQueue } from './message-store.ts'
import type { QueueForwarder } from './queue-forwarder.ts'

/** Where a peer receives from. */
export interface SourceNode {
  readonly address: Address
  /** As the attach is answered. */
  readonly source: Source
}

/** Where a peer sends to. */
export interface TargetNode {
  /** Undefined: each message says where it goes. */
  readonly address: Address | undefined
  /** As the attach is answered. */
  readonly target: Target
}

/** Why there is no such node for this peer. */
export interface NoNode {
  readonly refusal: ErrorCondition
}

/** Who takes a message: an address, or what stands for one. */
export interface Route {
  readonly forwarder: Forwarder
  /** Messages that came this way. */
  received: number
}

export interface Nodes {
  /** `$management` answers questions about the router. Absent: there is no such node here. */
  readonly managed?: boolean
  /** For a link on which the peer receives: its node, made when it is not there and may be. */
  sourceOf(request: LinkRequest): SourceNode | NoNode
  /** The same for a link on which the peer sends. */
  targetOf(request: LinkRequest): TargetNode | NoNode
  /** For a message of a sender without an address: who takes it, or what becomes of it. `to`: what it says. */
  routeOf(to: string | undefined): Route | Outcome
  /** Why a message can be taken by no node, so that the link that brought it ends. Absent, undefined: it can be. */
  faultOf?(payload: Buffer): ErrorCondition | undefined
  /** Whether it is an address that the router has invented, or would have: everybody may send there who has been told it. */
  isDynamic(name: string): boolean
  /** The one form of an address that can be written in several, for access rules. Absent: each has one. */
  canonical?(address: string): string
  /** To be called when a link has left an address, or was not attached after all. */
  releaseUnused(address: Address): void
  /** For a queue that a store has kept: what it is here besides its name. Absent, undefined: an address like others. */
  restoreQueue?(stored: StoredQueue): QueueForwarder | undefined
  /** Links to which messages are no business of an address's: true when it has answered, or will. Absent: there are none. */
  answers?(request: LinkRequest): boolean
  /** The connection is gone, and its links are. */
  left?(connection: Connection): void
  /** The router is closed: nothing is waited for any more. */
  end?(): void
  /** Something of it is there without a connection or an address. Absent: never. */
  readonly keeps?: boolean
}

export const refusal = (condition: string, description: string): NoNode => ({ refusal: { condition, description } })
