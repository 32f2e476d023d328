// Where replies are correlated. One receiver with a dynamic address, attached at the first call and from then on over every
// connection. A call is entered under its message-id before its request is handed over, and leaves with its reply, its
// deadline, or the loss of the link: replies to a lost address can never come.

import { randomUUID } from 'node:crypto'
import { type Delivery, LinkError, type Receiver } from '../amqp/index.ts'
import { assertNever } from '../support/assert-never.ts'
import { type Deadline, startDeadline } from '../support/deadline.ts'
import { Fifo } from '../support/fifo.ts'
import type { CallTask, ReplyDesk } from './call-task.ts'
import { isRefusal, type SessionLease } from './connection-sessions.ts'
import { type ConnectionLoss, reasonOf } from './errors.ts'
import { linkEvents, replyEvents } from './events.ts'
import type { ActiveConnection, ConnectionPart } from './failover-connection.ts'
import { decodeReply } from './message-codec.ts'
import { createMessageIdSource } from './message-id.ts'
import type { AmqpOptions } from './options.ts'
import { type SendTask, tasksOf } from './send-task.ts'
import { settle } from './settle.ts'

type LinkState =
  | { readonly name: 'detached' }
  | { readonly name: 'idle' }
  | { readonly name: 'attaching' }
  | { readonly name: 'attached'; readonly receiver: Receiver; readonly lease: SessionLease; readonly address: string }
  | { readonly name: 'refused'; readonly timer: Deadline; readonly error: Error }
  | { readonly name: 'closed' }

export interface ReplyReceiverScope {
  readonly options: AmqpOptions
  readonly describeConnection: () => string
  /** The error that a failure text stands for. */
  readonly toError: (failure: string) => Error
}

/** Credit kept beyond the calls outstanding: heartbeats and late replies use it too. */
const HEARTBEAT_RESERVE = 16

const UNKNOWN_REPLY = Object.freeze({
  type: 'modified',
  deliveryFailed: true,
  undeliverableHere: true,
  messageAnnotations: undefined,
} as const)

export class ReplyReceiver implements ConnectionPart, ReplyDesk {
  readonly #scope: ReplyReceiverScope
  readonly #nextId = createMessageIdSource()
  /** The calls whose requests are under way or delivered: bounded by the calls that are awaited. */
  readonly #calls = new Map<string, CallTask>()
  /** Calls that wait for the address, in order. */
  readonly #waiting = new Fifo<SendTask>()
  #connection: ActiveConnection | undefined
  #state: LinkState = { name: 'detached' }
  #address: string | undefined
  #receiver: Receiver | undefined
  /** Why the last attach over this connection came to nothing. */
  #lastError: Error | undefined
  #wanted = false

  constructor(scope: ReplyReceiverScope) {
    this.#scope = scope
  }

  get address(): string | undefined {
    return this.#address
  }

  expect(call: CallTask): string {
    const id = this.#nextId()
    this.#calls.set(id, call)
    this.#grant()
    return id
  }

  forget(messageId: string): void {
    this.#calls.delete(messageId)
  }

  wait(call: CallTask): void {
    if (this.#state.name === 'closed') return call.driverClosed()
    call.waited = true
    this.#waiting.push(call)
    this.#wanted = true
    if (this.#state.name === 'idle') void this.#attachLink()
  }

  whyWaiting(): string {
    const state = this.#state
    switch (state.name) {
      case 'detached':
        return this.#scope.describeConnection()
      case 'idle':
      case 'attaching':
        return this.#lastError
          ? `no reply address: ${this.#lastError.message}`
          : 'the peer has not given a reply address'
      case 'refused':
        return `no reply address: ${state.error.message}`
      case 'attached':
        return 'it was not handed to its link'
      case 'closed':
        return 'the transport was closed'
      default:
        return assertNever(state, 'link state')
    }
  }

  attach(connection: ActiveConnection): void {
    if (this.#state.name === 'closed') return
    this.#connection = connection
    this.#become({ name: 'idle' })
    if (this.#wanted) void this.#attachLink()
  }

  detach(loss: ConnectionLoss): void {
    if (this.#state.name === 'closed') return
    this.#become({ name: 'detached' })
    this.#connection = undefined
    this.#lastError = undefined
    this.#failOutstanding(loss.error)
    this.#attemptFailed(loss)
  }

  /** Every call that waits is told. */
  close(): void {
    const state = this.#state
    this.#become({ name: 'closed' })
    for (const call of [...tasksOf(this.#waiting), ...this.#calls.values()]) call.driverClosed()
    if (state.name === 'attached') void state.receiver.detach().then(state.lease.release)
  }

  /** The only writer of the state. */
  #become(next: LinkState): void {
    if (this.#state.name === 'refused') this.#state.timer.cancel()
    this.#state = next
    this.#address = next.name === 'attached' ? next.address : undefined
    this.#receiver = next.name === 'attached' ? next.receiver : undefined
  }

  async #attachLink(again = false): Promise<void> {
    const connection = this.#connection as ActiveConnection
    const attaching: LinkState = { name: 'attaching' }
    this.#become(attaching)
    let lease: SessionLease | undefined
    let attached: Receiver | undefined
    try {
      lease = await connection.sessions.own()
      attached = await lease.session.attachReceiver({
        name: `openstack.org/om/receiver/[rpc-response]/${randomUUID().replaceAll('-', '')}`,
        source: { dynamic: true },
        target: { address: 'rpc-response' },
        creditWindow: 0,
        onDelivery: (delivery) => this.#onDelivery(delivery),
        onClosed: (error) => this.#onLinkClosed(attached, error),
      })
      const address = await addressOf(attached)
      if (this.#state !== attaching) {
        void attached.detach().then(lease.release)
        return
      }
      this.#become({ name: 'attached', receiver: attached, lease, address })
      this.#lastError = undefined
      if (linkEvents.hasSubscribers) linkEvents.publish({ link: 'reply-receiver', event: 'attached', address })
      this.#grant()
      this.#release()
    } catch (error) {
      lease?.release()
      if (this.#state !== attaching || !connection.isOpen) return
      if (again) connection.abandon(error as Error)
      else this.#refused(error as Error)
    }
  }

  /** The reply address is there: the calls that waited for it go to their links. */
  #release(): void {
    for (let task = this.#waiting.shift(); task; task = this.#waiting.shift()) task.proceed()
  }

  /** Credit is never below the calls outstanding and the reserve; granted in steps, so that few Flow frames are needed. */
  #grant(): void {
    const receiver = this.#receiver
    if (!receiver) return
    const { replyLinkCredit } = this.#scope.options
    const needed = Math.max(this.#calls.size + HEARTBEAT_RESERVE, Math.ceil(replyLinkCredit / 2))
    if (receiver.credit < needed) receiver.addCredit(Math.max(replyLinkCredit, 2 * needed) - receiver.credit)
  }

  #onDelivery(delivery: Delivery): void {
    try {
      this.#correlate(delivery)
    } catch (error) {
      settle(delivery, UNKNOWN_REPLY)
      if (replyEvents.hasSubscribers) replyEvents.publish({ event: 'malformed', error: error as Error })
    }
    this.#grant()
  }

  #correlate(delivery: Delivery): void {
    const { message } = delivery
    const id = message.properties?.correlationId
    const call = typeof id === 'string' ? this.#calls.get(id) : undefined
    if (!call) {
      settle(delivery, UNKNOWN_REPLY)
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

  /** Lost while the connection lives: outstanding calls fail, and it is attached anew. */
  #onLinkClosed(receiver: Receiver | undefined, error: LinkError | undefined): void {
    const state = this.#state
    if (state.name !== 'attached' || state.receiver !== receiver) return
    const lost = error ?? new LinkError('the reply link was detached', { origin: 'local' })
    this.#become({ name: 'idle' })
    state.lease.release()
    if (linkEvents.hasSubscribers)
      linkEvents.publish({ link: 'reply-receiver', event: 'lost', address: state.address, error: lost })
    this.#failOutstanding(lost)
    if (this.#connection?.isOpen) void this.#attachLink(true)
  }

  #failOutstanding(error: Error): void {
    for (const call of [...this.#calls.values()]) call.onReplyLinkLost(error)
  }

  #refused(error: Error): void {
    const timer = startDeadline(this.#scope.options.linkRetryDelayMs, () => void this.#attachLink())
    this.#become({ name: 'refused', timer, error })
    this.#lastError = error
    if (linkEvents.hasSubscribers) {
      linkEvents.publish({
        link: 'reply-receiver',
        event: isRefusal(error) ? 'refused' : 'lost',
        address: 'rpc-response',
        error,
      })
    }
    this.#attemptFailed({ error: new Error(`no reply address: ${reasonOf(error)}`, { cause: error }), hopeless: false })
  }

  #attemptFailed(loss: ConnectionLoss): void {
    for (const call of tasksOf(this.#waiting)) call.attemptFailed(loss)
  }
}

/** The address that the peer chose. */
async function addressOf(receiver: Receiver): Promise<string> {
  if (!receiver.isAttached)
    throw (await receiver.closed) ?? new LinkError('the reply link was detached', { origin: 'local' })
  const address = receiver.remoteSource?.address
  if (typeof address === 'string' && address !== '') return address
  throw new LinkError('the peer attached the reply link without giving an address', { origin: 'local' })
}
