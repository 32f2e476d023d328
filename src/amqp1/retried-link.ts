// A link that is attached again after every loss, over one connection after another. Here are its state, its place in a
// session and the wait after a refusal (oslo: link_retry_delay); what goes over the link is its user's business.

import { LinkError, type LinkOptions, type Receiver, type Sender, type Session } from '../amqp/index.ts'
import { type Deadline, startDeadline } from '../support/deadline.ts'
import { isRefusal, type LeaseSession, type SessionLease } from './connection-sessions.ts'
import { type LinkEvent, linkEvents } from './events.ts'
import type { ActiveConnection } from './failover-connection.ts'

/** How to attach over one connection. */
export interface LinkPlan<L> {
  readonly connection: ActiveConnection
  readonly address: string
  readonly lease: LeaseSession
  readonly attach: (session: Session, onClosed: LinkOptions['onClosed']) => Promise<L>
  /** For links whose address the peer chooses. Throws when it has not. */
  readonly addressOf?: (link: L) => string
  /** Says that the link is gone, where nobody gave a reason. */
  readonly goneText: string
}

/** Whom it serves. No function may throw. */
export interface RetriedLinkScope {
  /** Its name in events. */
  readonly kind: LinkEvent['link']
  readonly retryDelayMs: number
  /** Whether it is to be attached without being asked. */
  readonly isWanted: () => boolean
  /** Lost, it is attached anew without the delay, and a connection over which that fails is given up. */
  readonly vital?: boolean
  readonly onAttached: () => void
  /** At once, whether the connection lives or not; what was under way is told in the microtasks that follow. */
  readonly onLost?: (error: Error) => void
  /** While the connection lives: refused, or lost and what was under way has been told. The delay begins. */
  readonly onRefused?: (error: Error) => void
}

export interface AttachedLink<L> {
  readonly name: 'attached'
  readonly link: L
  readonly lease: SessionLease
  readonly address: string
}

type LinkState<L> =
  /** No connection. */
  | { readonly name: 'detached' }
  /** There is a connection; nobody has asked for the link yet. */
  | { readonly name: 'idle' }
  | { readonly name: 'attaching' }
  | AttachedLink<L>
  /** What was under way is being told; where the connection went too, until `detach`. */
  | { readonly name: 'lost' }
  /** Refused or closed by the peer: not before the delay is over. Without a timer: not over this connection. */
  | { readonly name: 'refused'; readonly timer: Deadline | undefined }
  | { readonly name: 'closed' }

export class RetriedLink<L extends Sender | Receiver> {
  readonly #scope: RetriedLinkScope
  #state: LinkState<L> = { name: 'detached' }
  #plan: LinkPlan<L> | undefined
  #lastError: Error | undefined

  constructor(scope: RetriedLinkScope) {
    this.#scope = scope
  }

  get state(): LinkState<L>['name'] {
    return this.#state.name
  }

  get attached(): AttachedLink<L> | undefined {
    return this.#state.name === 'attached' ? this.#state : undefined
  }

  /** Of the connection that there is. */
  get plan(): LinkPlan<L> | undefined {
    return this.#plan
  }

  /** Why the last attach over this connection came to nothing. */
  get lastError(): Error | undefined {
    return this.#lastError
  }

  /** There is a connection. */
  attach(plan: LinkPlan<L>): void {
    if (this.#state.name === 'closed') return
    this.#plan = plan
    this.#becomeIdle(plan)
  }

  /** There is a connection, and its peer has nothing that the link could be attached to. */
  refuse(address: string, error: Error): void {
    if (this.#state.name === 'closed') return
    this.#become({ name: 'refused', timer: undefined })
    this.#lastError = error
    this.#publish('refused', address, error)
    this.#scope.onRefused?.(error)
  }

  /** The connection is gone. */
  detach(): void {
    if (this.#state.name === 'closed') return
    this.#become({ name: 'detached' })
    this.#plan = undefined
    this.#lastError = undefined
  }

  /** Somebody needs it. */
  want(): void {
    if (this.#state.name === 'idle') void this.#attachLink(this.#plan as LinkPlan<L>)
  }

  /** Ends it for good. */
  close(): void {
    const attached = this.take()
    if (attached) void attached.link.detach().then(attached.lease.release)
  }

  /** Ends it for good without detaching: the link, if there is one, and its lease are the taker's. */
  take(): AttachedLink<L> | undefined {
    const { attached } = this
    this.#become({ name: 'closed' })
    return attached
  }

  /** The only writer of the state. */
  #become(next: LinkState<L>): void {
    if (this.#state.name === 'refused') this.#state.timer?.cancel()
    this.#state = next
  }

  #becomeIdle(plan: LinkPlan<L>): void {
    this.#become({ name: 'idle' })
    if (this.#scope.isWanted()) void this.#attachLink(plan)
  }

  async #attachLink(plan: LinkPlan<L>, afterLoss = false): Promise<void> {
    const attaching: LinkState<L> = { name: 'attaching' }
    this.#become(attaching)
    let lease: SessionLease | undefined
    let attached: L | undefined
    try {
      lease = await plan.lease()
      attached = await plan.attach(lease.session, (error) => this.#onClosed(plan, attached, error))
      const link = attached
      if (!link.isAttached) throw (await link.closed) ?? gone(plan)
      const address = plan.addressOf?.(link) ?? plan.address
      if (this.#state !== attaching) {
        void link.detach().then(lease.release)
        return
      }
      this.#become({ name: 'attached', link, lease, address })
      this.#lastError = undefined
      this.#publish('attached', address)
      this.#scope.onAttached()
    } catch (error) {
      lease?.release()
      // Without a connection it is the failover connection that tells, by detach().
      if (this.#state !== attaching || !plan.connection.isOpen) return
      if (afterLoss) plan.connection.abandon(error as Error)
      else this.#refused(plan, error as Error)
    }
  }

  /** The engine tells each message first (in microtasks that are queued before this one), then the link is gone here. */
  #onClosed(plan: LinkPlan<L>, link: L | undefined, error: LinkError | undefined): void {
    const { attached } = this
    if (!attached || attached.link !== link) return
    const reason = error ?? gone(plan)
    const lost: LinkState<L> = { name: 'lost' }
    this.#become(lost)
    if (this.#scope.vital) this.#publish('lost', attached.address, reason)
    this.#scope.onLost?.(reason)
    queueMicrotask(() => {
      attached.lease.release()
      if (this.#state !== lost || !plan.connection.isOpen) return
      if (this.#scope.vital) void this.#attachLink(plan, true)
      else this.#refused(plan, reason)
    })
  }

  /** Refused or lost while the connection lives: again after the delay. */
  #refused(plan: LinkPlan<L>, error: Error): void {
    const timer = startDeadline(this.#scope.retryDelayMs, () => this.#becomeIdle(plan))
    this.#become({ name: 'refused', timer })
    this.#lastError = error
    this.#publish(isRefusal(error) ? 'refused' : 'lost', plan.address, error)
    this.#scope.onRefused?.(error)
  }

  #publish(event: LinkEvent['event'], address: string, error?: Error): void {
    if (!linkEvents.hasSubscribers) return
    const link = this.#scope.kind
    linkEvents.publish(error ? { link, event, address, error } : { link, event, address })
  }
}

const gone = ({ goneText }: { readonly goneText: string }): LinkError => new LinkError(goneText, { origin: 'local' })
