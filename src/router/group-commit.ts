// Writes to a database in batches: while one is being written, the next one collects. What somebody waits for is synchronous;
// what nobody waits for goes with it, or by itself a little later.
//
// A batch that fails may be there in part, and what is written behind it in the same file may be lost with it. So nothing is
// written any more before the database was opened anew, which repairs it; that is tried again and again.

import { Backoff } from '../support/backoff.ts'
import type { Deadline } from '../support/deadline.ts'
import { restartDeadline, startDeadline } from '../support/deadline.ts'
import { reportDefect } from '../support/report-defect.ts'
import type { Database, DatabaseOperation } from './level-database.ts'
import type { StoreListener } from './message-store.ts'

/** Milliseconds that what nobody waits for may wait for company. */
const IDLE_MS = 20

/** What one batch takes. */
const MAX_BATCH = Object.freeze({ operations: 10_000, bytes: 16 * 1024 * 1024 })

const REOPEN = Object.freeze({ initialMs: 1_000, factor: 2, maxMs: 30_000 })

/** Milliseconds that `close` waits for the disk. */
const CLOSE_MS = 10_000

interface Operation {
  readonly type: 'put' | 'del'
  readonly key: string
  readonly value: Buffer | undefined
  /** Waits for it. */
  listener: StoreListener | undefined
  /** Nothing of this key has been written before. */
  readonly fresh: boolean
}

export class GroupCommit {
  readonly #database: Database
  readonly #where: string
  readonly #onUsable: () => void
  /** By key, the oldest first: of two operations for one key the later one is enough. Bounded by the messages in all queues. */
  #pending = new Map<string, Operation>()
  #writing: Promise<void> | undefined
  #scheduled = false
  #idle: Deadline | undefined
  #broken = false
  #closed = false
  readonly #backoff = new Backoff(REOPEN)
  #reopening: Deadline | undefined
  #reopened: Promise<void> | undefined

  /** `where` names it in what an operator is told; `onUsable`: it is not broken any more. */
  constructor(database: Database, where: string, onUsable: () => void) {
    this.#database = database
    this.#where = where
    this.#onUsable = onUsable
  }

  /** Nothing can be written now. */
  get broken(): boolean {
    return this.#broken || this.#closed
  }

  /** Writes something new soon, and then tells the listener. */
  put(key: string, value: Buffer, listener: StoreListener): void {
    if (!this.broken) {
      this.#add({ type: 'put', key, value, listener, fresh: true })
      this.#schedule()
    } else if (listener.onStoreFailed() && !this.#closed) {
      this.#add({ type: 'put', key, value, listener: undefined, fresh: true })
    }
  }

  /** Writes when there is something else to write, or in a while. `fresh`: the key is new. */
  putLazily(key: string, value: Buffer, fresh: boolean): void {
    if (this.#closed) return
    const pending = this.#pending.get(key)
    this.#add({ type: 'put', key, value, listener: pending?.listener, fresh: fresh || pending?.fresh === true })
    this.#scheduleIdle()
  }

  /** As `putLazily`; what waits already keeps its place: what is behind it may need it. */
  amendLazily(key: string, value: Buffer, fresh: boolean): void {
    const pending = this.#pending.get(key)
    if (!pending || this.#closed) return this.putLazily(key, value, fresh)
    this.#pending.set(key, { ...pending, type: 'put', value })
  }

  /** Deletes when there is something else to write, or in a while. */
  deleteLazily(key: string): void {
    if (this.#closed) return
    const pending = this.#pending.get(key)
    if (pending?.fresh && !pending.listener) {
      this.#pending.delete(key) // what was never there needs not be deleted
      return
    }
    this.#add({ type: 'del', key, value: undefined, listener: undefined, fresh: false })
    this.#scheduleIdle()
  }

  /** Writes what there is, and closes the database. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    this.#idle?.cancel()
    this.#reopening?.cancel()
    const finished = this.#finish().catch((error: unknown) => reportDefect(this.#where, error))
    await new Promise<void>((resolve) => {
      const deadline = startDeadline(CLOSE_MS, resolve)
      void finished.then(() => {
        deadline.cancel()
        resolve()
      })
    })
  }

  async #finish(): Promise<void> {
    await this.#writing
    await this.#reopened
    while (this.#pending.size > 0 && !this.#broken) await this.#write()
    await this.#database.close()
  }

  #add(operation: Operation): void {
    this.#pending.delete(operation.key)
    this.#pending.set(operation.key, operation)
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing || this.#broken || this.#closed) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#write()
    })
  }

  #scheduleIdle(): void {
    if (this.#broken || this.#closed || this.#idle?.pending) return
    if (this.#idle) restartDeadline(this.#idle, IDLE_MS)
    else this.#idle = startDeadline(IDLE_MS, () => this.#schedule())
  }

  /** Never rejects. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = undefined
      if (this.#pending.size > 0) this.#schedule()
    })
    return this.#writing
  }

  async #writeBatch(): Promise<void> {
    if (this.#pending.size === 0 || this.#broken) return
    const { batch, operations } = this.#take()
    const sync = batch.some(({ listener }) => listener !== undefined)
    try {
      await this.#database.batch(operations, { sync })
    } catch (error) {
      this.#fail(batch, error)
      return
    }
    for (const { listener } of batch) {
      if (listener) this.#guard(() => listener.onStored())
    }
  }

  #take(): { batch: Operation[]; operations: DatabaseOperation[] } {
    const batch: Operation[] = []
    const operations: DatabaseOperation[] = []
    let bytes = 0
    for (const operation of this.#pending.values()) {
      const { key, value } = operation
      bytes += value?.length ?? 0
      if (batch.length > 0 && (batch.length >= MAX_BATCH.operations || bytes > MAX_BATCH.bytes)) break
      batch.push(operation)
      operations.push(value ? { type: 'put', key, value } : { type: 'del', key })
      this.#pending.delete(key)
    }
    return { batch, operations }
  }

  #fail(batch: readonly Operation[], error: unknown): void {
    this.#broken = true
    reportDefect(this.#where, error)
    const later = [...this.#pending.values()]
    this.#pending = new Map()
    // What was tried may be there: it is no longer fresh.
    for (const operation of batch) this.#keep({ ...operation, fresh: false })
    for (const operation of later) this.#keep(operation)
    this.#reopenLater()
  }

  /** For when something can be written again: what has to be, and what may be there and must not be. */
  #keep(operation: Operation): void {
    const { key, listener, fresh } = operation
    let keeps = !this.#pending.has(key)
    if (listener) {
      this.#guard(() => {
        keeps = listener.onStoreFailed()
      })
    }
    if (keeps) this.#add({ ...operation, listener: undefined })
    else if (listener && !fresh) this.#add({ type: 'del', key, value: undefined, listener: undefined, fresh: false })
  }

  #reopenLater(): void {
    if (this.#closed) return
    this.#reopening = startDeadline(this.#backoff.next(), () => {
      this.#reopened = this.#reopen()
    })
  }

  async #reopen(): Promise<void> {
    try {
      await this.#database.close()
      await this.#database.open()
    } catch (error) {
      reportDefect(this.#where, error)
      return this.#reopenLater()
    }
    this.#broken = false
    this.#backoff.reset()
    this.#guard(this.#onUsable)
    if (this.#pending.size > 0) this.#schedule()
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      reportDefect(this.#where, error)
    }
  }
}
