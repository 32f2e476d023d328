// What a consumer of the memory bus was handed: it settles the message and answers its sender.

import { decodeResponseBody, encodeResponseBody, type RequestBody } from './body.ts'
import type { IncomingNotification, IncomingRequest } from './driver.ts'
import { DriverClosedError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { MemoryConsumer } from './memory-bus.ts'
import type { MemoryCopy } from './memory-group.ts'
import type { MemorySend } from './memory-send.ts'

/** Whose it is: the driver that received it. */
export interface MemoryReceiver {
  readonly closed: boolean
  settled(incoming: MemoryIncoming): void
}

export class MemoryIncoming implements IncomingRequest, IncomingNotification {
  readonly message: JsonObject
  readonly context: JsonObject
  readonly callMonitorTimeoutMs: number | undefined
  readonly ttlMs: number | undefined
  readonly expectsReply: boolean
  readonly settled: boolean
  readonly priority: string
  readonly #copy: MemoryCopy
  readonly #send: MemorySend
  /** Whose it is. */
  readonly consumer: MemoryConsumer
  readonly #receiver: MemoryReceiver
  #open = true
  #done = false

  constructor(
    body: RequestBody,
    copy: MemoryCopy,
    consumer: MemoryConsumer,
    priority: string,
    receiver: MemoryReceiver,
  ) {
    const { send } = copy
    this.message = body.message
    this.context = body.context
    this.callMonitorTimeoutMs = body.callMonitorTimeoutMs
    this.ttlMs = send.expectsReply ? send.facts.timeoutMs : undefined
    this.expectsReply = send.expectsReply
    // As the AMQP driver sends casts by default: whoever took one has it.
    this.settled = send.facts.kind === 'cast'
    this.priority = priority
    this.#copy = copy
    this.#send = send
    this.consumer = consumer
    this.#receiver = receiver
  }

  acknowledge(): void {
    if (this.#settle()) this.#copy.accepted()
  }

  requeue(): void {
    if (this.#settle()) this.#copy.released()
  }

  reject(reason: string): void {
    if (this.#settle()) this.#copy.rejected(reason)
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
    this.consumer.returnCredit()
  }

  #checkOpen(): void {
    if (this.#receiver.closed) throw new DriverClosedError('the transport is closed: the reply cannot be sent')
  }

  #settle(): boolean {
    if (!this.#open) return false
    this.#open = false
    this.#receiver.settled(this)
    return true
  }
}
