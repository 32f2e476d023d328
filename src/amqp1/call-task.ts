import type { LinkError, Sender } from '../amqp/index.ts'
import { MessagingTimeoutError } from '../messaging/errors.ts'
import { type Deadline, restartDeadline, startDeadline } from '../support/deadline.ts'
import type { IndexedCall } from './call-index.ts'
import type { MessageFields } from './message-codec.ts'
import type { PeerProfile } from './profile.ts'
import { type SendRequest, SendTask } from './send-task.ts'

/** The header's ttl is a uint. */
const MAX_TTL_MS = 0xffffffff

/** Where replies come in, as a call sees it: the reply receiver. */
export interface ReplyDesk {
  /** The address for reply-to; undefined while there is none. */
  readonly address: string | undefined
  /** The group that replies have to name; undefined: none. */
  readonly group: string | undefined
  /** Expects a reply from now on, and returns the message-id that the request must carry. */
  expect(call: CallTask): string
  /** No reply is expected any more. */
  forget(messageId: string): void
  /** The call waits for a reply address; then it goes to its link. */
  wait(call: CallTask): void
  /** Why there is no reply address. */
  whyWaiting(): string
}

/**
 * A request that waits for its reply. It is never sent twice once it may have been delivered. Its reply is expected before
 * the request is handed over, and may come before its outcome.
 */
export class CallTask extends SendTask implements IndexedCall<CallTask> {
  indexedAs: string | undefined = undefined
  indexedNext: CallTask | undefined = undefined
  readonly #desk: ReplyDesk
  readonly #monitorMs: number | undefined
  #monitor: Deadline | undefined = undefined
  #messageId: string | undefined = undefined
  #accepted = false
  /** It waits for a reply address, and its link knows. */
  #parked = false
  /** The reply address of the message under way is gone. */
  #replyLost: Error | undefined = undefined
  /** Since when, so to speak, it waits against hope. */
  #loss: Error | undefined = undefined

  constructor(
    request: SendRequest,
    callMonitorTimeoutMs: number | undefined,
    desk: ReplyDesk,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(request, resolve, reject)
    this.#desk = desk
    this.#monitorMs = callMonitorTimeoutMs
    if (callMonitorTimeoutMs !== undefined) {
      this.#monitor = startDeadline(callMonitorTimeoutMs, () => this.#onSilence(callMonitorTimeoutMs))
    }
  }

  override transmit(sender: Sender, address: string, profile: PeerProfile): void {
    if (this.done) return
    if (this.#desk.address === undefined) {
      this.link?.park()
      this.#parked = true
      return this.#desk.wait(this)
    }
    this.#forget()
    this.#accepted = false
    this.#replyLost = undefined
    this.#messageId = this.#desk.expect(this)
    super.transmit(sender, address, profile)
  }

  override proceed(): void {
    this.#unpark()
    super.proceed()
  }

  /** The reply is there. */
  onResult(result: unknown): void {
    this.finish(undefined, result)
  }

  /** The reply is there and says that the endpoint failed, or it cannot be read. */
  onError(error: Error): void {
    this.finish(error)
  }

  /** The other side is still working on it. */
  onHeartbeat(): void {
    if (this.#monitor && this.#monitorMs !== undefined) restartDeadline(this.#monitor, this.#monitorMs)
  }

  /** Replies to the address that the request named will not come any more. */
  onReplyLinkLost(error: Error): void {
    if (this.done) return
    if (this.#accepted) return this.#lost(error)
    if (this.submission?.cancel()) {
      this.submission = undefined
      return this.notSent()
    }
    this.#replyLost = error // the outcome, or the loss of the sending link, follows
  }

  override onFailed(error: LinkError, sent: boolean): void {
    if (sent && this.#waitsOn(error)) return
    if (!sent) this.#forget()
    super.onFailed(error, sent)
  }

  protected override fields(to: string): MessageFields {
    const leftMs = this.waited ? Math.ceil(this.remainingMs) : Math.trunc(this.request.timeoutMs)
    const ttlMs = Math.min(MAX_TTL_MS, Math.max(1, leftMs))
    const { applicationProperties } = this.request
    return {
      to,
      correlationId: undefined,
      ttlMs,
      applicationProperties,
      messageId: this.#messageId,
      replyTo: this.#desk.address,
      replyToGroupId: this.#desk.group,
    }
  }

  /** The request has arrived; what is missing is the reply. */
  protected override delivered(): void {
    this.#accepted = true
    if (this.#replyLost) this.#lost(this.#replyLost)
  }

  protected override notSent(): void {
    this.#forget()
    super.notSent()
  }

  protected override deadlineError(unsent: boolean): MessagingTimeoutError {
    return new MessagingTimeoutError(
      `${this.headline()}: no reply within ${this.request.timeoutMs} ms, ${this.#why(unsent)}${this.blockedText()}`,
    )
  }

  protected override finish(error: unknown, result?: unknown): void {
    if (this.done) return
    this.#monitor?.cancel()
    super.finish(error, result)
    this.#forget()
    this.#unpark()
  }

  #why(unsent: boolean): string {
    if (this.#loss) return `it was sent, and then its reply could hardly arrive: ${this.#loss.message}`
    if (this.#accepted) return 'the request was accepted'
    if (!unsent) return 'the peer has not settled the request'
    if (this.#parked) return `the request was not sent: ${this.#desk.whyWaiting()}`
    return `the request was not sent: ${this.link?.whyWaiting() ?? 'it was not handed to a link'}`
  }

  #onSilence(monitorMs: number): void {
    const unsent = this.submission === undefined ? !this.left : this.submission.cancel()
    const message = `${this.headline()}: neither reply nor heartbeat within ${monitorMs} ms, ${this.#why(unsent)}${this.blockedText()}`
    this.finish(new MessagingTimeoutError(message))
  }

  #lost(cause: Error): void {
    if (this.#waitsOn(cause)) return
    this.fail(`its reply can no longer arrive, although the request was delivered: ${cause.message}`, {
      cause,
      inDoubt: true,
    })
  }

  /** Asked to, it waits for its time-outs in spite of the loss. */
  #waitsOn(loss: Error): boolean {
    if (!this.request.waitAfterLoss || this.link?.isClosed) return false
    this.submission = undefined
    this.#loss = loss
    return true
  }

  #unpark(): void {
    if (this.#parked) this.link?.unpark()
    this.#parked = false
  }

  #forget(): void {
    if (this.#messageId === undefined) return
    this.#desk.forget(this.#messageId)
    this.#messageId = undefined
  }
}
