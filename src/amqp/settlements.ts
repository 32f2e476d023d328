// Dispositions put off until the end of the turn, so that a run of deliveries with the same outcome is one frame
// (AMQP 1.0 part 2, 2.7.6: first and last).

import type { DeliveryState, Outcome } from '../codec/delivery-state.ts'
import { serialAdd } from './serial-number.ts'

export interface SettlementRun {
  readonly first: number
  last: number
  readonly settled: boolean
  readonly state: DeliveryState | undefined
}

/** Runs of one direction (role) of a session. Bounded by the deliveries that are unsettled. */
export class Settlements {
  #runs: SettlementRun[] = []

  get empty(): boolean {
    return this.#runs.length === 0
  }

  add(id: number, outcome: Outcome | undefined, settled: boolean): void {
    const run = this.#runs[this.#runs.length - 1]
    if (run && run.settled === settled && serialAdd(run.last, 1) === id && sameOutcome(run.state, outcome)) {
      run.last = id
      return
    }
    this.#runs.push({ first: id, last: id, settled, state: outcome })
  }

  /** Hands the runs over and forgets them. */
  take(): readonly SettlementRun[] {
    const runs = this.#runs
    this.#runs = []
    return runs
  }
}

/** Only outcomes without fields are joined: they are constants, so identity is enough for them. */
function sameOutcome(a: DeliveryState | undefined, b: Outcome | undefined): boolean {
  return (
    a === b ||
    (a !== undefined && b !== undefined && a.type === b.type && (a.type === 'accepted' || a.type === 'released'))
  )
}
