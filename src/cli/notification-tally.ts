// What became of the notifications that `omsg listen` took, for the line at its end.

/** Counts what was shown by priority, what the filters passed over, and what was no notification. */
export class NotificationTally {
  readonly #shown = new Map<string, number>()
  #passedOver = 0
  #malformed = 0

  shown(priority: string): void {
    this.#shown.set(priority, (this.#shown.get(priority) ?? 0) + 1)
  }

  passedOver(): void {
    this.#passedOver += 1
  }

  malformed(): void {
    this.#malformed += 1
  }

  /** `3 shown (2 info, 1 error), 5 passed over, 1 refused as malformed`; what there was none of is left out. */
  toString(): string {
    const byPriority = [...this.#shown]
    const all = byPriority.reduce((sum, [, count]) => sum + count, 0)
    const detail = byPriority.map(([priority, count]) => `${count} ${priority}`).join(', ')
    return [
      all === 0 ? '0 shown' : `${all} shown (${detail})`,
      ...(this.#passedOver > 0 ? [`${this.#passedOver} passed over`] : []),
      ...(this.#malformed > 0 ? [`${this.#malformed} refused as malformed`] : []),
    ].join(', ')
  }
}
