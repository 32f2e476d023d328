// Signs of life for callers that monitor their calls. oslo_messaging/rpc/dispatcher.py: _watchdog.

import type { IncomingRequest } from '../messaging/driver.ts'
import { type Deadline, restartDeadline, startDeadline } from '../support/deadline.ts'

/** However impatient a caller says to be. */
const MIN_INTERVAL_MS = 20

/**
 * Tells a monitoring caller twice within its time-out that the method still runs, until stopped or until a heartbeat cannot be
 * sent. (Python servers send none for time-outs under two seconds; this one does.)
 */
export class Heartbeat {
  readonly #request: IncomingRequest
  readonly #intervalMs: number
  readonly #deadline: Deadline
  #stopped = false

  /** undefined when the caller does not monitor. Whoever starts one stops it, in a `finally`. */
  static start(request: IncomingRequest): Heartbeat | undefined {
    const timeoutMs = request.callMonitorTimeoutMs
    return timeoutMs !== undefined && request.expectsReply ? new Heartbeat(request, timeoutMs) : undefined
  }

  private constructor(request: IncomingRequest, timeoutMs: number) {
    this.#request = request
    this.#intervalMs = Math.max(MIN_INTERVAL_MS, timeoutMs / 2)
    this.#deadline = startDeadline(this.#intervalMs, () => this.#beat())
  }

  stop(): void {
    this.#stopped = true
    this.#deadline.cancel()
  }

  #beat(): void {
    this.#request.heartbeat().then(
      () => {
        if (!this.#stopped) restartDeadline(this.#deadline, this.#intervalMs)
      },
      // The way back is gone: the method's own reply will tell.
      () => this.stop(),
    )
  }
}
