// What one peer may do, by the access rules of its user: asked for each attach, and for each message of a sender without an
// address.

import type { ErrorCondition, LinkRequest, Outcome } from '../amqp/index.ts'
import { printable } from '../amqp/index.ts'
import type { AccessRules, Direction } from './access-rules.ts'
import type { Nodes } from './nodes.ts'

const CONDITION = 'amqp:unauthorized-access'

export class PeerAccess {
  readonly #rules: AccessRules
  readonly #nodes: Pick<Nodes, 'isDynamic' | 'canonical'>
  /** Most messages of a sender go where the one before went. */
  #lastTo: string | undefined

  constructor(rules: AccessRules, nodes: Pick<Nodes, 'isDynamic' | 'canonical'>) {
    this.#rules = rules
    this.#nodes = nodes
  }

  /** Why the peer may not attach so. Undefined: it may, as far as this goes. */
  refusalOf({ role, source, target }: LinkRequest): ErrorCondition | undefined {
    const direction = role === 'receiver' ? 'receive' : 'send'
    const asked = direction === 'receive' ? source : target
    // A dynamic node is made for who asks; and what names no address says with each message where it goes, or is refused anyhow.
    if (!asked || !('address' in asked) || asked.address === undefined) return undefined
    return this.#allows(direction, asked.address) ? undefined : denied(direction, asked.address)
  }

  /** What becomes of a message to where its sender may not send. Undefined: it may. */
  rejectionOf(to: string | undefined): Outcome | undefined {
    if (to === undefined || to === this.#lastTo) return undefined
    if (this.#nodes.isDynamic(to)) return undefined
    if (!this.#covers('send', to)) return { type: 'rejected', error: denied('send', to) }
    this.#lastTo = to
    return undefined
  }

  /** Replies go to dynamic addresses; who receives from one is the node's to say. */
  #allows(direction: Direction, address: string): boolean {
    return this.#nodes.isDynamic(address) || this.#covers(direction, address)
  }

  #covers(direction: Direction, address: string): boolean {
    return this.#rules.allows(direction, this.#nodes.canonical?.(address) ?? address)
  }
}

const denied = (direction: Direction, address: string): ErrorCondition => ({
  condition: CONDITION,
  description: `this user may not ${direction === 'send' ? 'send to' : 'receive from'} "${printable(address)}"`,
})
