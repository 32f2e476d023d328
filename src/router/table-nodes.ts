// Nodes that are addresses of the table, by the names that peers give them: what an attach is answered is the same for all, but for how
// a node is found or made.

import type { LinkRequest, Outcome, Source } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { AddressTable } from './address-table.ts'
import { TOO_MANY } from './address-table.ts'
import type { Nodes, NoNode, Route, SourceNode, TargetNode } from './nodes.ts'
import { refusal } from './nodes.ts'

export abstract class TableNodes implements Nodes {
  protected readonly table: AddressTable

  constructor(table: AddressTable) {
    this.table = table
  }

  abstract routeOf(to: string | undefined): Route | Outcome
  abstract isDynamic(name: string): boolean

  sourceOf(request: LinkRequest): SourceNode | NoNode {
    const { connection, source: asked } = request
    if (asked?.dynamic) {
      const address = this.makeDynamic(request)
      return address ? { address, source: this.answered(address, asked) } : { refusal: TOO_MANY }
    }
    if (!asked?.address) return NO_SOURCE
    const address = this.obtain(asked.address)
    if (!address) return this.refusalOf(asked.address)
    if (address.owner !== undefined && address.owner !== connection) return NOT_YOURS
    return { address, source: this.answered(address, asked) }
  }

  /** The target is echoed, as Qpid Dispatch Router and qpidd do. */
  targetOf({ target: asked }: LinkRequest): TargetNode | NoNode {
    if (asked?.type === 'coordinator') return NO_TRANSACTIONS
    if (asked?.dynamic) return refusal('amqp:not-implemented', 'this router has no dynamic targets')
    // An empty target says that there is one.
    if (asked?.address === undefined) return { address: undefined, target: asked ?? {} }
    if (asked.address === '') return NO_TARGET
    const address = this.obtain(asked.address)
    return address ? { address, target: asked } : this.refusalOf(asked.address)
  }

  releaseUnused(address: Address): void {
    this.table.releaseUnused(address)
  }

  /** The node of that name, made when it is not there and may be. */
  protected abstract obtain(name: string): Address | undefined
  /** Why there is none. */
  protected abstract refusalOf(name: string): NoNode
  /** Undefined: there are too many. */
  protected abstract makeDynamic(request: LinkRequest): Address | undefined

  /** The source is echoed, with the name that the node has. */
  protected answered({ name }: Address, asked: Source): Source {
    return { ...asked, address: name }
  }
}

export const NO_SOURCE = refusal('amqp:invalid-field', 'source: expected an address, or dynamic')
export const NO_TRANSACTIONS = refusal('amqp:not-implemented', 'this router has no transactions')
const NO_TARGET = refusal('amqp:invalid-field', 'target: expected an address')
const NOT_YOURS = refusal(
  'amqp:unauthorized-access',
  'only the connection for which it was made may receive from a dynamic address',
)
