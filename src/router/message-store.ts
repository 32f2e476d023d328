import type { QueuedMessage } from './queued-message.ts'

/** Is told once what became of a message that was to be stored, perhaps before `add` returns. */
export interface StoreListener {
  onStored(): void
  /** True: the queue keeps the message all the same, so it is to be stored as soon as that is possible again. */
  onStoreFailed(): boolean
}

/** The messages of one queue. Nothing throws, and nothing is waited for but by `add`: what is said of a message that is lost with
 * a crash only has it delivered once more. */
export interface QueueStore {
  add(message: QueuedMessage, listener: StoreListener): void
  /** Its bytes have changed. */
  rewrite(message: QueuedMessage): void
  /** A consumer has been given it. */
  acquired(message: QueuedMessage): void
  /** A delivery of it has failed. */
  failed(message: QueuedMessage): void
  remove(message: QueuedMessage): void
  /** The queue is a pool that may be there for so many seconds without a consumer: it is found again, also empty. */
  declare(timeoutS: number): void
  /** The queue is there no more: another one of its name is not the same. */
  leave(): void
  /** And it is empty. */
  forget(): void
}

/** A message as it was found in a store. */
export interface StoredMessage {
  readonly sequence: number
  readonly messageFormat: number
  readonly bytes: Buffer
  /** Milliseconds that it may still live; less than 0: no longer. Infinity: for ever. */
  readonly livesMs: number
  readonly failures: number
  readonly acquired: boolean
}

export interface StoredQueue {
  readonly host: string
  readonly address: string
  /** In their order. */
  readonly messages: readonly StoredMessage[]
  /** The place of the next message: no message has had it, or one behind it. */
  readonly nextSequence: number
  /** Seconds that it is there without a consumer. Undefined: it is no pool. */
  readonly poolTimeoutS: number | undefined
}

/** Where queues keep their messages. */
export interface MessageStore {
  /** Nothing can be stored now. `onUsable` is called when it can again. */
  readonly broken: boolean
  onUsable: (() => void) | undefined
  /** What is there from before, once. */
  load(): Promise<readonly StoredQueue[]>
  /** `host`: the name of the virtual host, empty for the default one. */
  queue(host: string, address: string): QueueStore
  /** Writes what is not written yet. Nothing may be stored any more. Never rejects. */
  close(): Promise<void>
}
