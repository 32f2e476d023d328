import type { MessageStore, QueueStore, StoredQueue, StoreListener } from './message-store.ts'
import type { QueuedMessage } from './queued-message.ts'

/** Keeps nothing beyond what the queues themselves hold: their messages end with the router. */
export class MemoryStore implements MessageStore {
  readonly broken = false
  onUsable: (() => void) | undefined = undefined

  load(): Promise<readonly StoredQueue[]> {
    return Promise.resolve([])
  }

  queue(): QueueStore {
    return IN_MEMORY
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

const IN_MEMORY: QueueStore = Object.freeze({
  add: (_message: QueuedMessage, listener: StoreListener) => listener.onStored(),
  rewrite: () => {},
  acquired: () => {},
  failed: () => {},
  remove: () => {},
  declare: () => {},
  leave: () => {},
  forget: () => {},
})
