/** Bytes of messages that may wait for a consumer although their senders are gone, over all addresses. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Messages that came settled, wait for a consumer, and have lost their sender: nobody else would send them again, and nobody is
 * left whose share they would count in.
 */
export class Orphans {
  #bytes = 0

  /** False: there is no room for it. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > MAX_BYTES) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}
