// Checks of passwords cost work on purpose. So that a crowd that tries some neither takes all threads of the process nor fills
// its memory, few run at a time and few more wait. Hosts take turns, and where there is no more room it is the one with the most that
// gives way: a crowd at one host does not keep others out.

/** Of the four threads that Node has for such work. */
const RUNNING = 2
/** Some seconds of work. */
const WAITING = 64

type GoOn = (goesOn: boolean) => void

export class PasswordChecks {
  readonly #most: { readonly running: number; readonly waiting: number }
  /** By host; the one whose turn is next comes first. None is empty. */
  readonly #waiting = new Map<string, GoOn[]>()
  #waits = 0
  #running = 0
  #ended = false

  constructor(most = { running: RUNNING, waiting: WAITING }) {
    this.#most = most
  }

  /** What the check says; undefined when it was not made: there are too many, or all has ended. `host`: who asks. */
  async run(host: string, check: () => Promise<boolean>): Promise<boolean | undefined> {
    if (this.#ended || !(await this.#turn(host))) return undefined
    try {
      return await check()
    } finally {
      this.#over()
    }
  }

  /** What waits is turned away. */
  end(): void {
    this.#ended = true
    const waiting = [...this.#waiting.values()].flat()
    this.#waiting.clear()
    this.#waits = 0
    for (const goOn of waiting) goOn(false)
  }

  #turn(host: string): Promise<boolean> | boolean {
    if (this.#running < this.#most.running) {
      this.#running += 1
      return true
    }
    const own = this.#waiting.get(host) ?? []
    if (this.#waits >= this.#most.waiting && !this.#makeRoom(own.length + 1)) return false
    return new Promise((resolve) => {
      own.push(resolve)
      this.#waits += 1
      this.#waiting.set(host, own)
    })
  }

  /** Turns away the last of the host that has the most waiting, if those are more than `than`. */
  #makeRoom(than: number): boolean {
    let longest: GoOn[] = []
    for (const one of this.#waiting.values()) if (one.length > longest.length) longest = one
    if (longest.length <= than) return false
    this.#waits -= 1
    longest.pop()?.(false)
    return true
  }

  /** The place goes to the next in turn, or is free. */
  #over(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#running -= 1
      return
    }
    const [host, waiting] = next
    const goOn = waiting.shift()
    this.#waits -= 1
    this.#waiting.delete(host)
    if (waiting.length > 0) this.#waiting.set(host, waiting)
    goOn?.(true)
  }
}
