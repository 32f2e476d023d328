// The sending link of one address, across link losses and failover. Messages that cannot leave wait here, in order; each
// has a deadline, so what waits is bounded by the sends that are awaited.

import { type LinkError, printable, type Sender } from '../amqp/index.ts'
import { assertNever } from '../support/assert-never.ts'
import { type Deadline, startDeadline } from '../support/deadline.ts'
import { Fifo } from '../support/fifo.ts'
import type { Addresser } from './addressing.ts'
import { bothEnds, isRefusal, type SessionLease } from './connection-sessions.ts'
import { type ConnectionLoss, reasonOf } from './errors.ts'
import { linkEvents } from './events.ts'
import type { ActiveConnection, ConnectionPart } from './failover-connection.ts'
import { type SendLink, type SendTask, tasksOf } from './send-task.ts'

type LinkState =
  /** No connection. */
  | { readonly name: 'detached' }
  /** There is a connection; nobody has asked for the link yet. */
  | { readonly name: 'idle' }
  | { readonly name: 'attaching' }
  | { readonly name: 'attached'; readonly sender: Sender; readonly lease: SessionLease }
  /** Refused or closed by the peer: not before the delay is over. */
  | { readonly name: 'refused'; readonly timer: Deadline; readonly error: Error }
  | { readonly name: 'closed' }

/** A connection as this link uses it: its address may differ from connection to connection. */
interface Binding {
  readonly connection: ActiveConnection
  readonly address: string
}

export interface CachedSenderScope {
  /** A name for the link in errors while no address is known. */
  readonly label: string
  readonly address: (addresser: Addresser) => string
  readonly linkName: (address: string) => string
  readonly linkRetryDelayMs: number
  readonly describeConnection: () => string
}

export class CachedSender implements ConnectionPart, SendLink {
  /** For the cache: when it was last used, in the cache's own counting. */
  lastUsed = 0
  readonly #scope: CachedSenderScope
  readonly #waiting = new Fifo<SendTask>()
  /** Released messages; each comes back by a timer of its own. */
  readonly #resending = new Fifo<SendTask>()
  /** Tasks that wait elsewhere and will come back: calls without a reply address. */
  #parked = 0
  #binding: Binding | undefined
  #state: LinkState = { name: 'detached' }
  /** Why the last attach over this connection came to nothing. */
  #lastError: Error | undefined

  constructor(scope: CachedSenderScope) {
    this.#scope = scope
  }

  /** Nothing waits, nothing is on its way: it can be thrown away. */
  get isIdle(): boolean {
    if (this.#waiting.size + this.#resending.size + this.#parked > 0 || this.#state.name === 'attaching') return false
    return this.#state.name !== 'attached' || (this.#state.sender.queued === 0 && this.#state.sender.unsettled === 0)
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed'
  }

  get where(): string {
    const binding = this.#binding
    return binding ? `"${printable(binding.address)}" on ${binding.connection.host}` : this.#scope.label
  }

  /** Sends now, or as soon as the link allows. */
  send(task: SendTask): void {
    task.assign(this)
    const state = this.#state
    if (state.name === 'attached' && this.#waiting.size === 0 && state.sender.isAttached) {
      const binding = this.#binding as Binding
      task.transmit(state.sender, binding.address, binding.connection.profile)
    } else {
      this.requeue(task)
    }
  }

  requeue(task: SendTask): void {
    if (task.isDone) return
    if (this.#state.name === 'closed') return task.driverClosed()
    task.waited = true
    this.#waiting.push(task)
    if (this.#state.name === 'idle') void this.#attachLink()
    else if (this.#state.name === 'attached') this.#flush()
  }

  park(): void {
    this.#parked += 1
  }

  unpark(): void {
    this.#parked -= 1
  }

  resend(task: SendTask): void {
    if (this.#state.name === 'closed') return task.driverClosed()
    task.waited = true
    this.#resending.push(task)
    task.sendLater(this.#scope.linkRetryDelayMs, () => {
      this.#resending.remove(task)
      this.send(task)
    })
  }

  whyWaiting(): string {
    const state = this.#state
    switch (state.name) {
      case 'detached':
        return this.#scope.describeConnection()
      case 'idle':
      case 'attaching':
        return this.#lastError?.message ?? 'the peer has not answered the attach of its link'
      case 'refused':
        return state.error.message
      case 'attached':
        if (this.#resending.size > 0) return 'the peer released it and it waited to be sent again'
        if (!state.sender.hadCredit) return 'no consumer: the peer never granted credit for this address'
        return state.sender.credit > 0
          ? 'the connection does not take more'
          : 'no credit: the consumers are gone, or too slow'
      case 'closed':
        return 'the transport was closed'
      default:
        return assertNever(state, 'link state')
    }
  }

  attach(connection: ActiveConnection, addresser: Addresser): void {
    if (this.#state.name === 'closed') return
    this.#binding = { connection, address: this.#scope.address(addresser) }
    this.#become({ name: 'idle' })
    if (this.#waiting.size > 0) void this.#attachLink()
  }

  detach(loss: ConnectionLoss): void {
    if (this.#state.name === 'closed') return
    this.#become({ name: 'detached' })
    this.#binding = undefined
    this.#lastError = undefined
    this.#attemptFailed(loss)
  }

  /** Ends it for good. What waits is told. The link is detached when there is one. */
  close(): void {
    const state = this.#state
    this.#become({ name: 'closed' })
    for (const task of [...tasksOf(this.#waiting), ...tasksOf(this.#resending)]) task.driverClosed()
    if (state.name === 'attached') void state.sender.detach().then(() => state.lease.release())
  }

  /** The only writer of the state. */
  #become(next: LinkState): void {
    if (this.#state.name === 'refused') this.#state.timer.cancel()
    this.#state = next
  }

  async #attachLink(): Promise<void> {
    const { connection, address } = this.#binding as Binding
    const attaching: LinkState = { name: 'attaching' }
    this.#become(attaching)
    let lease: SessionLease | undefined
    let attached: Sender | undefined
    try {
      lease = await connection.sessions.forSender()
      attached = await lease.session.attachSender({
        name: this.#scope.linkName(address),
        ...bothEnds(address),
        onClosed: (error) => this.#onLinkClosed(attached, error),
      })
      const sender = attached
      if (!sender.isAttached) throw (await sender.closed) ?? new Error(`${this.where}: the link was detached`)
      if (this.#state !== attaching) {
        void sender.detach().then(lease.release)
        return
      }
      this.#become({ name: 'attached', sender, lease })
      this.#lastError = undefined
      if (linkEvents.hasSubscribers) linkEvents.publish({ link: 'sender', event: 'attached', address })
      this.#flush()
    } catch (error) {
      lease?.release()
      // Without a connection it is the failover connection that tells, by detach().
      if (this.#state === attaching && connection.isOpen) this.#refused(error as Error)
    }
  }

  /** Everything that waits, in order; what cannot go now waits in the engine for credit. */
  #flush(): void {
    const { connection, address } = this.#binding as Binding
    for (let task = this.#waiting.first; task; task = this.#waiting.first) {
      const state = this.#state
      if (state.name !== 'attached' || !state.sender.isAttached) return
      this.#waiting.shift()
      task.transmit(state.sender, address, connection.profile)
    }
  }

  /** The engine tells each message first (in microtasks that are queued before this one), then the link is gone here. */
  #onLinkClosed(sender: Sender | undefined, error: LinkError | undefined): void {
    const state = this.#state
    if (state.name !== 'attached' || state.sender !== sender) return
    const lost = error ?? new Error(`${this.where}: the link was detached`)
    this.#become({ name: 'attaching' })
    const between = this.#state
    queueMicrotask(() => {
      state.lease.release()
      if (this.#state === between && this.#binding?.connection.isOpen) this.#refused(lost)
    })
  }

  /** Refused, or closed by the peer, while the connection lives. */
  #refused(error: Error): void {
    const timer = startDeadline(this.#scope.linkRetryDelayMs, () => {
      this.#become({ name: 'idle' })
      if (this.#waiting.size > 0) void this.#attachLink()
    })
    this.#become({ name: 'refused', timer, error })
    this.#lastError = error
    const address = this.#binding?.address ?? ''
    if (linkEvents.hasSubscribers)
      linkEvents.publish({ link: 'sender', event: isRefusal(error) ? 'refused' : 'lost', address, error })
    this.#attemptFailed({ error: new Error(reasonOf(error), { cause: error }), hopeless: false })
  }

  /** Each waiting message has one retry less. */
  #attemptFailed(loss: ConnectionLoss): void {
    for (const task of tasksOf(this.#waiting)) task.attemptFailed(loss)
  }
}
