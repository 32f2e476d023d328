// A durable store: what was accepted is there again after a restart, a kill or a loss of power. All of it is in memory as well,
// so what a store can hold is what the limits of the queues let in.

import { RouterStoreError } from './errors.ts'
import { GroupCommit } from './group-commit.ts'
import type { Database } from './level-database.ts'
import { inUse, openDatabase, unusable } from './level-database.ts'
import { LevelQueue } from './level-queue.ts'
import {
  ACQUIRED,
  DELIVERIES,
  decodeAcquired,
  decodeFailures,
  decodeMessage,
  decodeQueue,
  FORMAT_KEY,
  FORMAT_VERSION,
  MESSAGES,
  parseKey,
  QUEUES,
  type QueueRecord,
} from './level-records.ts'
import type { MessageStore, QueueStore, StoredMessage, StoredQueue } from './message-store.ts'
import { StoreDirectory } from './store-directory.ts'

/** @throws RouterStoreError */
export async function openLevelStore(path: string): Promise<LevelStore> {
  const directory = await takeDirectory(path)
  let database: Database | undefined
  try {
    database = await openDatabase(path)
    await checkFormat(database)
    return new LevelStore(database, `the message store ${path}`, () => directory.release())
  } catch (error) {
    await database?.close()
    directory.release()
    throw error instanceof RouterStoreError ? error : unusable(path, error)
  }
}

async function takeDirectory(path: string): Promise<StoreDirectory> {
  let directory: StoreDirectory | undefined
  try {
    directory = await StoreDirectory.take(path)
  } catch (error) {
    throw unusable(path, error)
  }
  if (!directory) throw inUse(path)
  return directory
}

/** An empty database becomes one of ours. */
async function checkFormat(database: Database): Promise<void> {
  let version: string | undefined
  for await (const [, value] of database.iterator(exactly(FORMAT_KEY))) version = value.toString()
  if (version === FORMAT_VERSION) return
  if (version !== undefined) throw new RangeError(`expected format ${FORMAT_VERSION}, found ${version}`)
  for await (const [key] of database.iterator({ gte: '', lt: '\uffff' })) {
    throw new RangeError(`this is no message store of a router, it holds "${key}"`)
  }
  const value = Buffer.from(FORMAT_VERSION)
  await database.batch([{ type: 'put', key: FORMAT_KEY, value }], { sync: true })
}

/** A queue as it is found. */
interface Found extends StoredQueue {
  readonly number: number
  readonly messages: StoredMessage[]
  nextSequence: number
  acquired: number
  clean: boolean
}

export class LevelStore implements MessageStore {
  readonly #database: Database
  readonly #where: string
  readonly #commit: GroupCommit
  /** By virtual host and address. */
  readonly #queues = new Map<string, LevelQueue>()
  #nextNumber = 0
  onUsable: (() => void) | undefined = undefined

  readonly #onClosed: () => void

  /** `where` names it in what an operator is told. */
  constructor(database: Database, where: string, onClosed: () => void = () => {}) {
    this.#onClosed = onClosed
    this.#database = database
    this.#where = where
    this.#commit = new GroupCommit(database, where, () => this.onUsable?.())
  }

  get broken(): boolean {
    return this.#commit.broken
  }

  /** @throws RouterStoreError for records that cannot be read. */
  async load(): Promise<readonly StoredQueue[]> {
    const found = new Map<number, Found>()
    try {
      await this.#findQueues(found)
      await this.#findMessages(found)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new RouterStoreError(`${this.#where} cannot be read, ${reason}`, { cause: error })
    }
    for (const { number, host, address, poolTimeoutS, acquired, clean, messages } of found.values()) {
      const queue = this.#add(number, { host, address, poolTimeoutS }, { acquired })
      this.#nextNumber = Math.max(this.#nextNumber, number + 1)
      if (clean) continue
      for (const message of messages) if (message.acquired) queue.failed(message)
      queue.settled()
    }
    return [...found.values()]
  }

  queue(host: string, address: string): QueueStore {
    const known = this.#queues.get(nameOf(host, address))
    if (known) return known
    const number = this.#nextNumber
    this.#nextNumber += 1
    return this.#add(number, { host, address, poolTimeoutS: undefined })
  }

  async close(): Promise<void> {
    for (const queue of this.#queues.values()) queue.settled()
    await this.#commit.close()
    this.#onClosed()
  }

  #add(number: number, record: QueueRecord, before?: { readonly acquired: number }): LevelQueue {
    const name = nameOf(record.host, record.address)
    const queue: LevelQueue = new LevelQueue(number, record, this.#commit, () => this.#leave(name, queue), before)
    this.#queues.set(name, queue)
    return queue
  }

  #leave(name: string, queue: LevelQueue): void {
    if (this.#queues.get(name) === queue) this.#queues.delete(name)
  }

  async #findQueues(found: Map<number, Found>): Promise<void> {
    for await (const [key, value] of this.#database.iterator(allOf(QUEUES))) {
      const number = parseKey(key).queue
      found.set(number, { number, ...decodeQueue(value), messages: [], nextSequence: 0, acquired: -1, clean: true })
    }
    for await (const [key, value] of this.#database.iterator(allOf(ACQUIRED))) {
      const queue = found.get(parseKey(key).queue)
      const { sequence, clean } = decodeAcquired(value)
      if (queue) Object.assign(queue, { acquired: sequence, clean, nextSequence: sequence + 1 })
    }
  }

  async #findMessages(found: Map<number, Found>): Promise<void> {
    const failures = new Map<string, number>()
    for await (const [key, value] of this.#database.iterator(allOf(DELIVERIES))) {
      failures.set(key.slice(DELIVERIES.length), decodeFailures(value))
    }
    const now = Date.now()
    for await (const [key, value] of this.#database.iterator(allOf(MESSAGES))) {
      const { queue: number, sequence } = parseKey(key)
      const queue = found.get(number)
      if (!queue) throw new RangeError(`"${key}" belongs to no queue`)
      const { expiresAtMs, messageFormat, bytes } = decodeMessage(value)
      const acquired = sequence <= queue.acquired
      // After a kill nobody knows which of them had been delivered: each may be a duplicate.
      const lost = acquired && !queue.clean ? 1 : 0
      queue.nextSequence = Math.max(queue.nextSequence, sequence + 1)
      queue.messages.push({
        sequence,
        messageFormat,
        bytes,
        livesMs: expiresAtMs - now,
        failures: (failures.get(key.slice(MESSAGES.length)) ?? 0) + lost,
        acquired,
      })
    }
  }
}

/** JSON: neither name can look like the end of the other. */
const nameOf = (host: string, address: string): string => JSON.stringify([host, address])

const exactly = (key: string) => ({ gte: key, lt: `${key}\0` })

/** `0` follows `/`. */
const allOf = (kind: string) => ({ gte: kind, lt: kind.replace('/', '0') })
