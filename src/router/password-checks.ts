// Checks of passwords cost work on purpose. So that a crowd that tries some neither takes all threads of the process nor fills
// its memory, few run at a time, few more wait, and whoever comes beyond that is turned away.

/** Of the four threads that Node has for such work. */
const RUNNING = 2
/** Some seconds of work. */
const WAITING = 64

export class PasswordChecks {
  readonly #most: { readonly running: number; readonly waiting: number }
  readonly #waiting: ((goesOn: boolean) => void)[] = []
  #running = 0
  #ended = false

  constructor(most = { running: RUNNING, waiting: WAITING }) {
    this.#most = most
  }

  /** What the check says; false also when there are too many, or when all has ended. */
  async run(check: () => Promise<boolean>): Promise<boolean> {
    if (this.#ended || !(await this.#turn())) return false
    try {
      return await check()
    } finally {
      this.#over()
    }
  }

  /** What waits is turned away. */
  end(): void {
    this.#ended = true
    for (const goOn of this.#waiting.splice(0)) goOn(false)
  }

  #turn(): Promise<boolean> | boolean {
    if (this.#running < this.#most.running) {
      this.#running += 1
      return true
    }
    if (this.#waiting.length >= this.#most.waiting) return false
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** The place goes to the next in turn, or is free. */
  #over(): void {
    const next = this.#waiting.shift()
    if (next) next(true)
    else this.#running -= 1
  }
}
