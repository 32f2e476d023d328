// The router's own manner (Qpid Dispatch Router's): an address is there when somebody names it, unless its rule says no.

import type { LinkRequest, Outcome, Source } from '../amqp/index.ts'
import { RELEASED } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { AddressTable } from './address-table.ts'
import { DYNAMIC_PREFIX, TOO_MANY } from './address-table.ts'
import type { Nodes, NoNode, Route, SourceNode, TargetNode } from './nodes.ts'
import { refusal } from './nodes.ts'

export class RoutedNodes implements Nodes {
  readonly managed = true
  readonly #table: AddressTable

  constructor(table: AddressTable) {
    this.#table = table
  }

  sourceOf({ connection, source: asked }: LinkRequest): SourceNode | NoNode {
    if (asked?.dynamic) {
      const address = this.#table.createDynamic(connection)
      return address ? named(address, asked) : { refusal: TOO_MANY }
    }
    if (!asked?.address) return NO_SOURCE
    const address = this.#table.obtain(asked.address)
    if (!address) return { refusal: this.#table.refusalOf(asked.address) }
    return address.owner === undefined || address.owner === connection ? named(address, asked) : NOT_YOURS
  }

  /** Source and target are echoed, as Qpid Dispatch Router does. */
  targetOf({ target: asked }: LinkRequest): TargetNode | NoNode {
    if (asked?.type === 'coordinator') return NO_TRANSACTIONS
    if (asked?.dynamic) return refusal('amqp:not-implemented', 'this router has no dynamic targets')
    // An empty target says that there is one.
    if (asked?.address === undefined) return { address: undefined, target: asked ?? {} }
    if (asked.address === '') return NO_TARGET
    const address = this.#table.obtain(asked.address)
    return address ? { address, target: asked } : { refusal: this.#table.refusalOf(asked.address) }
  }

  routeOf(to: string | undefined): Route | Outcome {
    if (to === undefined) return NO_TO
    return this.#table.findFor(to) ?? RELEASED
  }

  /** Its names cannot be guessed, and no other address begins so. */
  isDynamic(name: string): boolean {
    return name.startsWith(DYNAMIC_PREFIX)
  }

  releaseUnused(address: Address): void {
    this.#table.releaseUnused(address)
  }
}

export const NO_SOURCE = refusal('amqp:invalid-field', 'source: expected an address, or dynamic')
export const NO_TARGET = refusal('amqp:invalid-field', 'target: expected an address')
export const NO_TRANSACTIONS = refusal('amqp:not-implemented', 'this router has no transactions')
export const NOT_YOURS = refusal(
  'amqp:unauthorized-access',
  'only the connection for which it was made may receive from a dynamic address',
)

export const NO_TO: Outcome = Object.freeze({
  type: 'rejected',
  error: {
    condition: 'amqp:precondition-failed',
    description: 'a message without `to` came from a sender that has no target address',
  },
})

const named = (address: Address, asked: Source): SourceNode => ({
  address,
  source: { ...asked, address: address.name },
})
