import { monotonicMs } from '../support/deadline.ts'
import type { GroupCommit } from './group-commit.ts'
import {
  ACQUIRED,
  DELIVERIES,
  encodeAcquired,
  encodeFailures,
  encodeMessage,
  encodeQueue,
  MESSAGES,
  messageKey,
  QUEUES,
  type QueueRecord,
  queueKey,
} from './level-records.ts'
import type { QueueStore, StoreListener } from './message-store.ts'
import type { QueuedMessage } from './queued-message.ts'

/** The messages of one queue in a durable store. */
export class LevelQueue implements QueueStore {
  /** Its number, which is that of no other queue before or after it. */
  readonly number: number
  readonly #commit: GroupCommit
  #record: QueueRecord
  readonly #onLeft: () => void
  /** It has a record of its own. */
  #written: boolean
  /** Up to which message consumers have been given some; -1: none. */
  #acquired: number
  #acquiredWritten: boolean
  /** What became of each of them is written down. */
  #clean = true

  /** `before`: of a queue that is there from before. */
  constructor(
    number: number,
    record: QueueRecord,
    commit: GroupCommit,
    onLeft: () => void,
    before?: { readonly acquired: number },
  ) {
    this.number = number
    this.#record = record
    this.#commit = commit
    this.#onLeft = onLeft
    this.#written = before !== undefined
    this.#acquired = before?.acquired ?? -1
    this.#acquiredWritten = this.#acquired >= 0
  }

  add(message: QueuedMessage, listener: StoreListener): void {
    // Older than the message, so it is in the same batch or an earlier one.
    if (!this.#written) this.#writeRecord()
    this.#commit.put(this.#key(message), encodeMessage(message, clockOffsetMs()), listener)
  }

  rewrite(message: QueuedMessage): void {
    this.#commit.putLazily(this.#key(message), encodeMessage(message, clockOffsetMs()), false)
  }

  acquired(message: QueuedMessage): void {
    if (message.sequence <= this.#acquired && !this.#clean) return
    this.#acquired = Math.max(this.#acquired, message.sequence)
    this.#clean = false
    this.#writeAcquired()
  }

  failed(message: Pick<QueuedMessage, 'sequence' | 'failures'>): void {
    const key = messageKey(DELIVERIES, this.number, message.sequence)
    this.#commit.putLazily(key, encodeFailures(message.failures), message.failures === 1)
  }

  remove(message: QueuedMessage): void {
    this.#commit.deleteLazily(this.#key(message))
    if (message.failures > 0) this.#commit.deleteLazily(messageKey(DELIVERIES, this.number, message.sequence))
  }

  declare(poolTimeoutS: number): void {
    if (this.#record.poolTimeoutS === poolTimeoutS && this.#written) return
    this.#record = { ...this.#record, poolTimeoutS }
    this.#writeRecord()
  }

  leave(): void {
    this.#onLeft()
  }

  forget(): void {
    if (this.#written) this.#commit.deleteLazily(queueKey(QUEUES, this.number))
    if (this.#acquiredWritten) this.#commit.deleteLazily(queueKey(ACQUIRED, this.number))
  }

  /** No message is with a consumer now, and of those that were the failures are known. */
  settled(): void {
    this.#clean = true
    if (this.#acquiredWritten) this.#writeAcquired()
  }

  #writeRecord(): void {
    const fresh = !this.#written
    this.#written = true
    this.#commit.amendLazily(queueKey(QUEUES, this.number), encodeQueue(this.#record), fresh)
  }

  #writeAcquired(): void {
    const fresh = !this.#acquiredWritten
    this.#acquiredWritten = true
    this.#commit.putLazily(queueKey(ACQUIRED, this.number), encodeAcquired(this.#acquired, this.#clean), fresh)
  }

  #key(message: QueuedMessage): string {
    return messageKey(MESSAGES, this.number, message.sequence)
  }
}

/** What the clock since 1970 shows more than the monotonic one: the time in which a message expires goes on while no router runs. */
const clockOffsetMs = (): number => Date.now() - monotonicMs()
