// What was seen, and somebody who waits to see so many of it.

export class Sightings {
  readonly seen: string[] = []
  #wake: () => void = () => {}

  add(what: string): void {
    this.seen.push(what)
    this.#wake()
  }

  /** Resolves when `fits` holds for what was seen. The deadline is the scenario's. */
  async until(fits: (seen: readonly string[]) => boolean): Promise<readonly string[]> {
    while (!fits(this.seen)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.seen
  }
}
