// Where replies are correlated. One receiver with a dynamic address, attached at the first call and from then on over every
// connection (retried-link.ts). A call is entered under its message-id before its request is handed over, and leaves with its reply, its
// deadline, or the loss of the link: replies to a lost address can never come.

import { randomUUID } from 'node:crypto'
import { ACCEPTED, type Delivery, LinkError, type Outcome, type Receiver } from '../amqp/index.ts'
import { assertNever } from '../support/assert-never.ts'
import { Fifo } from '../support/fifo.ts'
import { CallIndex } from './call-index.ts'
import type { CallTask, ReplyDesk } from './call-task.ts'
import { type ConnectionLoss, reasonOf } from './errors.ts'
import { replyEvents } from './events.ts'
import type { ActiveConnection, ConnectionPart } from './failover-connection.ts'
import { decodeReply } from './message-codec.ts'
import { createMessageIdSource } from './message-id.ts'
import type { AmqpOptions } from './options.ts'
import { ReplyUpkeep } from './reply-upkeep.ts'
import { RetriedLink } from './retried-link.ts'
import { type SendTask, tasksOf } from './send-task.ts'
import { settle } from './settle.ts'

export interface ReplyReceiverScope {
  readonly options: AmqpOptions
  readonly describeConnection: () => string
  /** The error that a failure text stands for. */
  readonly toError: (failure: string) => Error
}

/** Credit kept beyond the calls outstanding: heartbeats and late replies use it too. */
const HEARTBEAT_RESERVE = 16

/** As Python says it. */
const UNKNOWN_REPLY: Outcome = Object.freeze({
  type: 'modified',
  deliveryFailed: true,
  undeliverableHere: true,
  messageAnnotations: undefined,
})

/** Replies without credit that are taken from a peer that counts wrong: as many as calls can be outstanding with such a one. */
const MAX_OVERDRAFT = 10_000

export class ReplyReceiver implements ConnectionPart, ReplyDesk {
  readonly #scope: ReplyReceiverScope
  readonly #link: RetriedLink<Receiver>
  readonly #nextId = createMessageIdSource()
  /** The calls whose requests are under way or delivered: bounded by the calls that are awaited. */
  readonly #calls = new CallIndex<CallTask>()
  /** Calls that wait for the address, in order. */
  readonly #waiting = new Fifo<SendTask>()
  #wanted = false
  /** What is said of a reply that nobody awaits: nobody else can have it. */
  #unknown: Outcome = UNKNOWN_REPLY
  /** Of a reply address that is ours to choose and outlives a connection. */
  readonly #id = randomUUID()
  #group: string | undefined
  #upkeep: ReplyUpkeep | undefined

  constructor(scope: ReplyReceiverScope) {
    this.#scope = scope
    this.#link = new RetriedLink<Receiver>({
      kind: 'reply-receiver',
      retryDelayMs: scope.options.linkRetryDelayMs,
      isWanted: () => this.#wanted,
      vital: true,
      onAttached: () => {
        this.#upkeep?.start()
        this.#grantNow()
        this.#release()
      },
      onLost: (error) => this.#failOutstanding(error),
      onRefused: (error) =>
        this.#attemptFailed({
          error: new Error(`no reply address: ${reasonOf(error)}`, { cause: error }),
          hopeless: false,
        }),
    })
  }

  get address(): string | undefined {
    return this.#link.attached?.address
  }

  get group(): string | undefined {
    return this.#group
  }

  expect(call: CallTask): string {
    const id = this.#nextId()
    this.#calls.add(id, call)
    this.#grantNow()
    return id
  }

  forget(messageId: string): void {
    this.#calls.delete(messageId)
  }

  wait(call: CallTask): void {
    if (this.#link.state === 'closed') return call.driverClosed()
    call.waited = true
    this.#waiting.push(call)
    this.#wanted = true
    this.#link.want()
  }

  whyWaiting(): string {
    const { state, lastError } = this.#link
    switch (state) {
      case 'detached':
        return this.#scope.describeConnection()
      case 'idle':
      case 'attaching':
      case 'lost':
      case 'refused':
        return lastError ? `no reply address: ${lastError.message}` : 'the peer has not given a reply address'
      case 'attached':
        return 'it was not handed to its link'
      case 'closed':
        return 'the transport was closed'
      default:
        return assertNever(state, 'link state')
    }
  }

  attach(connection: ActiveConnection): void {
    const { replies, overrunsCredit, keepsUndeliverable } = connection.profile
    const { nodes } = connection
    this.#unknown = keepsUndeliverable ? ACCEPTED : UNKNOWN_REPLY
    const id = replies?.outlives ? this.#id : randomUUID()
    const replyTo = replies?.replyTo(id)
    this.#group = replies?.grouped ? id : undefined
    if (replies?.upkeep) this.#upkeep = new ReplyUpkeep(replies.upkeep, id, connection.sessions)
    this.#link.attach({
      connection,
      address: replyTo ?? 'rpc-response',
      ...(replyTo === undefined ? { addressOf } : {}),
      goneText: 'the reply link was detached',
      lease: () => connection.sessions.own(),
      attach: async (session, onClosed) => {
        const source = replies?.source(id) ?? { dynamic: true as const }
        const attach = () =>
          session.attachReceiver({
            name: `openstack.org/om/receiver/[rpc-response]/${randomUUID().replaceAll('-', '')}`,
            source,
            target: { address: 'rpc-response' },
            creditWindow: 0,
            overdraft: overrunsCredit ? MAX_OVERDRAFT : 0,
            onDelivery: (delivery) => this.#onDelivery(delivery),
            onClosed,
          })
        if (!nodes || !('address' in source)) return await attach()
        const shown = () => nodes.reply(source.address, attach)
        return await nodes.behind(replies?.declarations?.(id) ?? [], shown)
      },
    })
  }

  detach(loss: ConnectionLoss): void {
    if (this.#link.state === 'closed') return
    this.#upkeep?.stop()
    this.#upkeep = undefined
    this.#link.detach()
    this.#failOutstanding(loss.error)
    this.#attemptFailed(loss)
  }

  /** Every call that waits is told. */
  close(): void {
    this.#upkeep?.stop()
    this.#link.close()
    for (const call of [...tasksOf(this.#waiting), ...this.#calls.all()]) call.driverClosed()
  }

  /** The reply address is there: the calls that waited for it go to their links. */
  #release(): void {
    for (let task = this.#waiting.shift(); task; task = this.#waiting.shift()) task.proceed()
  }

  /** Ahead of the requests that leave in this turn. */
  #grantNow(): void {
    if (this.#grant()) this.#link.attached?.link.flushCredit()
  }

  /** Credit is never below the calls outstanding and the reserve; granted in steps, so that few Flow frames are needed. True: it was. */
  #grant(): boolean {
    const receiver = this.#link.attached?.link
    if (!receiver) return false
    const { replyLinkCredit } = this.#scope.options
    const needed = Math.max(this.#calls.size + HEARTBEAT_RESERVE, Math.ceil(replyLinkCredit / 2))
    if (receiver.credit >= needed) return false
    receiver.addCredit(Math.max(replyLinkCredit, 2 * needed) - receiver.credit)
    return true
  }

  #onDelivery(delivery: Delivery): void {
    try {
      this.#correlate(delivery)
    } catch (error) {
      settle(delivery, this.#unknown, this.#link.plan?.connection.profile)
      if (replyEvents.hasSubscribers) replyEvents.publish({ event: 'malformed', error: error as Error })
    }
    this.#grant()
  }

  #correlate(delivery: Delivery): void {
    const { message } = delivery
    const id = message.properties?.correlationId
    const call = typeof id === 'string' ? this.#calls.get(id) : undefined
    if (!call) {
      settle(delivery, this.#unknown, this.#link.plan?.connection.profile)
      if (replyEvents.hasSubscribers) replyEvents.publish({ event: 'unknown' })
      return
    }
    delivery.accept()
    try {
      const reply = decodeReply(message)
      if (reply === undefined) call.onHeartbeat()
      else if ('result' in reply) call.onResult(reply.result)
      else call.onError(this.#scope.toError(reply.failure))
    } catch (cause) {
      call.fail(`the reply cannot be read: ${reasonOf(cause)}`, { cause, inDoubt: true })
    }
  }

  /** Their replies went with the link. */
  #failOutstanding(error: Error): void {
    for (const call of this.#calls.all()) call.onReplyLinkLost(error)
  }

  #attemptFailed(loss: ConnectionLoss): void {
    for (const call of tasksOf(this.#waiting)) call.attemptFailed(loss)
  }
}

/** The address that the peer chose. */
function addressOf(receiver: Receiver): string {
  const address = receiver.remoteSource?.address
  if (typeof address === 'string' && address !== '') return address
  throw new LinkError('the peer attached the reply link without giving an address', { origin: 'local' })
}
