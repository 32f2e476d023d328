// What a server or listener is handed: a delivery, decoded, to be settled and answered.

import { ACCEPTED, type Delivery, type MessageId, type Outcome, RELEASED } from '../amqp/index.ts'
import { encodeFailureBody, encodeResponseBody } from '../messaging/body.ts'
import type { IncomingNotification, IncomingRequest } from '../messaging/driver.ts'
import type { JsonObject } from '../messaging/json.ts'
import { monotonicMs } from '../support/deadline.ts'
import type { LinkCache } from './link-cache.ts'
import type { ApplicationProperties, DecodedRequest } from './message-codec.ts'
import type { AmqpOptions } from './options.ts'
import { type SendKind, SendTask } from './send-task.ts'

/** The link that a message came over. */
export interface MessageLink {
  /** Gives back the place that the message took among its credit. */
  returnCredit(): void
  settle(delivery: Delivery, outcome: Outcome): void
}

export class ReceivedMessage implements IncomingNotification {
  readonly message: JsonObject
  readonly context: JsonObject
  readonly priority: string
  /** It arrived settled: whatever is said of it, nobody hears. */
  readonly settled: boolean
  readonly #delivery: Delivery
  readonly #link: MessageLink
  #isOpen = true
  #holdsCredit = true

  constructor(decoded: DecodedRequest, delivery: Delivery, link: MessageLink, priority: string) {
    this.message = decoded.body.message
    this.context = decoded.body.context
    this.priority = priority
    this.settled = delivery.settled
    this.#delivery = delivery
    this.#link = link
  }

  get deliveryCount(): number | undefined {
    return this.#delivery.message.header?.deliveryCount
  }

  /** Those of the AMQP message. Nothing is done with them yet. */
  get applicationProperties(): ApplicationProperties | undefined {
    return this.#delivery.message.applicationProperties
  }

  acknowledge(): void {
    this.#settle(ACCEPTED)
  }

  requeue(): void {
    this.#settle(RELEASED)
  }

  reject(reason: string): void {
    this.#settle(rejected('amqp:internal-error', reason))
  }

  done(): void {
    if (!this.#holdsCredit) return
    this.#holdsCredit = false
    this.#link.returnCredit()
  }

  #settle(outcome: Outcome): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#link.settle(this.#delivery, outcome)
  }
}

export const rejected = (condition: string, description: string): Outcome => ({
  type: 'rejected',
  error: { condition, description },
})

/** What answering needs from the driver. */
export interface ReplyScope {
  readonly links: LinkCache
  readonly options: AmqpOptions
}

export class ReceivedRequest extends ReceivedMessage implements IncomingRequest {
  readonly expectsReply: boolean
  readonly callMonitorTimeoutMs: number | undefined
  readonly ttlMs: number | undefined
  readonly #scope: ReplyScope
  readonly #replyTo: string | undefined
  readonly #messageId: MessageId | undefined
  readonly #groupId: string | undefined
  readonly #receivedAt = monotonicMs()

  /** `replyTo`: where to answer; undefined for a cast, or when the caller named an address that is not written to. */
  constructor(
    decoded: DecodedRequest,
    delivery: Delivery,
    link: MessageLink,
    scope: ReplyScope,
    replyTo: string | undefined,
  ) {
    super(decoded, delivery, link, '')
    this.expectsReply = replyTo !== undefined
    this.callMonitorTimeoutMs = decoded.body.callMonitorTimeoutMs
    this.ttlMs = decoded.ttlMs
    this.#scope = scope
    this.#replyTo = replyTo
    this.#messageId = decoded.messageId
    this.#groupId = decoded.replyToGroupId
  }

  reply(result: unknown): Promise<void> {
    return this.#send('reply', () => encodeResponseBody(result))
  }

  fail(failure: string): Promise<void> {
    return this.#send('reply', () => encodeFailureBody(failure))
  }

  heartbeat(): Promise<void> {
    return this.#send('heartbeat', () => undefined)
  }

  /** A reply need not wait longer than its caller does. */
  #waitMs(longestMs: number): number {
    if (this.ttlMs === undefined) return longestMs
    return Math.max(1, Math.min(longestMs, this.ttlMs - (monotonicMs() - this.#receivedAt)))
  }

  #send(kind: SendKind, encode: () => string | undefined): Promise<void> {
    const replyTo = this.#replyTo
    if (replyTo === undefined) return Promise.resolve()
    const { links, options } = this.#scope
    const { method } = this.message
    return new Promise<void>((resolve, reject) => {
      const text = encode()
      const task = new SendTask(
        {
          kind,
          subject: typeof method === 'string' ? method : undefined,
          text,
          settled: kind === 'heartbeat' || options.preSettled.includes('rpc-reply'),
          timeoutMs: this.#waitMs(options.defaultReplyTimeoutMs),
          retry: options.defaultReplyRetry,
          // The same AMQP type as it came with.
          correlationId: this.#messageId,
          groupId: this.#groupId,
          ttlMs: kind === 'heartbeat' && this.callMonitorTimeoutMs ? Math.trunc(this.callMonitorTimeoutMs) : undefined,
        },
        resolve as (value: unknown) => void,
        reject,
      )
      links.forReply(replyTo).send(task)
    })
  }
}
