// What a consumer of the memory bus was handed: it settles the message and answers its sender.

import { decodeResponseBody, encodeResponseBody, type RequestBody } from './body.ts'
import type { IncomingNotification, IncomingRequest } from './driver.ts'
import { DriverClosedError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { MemoryConsumer } from './memory-bus.ts'
import type { MemorySend } from './memory-send.ts'

export class MemoryIncoming implements IncomingRequest, IncomingNotification {
  readonly message: JsonObject
  readonly context: JsonObject
  readonly callMonitorTimeoutMs: number | undefined
  readonly ttlMs: number | undefined
  readonly expectsReply: boolean
  readonly settled: boolean
  readonly priority: string
  readonly #send: MemorySend
  readonly #consumer: MemoryConsumer
  readonly #onSettled: (incoming: MemoryIncoming) => void
  #open = true
  #done = false
  #closed = false

  constructor(
    body: RequestBody,
    send: MemorySend,
    consumer: MemoryConsumer,
    priority: string,
    onSettled: (incoming: MemoryIncoming) => void,
  ) {
    this.message = body.message
    this.context = body.context
    this.callMonitorTimeoutMs = body.callMonitorTimeoutMs
    this.ttlMs = send.expectsReply ? send.facts.timeoutMs : undefined
    this.expectsReply = send.expectsReply
    // A copy of a fan-out: there is nobody else to give it to.
    this.settled = consumer.address.multicast
    this.priority = priority
    this.#send = send
    this.#consumer = consumer
    this.#onSettled = onSettled
  }

  acknowledge(): void {
    if (this.#settle()) this.#send.accepted()
  }

  requeue(): void {
    if (this.#settle() && !this.settled) this.#send.released()
  }

  reject(reason: string): void {
    if (this.#settle()) this.#send.rejected(reason)
  }

  async reply(result: unknown): Promise<void> {
    if (!this.expectsReply) return
    const reply = decodeResponseBody(encodeResponseBody(result))
    this.#checkOpen()
    this.#send.succeed('result' in reply ? reply.result : null)
  }

  async fail(failure: string): Promise<void> {
    if (!this.expectsReply) return
    this.#checkOpen()
    this.#send.failRemotely(failure)
  }

  async heartbeat(): Promise<void> {
    if (!this.expectsReply) return
    this.#checkOpen()
    this.#send.heartbeat()
  }

  done(): void {
    if (this.#done) return
    this.#done = true
    this.#consumer.returnCredit()
  }

  /** The driver was closed: as when a link is lost, what is unsettled goes back. */
  close(): void {
    this.requeue()
    this.#closed = true
  }

  #checkOpen(): void {
    if (this.#closed) throw new DriverClosedError('the transport is closed: the reply cannot be sent')
  }

  #settle(): boolean {
    if (!this.#open) return false
    this.#open = false
    this.#onSettled(this)
    return true
  }
}
