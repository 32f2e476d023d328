import { mkdir, readdir, realpath } from 'node:fs/promises'

/** What LevelDB calls its files. Without CURRENT it has not finished making them. */
const OWN_FILES = /^(LOCK|LOG|LOG\.old|CURRENT|MANIFEST-\d+|\d+\.(ldb|log|sst|dbtmp))$/

// One for the process. LevelDB's own lock is a file lock, which holds between processes; and a second attempt in the same process,
// which fails, takes the lock from the first (closing any descriptor of a file gives up the process's locks of it).
const taken = new Set<string>()

/** The directory of a message store, for one router of this process at a time. */
export class StoreDirectory {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Makes it when it is not there. Undefined: a router of this process has it. @throws Error when it cannot be a store. */
  static async take(path: string): Promise<StoreDirectory | undefined> {
    await makeDirectory(path)
    const names = await readdir(path)
    const strange = names.find((name) => !OWN_FILES.test(name))
    if (strange !== undefined && !names.includes('CURRENT'))
      throw new RangeError(`this is no message store, it holds "${strange}"`)
    const real = await realpath(path)
    if (taken.has(real)) return undefined
    taken.add(real)
    return new StoreDirectory(real)
  }

  release(): void {
    taken.delete(this.#path)
  }
}

/** Only the last part of the path: Node makes a whole path for ever where that cannot be, as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    // Messages are their users' own: nobody else on the machine is to read them.
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
