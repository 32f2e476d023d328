// Both directions of the idle time-out (AMQP 1.0 part 2, 2.4.5). A timer for each direction that needs one; they compare counters of the
// transport, so that receiving and sending read no clock.

import { type Recurrence, timepiece } from '../support/clock.ts'

/** What it watches: the transport. */
export interface WatchedTransport {
  /** Counts what came and what was written. */
  readonly received: number
  readonly written: number
  sendEmptyFrame(): void
}

/** A peer's time-out below this cannot be served reliably and is refused. */
export const MIN_IDLE_TIMEOUT_MS = 100

export class IdleTimeout {
  readonly #transport: WatchedTransport
  readonly #onIdle: () => void
  #receiveTimer: Recurrence | undefined
  #sendTimer: Recurrence | undefined

  /** `localMs`: our time-out, after which `onIdle` is called; `remoteMs`: what the peer advertised; 0: none. */
  constructor(transport: WatchedTransport, localMs: number, remoteMs: number, onIdle: () => void) {
    this.#transport = transport
    this.#onIdle = onIdle
    if (localMs > 0) this.#watch(localMs)
    if (remoteMs > 0) this.#keepAlive(remoteMs)
  }

  stop(): void {
    this.#receiveTimer?.stop()
    this.#sendTimer?.stop()
  }

  /** Looks four times per time-out: gone after at least the time-out and at most a quarter more. */
  #watch(localMs: number): void {
    let seen = this.#transport.received
    let quiet = 0
    this.#receiveTimer = timepiece.clock.every(localMs / 4, () => {
      if (this.#transport.received !== seen) {
        seen = this.#transport.received
        quiet = 0
        return
      }
      quiet += 1
      if (quiet < 4) return
      this.stop()
      this.#onIdle()
    })
  }

  /** Looks at a quarter of the peer's time-out and sends when nothing was sent since, so at least every half. */
  #keepAlive(remoteMs: number): void {
    let seen = this.#transport.written
    this.#sendTimer = timepiece.clock.every(remoteMs / 4, () => {
      if (this.#transport.written === seen) this.#transport.sendEmptyFrame()
      seen = this.#transport.written
    })
  }
}
