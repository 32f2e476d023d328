// The router's own manner (Qpid Dispatch Router's): an address is there when somebody names it, unless its rule says no.

import type { LinkRequest, Outcome } from '../amqp/index.ts'
import { RELEASED } from '../amqp/index.ts'
import type { Address } from './address.ts'
import { DYNAMIC_PREFIX } from './address-table.ts'
import type { NoNode, Route } from './nodes.ts'
import { TableNodes } from './table-nodes.ts'

export class RoutedNodes extends TableNodes {
  readonly managed = true

  routeOf(to: string | undefined): Route | Outcome {
    if (to === undefined) return NO_TO
    return this.table.findFor(to) ?? RELEASED
  }

  /** Its names cannot be guessed, and no other address begins so. */
  isDynamic(name: string): boolean {
    return name.startsWith(DYNAMIC_PREFIX)
  }

  protected obtain(name: string): Address | undefined {
    return this.table.obtain(name)
  }

  protected refusalOf(name: string): NoNode {
    return { refusal: this.table.refusalOf(name) }
  }

  protected makeDynamic({ connection }: LinkRequest): Address | undefined {
    return this.table.createDynamic(connection)
  }
}

const NO_TO: Outcome = Object.freeze({
  type: 'rejected',
  error: {
    condition: 'amqp:precondition-failed',
    description: 'a message without `to` came from a sender that has no target address',
  },
})
