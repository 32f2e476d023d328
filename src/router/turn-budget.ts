/**
 * How much work somebody may cause in one turn of the event loop: what goes beyond waits for the next, once, however often it is asked
 * for. A peer that provokes with a few bytes what takes a walk over thousands of links gets one walk a turn, and others their turn.
 */
export class TurnBudget {
  readonly #most: number
  readonly #postponed: () => void
  #spent = 0
  #again = false

  /** `postponed` is called in the next turn when there was too much in this one. */
  constructor(most: number, postponed: () => void) {
    this.#most = most
    this.#postponed = postponed
  }

  /** False: not in this turn. `work`: in any unit. */
  spend(work: number): boolean {
    if (this.#spent > this.#most) {
      this.#again = true
      return false
    }
    if (this.#spent === 0) setImmediate(() => this.#nextTurn())
    this.#spent += work
    return true
  }

  #nextTurn(): void {
    this.#spent = 0
    if (!this.#again) return
    this.#again = false
    this.#postponed()
  }
}
