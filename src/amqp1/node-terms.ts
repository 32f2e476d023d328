// What a link asks of the node that it attaches to, besides its address.

import type { NodeUse, PeerProfile } from './profile.ts'

export interface NodeTerms {
  readonly capabilities?: readonly string[]
  readonly durable?: number
}

/** terminus-durability `configuration` (specification part 3, section 3.5.5): the node is to stay; of deliveries the link keeps nothing. */
const CONFIGURATION = 1

/** Nothing, where the peer needs nothing. */
export function nodeTerms(
  { capabilities, forgetsNodesUnlessDurable }: Pick<PeerProfile, 'capabilities' | 'forgetsNodesUnlessDurable'>,
  use: NodeUse,
): NodeTerms {
  return {
    ...(capabilities ? { capabilities: capabilities[use] } : {}),
    ...(forgetsNodesUnlessDurable && use === 'notification' ? { durable: CONFIGURATION } : {}),
  }
}
