/** Hands out the lowest number that is free, as the specification recommends for channels and handles (part 2, 2.5.1 and 2.7.3). */
export class LowestNumbers {
  /** Those below `#next` that were given back, the lowest last. */
  readonly #free: number[] = []
  #next = 0

  /** Undefined when all up to `max` are taken. */
  take(max: number): number | undefined {
    return this.#free.pop() ?? (this.#next <= max ? this.#next++ : undefined)
  }

  /** One that was taken. */
  giveBack(number: number): void {
    let low = 0
    let high = this.#free.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#free[middle] as number) > number) low = middle + 1
      else high = middle
    }
    this.#free.splice(low, 0, number)
  }
}
