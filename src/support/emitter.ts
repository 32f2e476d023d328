export type Listener<A extends readonly unknown[]> = (...args: A) => void

/**
 * A few typed events. Unlike Node's EventEmitter, no event name is special: nothing happens when nobody listens.
 * A listener that throws does not keep the others from being told; what it threw surfaces as an uncaught exception, as it
 * would from any other callback.
 */
export class Emitter<E extends { [K in keyof E]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof E, Set<Listener<readonly unknown[]>>>()

  /** Returns the function that ends it. */
  on<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    const entry = ((...args: E[K]) => listener(...args)) as unknown as Listener<readonly unknown[]>
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
    }
  }

  emit<K extends keyof E>(event: K, ...args: E[K]): void {
    const listeners = this.#listeners.get(event)
    if (!listeners) return
    for (const listener of [...listeners]) {
      try {
        listener(...args)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }

  /** Ends all. */
  clear(): void {
    this.#listeners.clear()
  }
}
