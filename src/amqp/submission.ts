import type { Outcome } from '../codec/delivery-state.ts'
import { reportDefect } from '../support/report-defect.ts'
import type { LinkError } from './errors.ts'
import type { Sender } from './sender.ts'

export interface SubmitOptions {
  /** Sent settled: nobody will say what became of it. What the ends have agreed on wins (`sndSettleMode`). */
  readonly settled: boolean
  /** Transfer.message-format. Default 0. */
  readonly messageFormat?: number | undefined
}

/**
 * Is told what became of a message. An unsettled one ends with exactly one of `onOutcome` and `onFailed`, a settled one with
 * exactly one of `onSent` and `onFailed`. Never called from inside `submit`.
 */
export interface SendHandler {
  /** The whole message was handed to the socket, under credit. For an unsettled message the outcome follows. */
  onSent?(): void
  /** The peer settled it; undefined: without saying how. */
  onOutcome(outcome: Outcome | undefined): void
  /** Link, session or connection are gone. `sent`: some of it had been handed to the socket, so it may have arrived. */
  onFailed(error: LinkError, sent: boolean): void
}

type Phase = 'queued' | 'transferring' | 'transferred' | 'done'

/** One message on its way through a sender. */
export class Submission {
  readonly settled: boolean
  readonly messageFormat: number
  /** @internal */ readonly sender: Sender
  readonly #handler: SendHandler

  /** @internal The encoded message while it waits or is only partly transferred. */ payload: Buffer | undefined
  /** @internal How much of it has been transferred. */ offset = 0
  /** @internal */ deliveryId = -1
  /** @internal The count of writes when its first frame was encoded. */ encodedAtWrite = 0
  /** @internal */ phase: Phase = 'queued'
  /** @internal */ fifoPrevious: Submission | undefined
  /** @internal */ fifoNext: Submission | undefined
  /** @internal */ fifo: object | undefined

  constructor(sender: Sender, settled: boolean, messageFormat: number, handler: SendHandler) {
    this.sender = sender
    this.settled = settled
    this.messageFormat = messageFormat
    this.#handler = handler
  }

  /** Some of it has been transferred. */
  get begun(): boolean {
    return this.phase !== 'queued'
  }

  /**
   * True: it had not left as a whole and never will, and the handler hears nothing more (a message of several frames is aborted
   * between two of them). False: too late.
   */
  cancel(): boolean {
    if ((this.phase !== 'queued' && this.phase !== 'transferring') || !this.sender.withdraw(this)) return false
    this.payload = undefined
    return true
  }

  /** @internal The turn's bytes are with the socket. */
  sent(): void {
    this.#tellSent()
    this.sender.reportedSent()
  }

  /** @internal */
  outcome(outcome: Outcome | undefined): void {
    if (this.phase === 'done') return
    // What was accepted early is sent to its end all the same (part 3, 3.4.2); of what nobody wants there is no more.
    if (this.phase !== 'transferring' || outcome?.type !== 'accepted') this.payload = undefined
    this.phase = 'done'
    try {
      this.#handler.onOutcome(outcome)
    } catch (error) {
      reportDefect(`onOutcome of ${this.sender.describe()}`, error)
    }
  }

  /** @internal `writes`: the count of writes now. */
  failed(error: LinkError, writes: number): void {
    if (this.phase === 'done') return
    const sent = this.phase !== 'queued' && writes > this.encodedAtWrite
    this.phase = 'done'
    this.payload = undefined
    try {
      this.#handler.onFailed(error, sent)
    } catch (thrown) {
      reportDefect(`onFailed of ${this.sender.describe()}`, thrown)
    }
  }

  #tellSent(): void {
    if (this.phase === 'done') return
    if (this.settled) this.phase = 'done'
    if (!this.#handler.onSent) return
    try {
      this.#handler.onSent()
    } catch (error) {
      reportDefect(`onSent of ${this.sender.describe()}`, error)
    }
  }
}
