/** How many addresses there are, over all virtual hosts, and how many there may be. */
export class AddressCount {
  readonly #most: number
  #count = 0

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  get full(): boolean {
    return this.#count >= this.#most
  }

  add(): void {
    this.#count += 1
  }

  remove(count = 1): void {
    this.#count -= count
  }
}
