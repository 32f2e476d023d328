// Both directions of the idle time-out (AMQP 1.0 part 2, 2.4.5). One timer a connection; it compares counters of the
// transport, so that receiving and sending read no clock.

/** What it watches. */
export interface IdlePeer {
  readonly received: number
  readonly written: number
  /** Sends an empty frame. */
  sendHeartbeat(): void
  /** Nothing came for the whole of our time-out. */
  onIdle(): void
}

/** A peer's time-out below this cannot be served reliably and is refused. */
export const MIN_IDLE_TIMEOUT_MS = 100

export class IdleTimeout {
  readonly #peer: IdlePeer
  #receiveTimer: NodeJS.Timeout | undefined
  #sendTimer: NodeJS.Timeout | undefined

  /** `localMs`: our time-out, `remoteMs`: what the peer advertised; 0: none. */
  constructor(peer: IdlePeer, localMs: number, remoteMs: number) {
    this.#peer = peer
    if (localMs > 0) this.#watch(localMs)
    if (remoteMs > 0) this.#keepAlive(remoteMs)
  }

  stop(): void {
    clearInterval(this.#receiveTimer)
    clearInterval(this.#sendTimer)
  }

  /** Looks four times per time-out: gone after at least the time-out and at most a quarter more. */
  #watch(localMs: number): void {
    let seen = this.#peer.received
    let quiet = 0
    this.#receiveTimer = setInterval(() => {
      if (this.#peer.received !== seen) {
        seen = this.#peer.received
        quiet = 0
        return
      }
      quiet += 1
      if (quiet >= 4) this.#peer.onIdle()
    }, localMs / 4).unref()
  }

  /** Looks at a quarter of the peer's time-out and sends when nothing was sent since, so at least every half. */
  #keepAlive(remoteMs: number): void {
    let seen = this.#peer.written
    this.#sendTimer = setInterval(() => {
      if (this.#peer.written === seen) this.#peer.sendHeartbeat()
      seen = this.#peer.written
    }, remoteMs / 4).unref()
  }
}
