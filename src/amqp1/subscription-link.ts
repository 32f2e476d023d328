// One receiving link of a subscription, attached again for ever after every loss. Credit goes by what is held: at most the
// window of messages is granted or handed over and not given back.

import { randomUUID } from 'node:crypto'
import { type Delivery, LinkError, type Receiver, type Source } from '../amqp/index.ts'
import { type Deadline, startDeadline } from '../support/deadline.ts'
import type { SessionLease } from './connection-sessions.ts'
import { isRefusal } from './connection-sessions.ts'
import { linkEvents } from './events.ts'

/** How long `stop` waits for the peer to give back the credit. */
const DRAIN_TIMEOUT_MS = 5_000

export interface SubscriptionLinkScope {
  readonly distributionMode: Source['distributionMode']
  readonly credit: number
  readonly linkRetryDelayMs: number
  /** Takes each delivery, synchronously; must call `returnCredit` once for it. */
  readonly onDelivery: (delivery: Delivery, link: SubscriptionLink) => void
  /** Its credit is out, for the first time on this connection. */
  readonly onReady: () => void
}

type LinkState =
  | { readonly name: 'detached' }
  | { readonly name: 'attaching' }
  | { readonly name: 'attached'; readonly receiver: Receiver; readonly lease: SessionLease }
  | { readonly name: 'refused'; readonly timer: Deadline; readonly error: Error }
  /** It gives its credit back; what is on its way still comes. */
  | { readonly name: 'draining'; readonly receiver: Receiver; readonly lease: SessionLease }
  /** No new messages; as long as there is a link, what is unsettled may still be settled. */
  | { readonly name: 'stopped'; readonly receiver: Receiver | undefined; readonly lease: SessionLease | undefined }

interface Binding {
  readonly address: string
  /** The same for every attach over one connection, as in Python. */
  readonly linkName: string
  readonly lease: () => Promise<SessionLease>
  readonly isOpen: () => boolean
}

export class SubscriptionLink {
  readonly #scope: SubscriptionLinkScope
  #state: LinkState = { name: 'detached' }
  #binding: Binding | undefined
  #lastError: Error | undefined
  /** Handed over and not given back, over all attaches. */
  #held = 0

  constructor(scope: SubscriptionLinkScope) {
    this.#scope = scope
  }

  /** The link is attached and has had its credit. */
  get isReady(): boolean {
    return this.#state.name === 'attached'
  }

  /** For errors: what is missing; undefined when nothing is. */
  describe(): string | undefined {
    const address = this.#binding?.address
    switch (this.#state.name) {
      case 'refused':
        return this.#state.error.message
      case 'attaching':
        return this.#lastError?.message ?? `the peer has not answered the attach of "${address}"`
      default:
        return undefined
    }
  }

  attach(address: string, lease: () => Promise<SessionLease>, isOpen: () => boolean): void {
    if (this.#isStopped) return
    this.#binding = {
      address,
      lease,
      isOpen,
      linkName: `openstack.org/om/receiver/[${address}]/${randomUUID().replaceAll('-', '')}`,
    }
    void this.#attachLink(this.#binding)
  }

  /** The connection is gone. */
  detach(): void {
    if (this.#isStopped) return
    this.#become({ name: 'detached' })
    this.#binding = undefined
    this.#lastError = undefined
  }

  /** One message that was handed over needs no place any more. */
  returnCredit(): void {
    this.#held -= 1
    this.#grant()
    this.#leaveWhenSettled()
  }

  /** Stops new messages. Resolves when none can come; the link goes when all it brought are settled. Never rejects. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    if (this.#state.name !== 'attached') return this.#become({ name: 'stopped', receiver: undefined, lease: undefined })
    const { receiver, lease } = this.#state
    this.#become({ name: 'draining', receiver, lease })
    await receiver.drain(DRAIN_TIMEOUT_MS)
    const now = this.#state as LinkState
    if (now.name === 'draining') this.#become({ name: 'stopped', receiver, lease })
    this.#leaveWhenSettled()
  }

  get #isStopped(): boolean {
    return this.#state.name === 'draining' || this.#state.name === 'stopped'
  }

  /** The only writer of the state. */
  #become(next: LinkState): void {
    if (this.#state.name === 'refused') this.#state.timer.cancel()
    this.#state = next
  }

  async #attachLink(binding: Binding): Promise<void> {
    const attaching: LinkState = { name: 'attaching' }
    this.#become(attaching)
    const { address } = binding
    let lease: SessionLease | undefined
    let attached: Receiver | undefined
    try {
      lease = await binding.lease()
      attached = await lease.session.attachReceiver({
        name: binding.linkName,
        source: { address, distributionMode: this.#scope.distributionMode },
        target: { address },
        creditWindow: 0,
        onDelivery: (delivery) => this.#onDelivery(delivery),
        onClosed: (error) => this.#onLinkClosed(binding, attached, error),
      })
      const receiver = attached
      if (!receiver.isAttached)
        throw (await receiver.closed) ?? new LinkError(`"${address}": the link was detached`, { origin: 'local' })
      if (this.#state !== attaching) {
        void receiver.detach().then(lease.release)
        return
      }
      this.#become({ name: 'attached', receiver, lease })
      this.#lastError = undefined
      if (linkEvents.hasSubscribers) linkEvents.publish({ link: 'subscription', event: 'attached', address })
      this.#grant()
      this.#scope.onReady()
    } catch (error) {
      lease?.release()
      if (this.#state === attaching && binding.isOpen()) this.#refused(binding, error as Error)
    }
  }

  #onDelivery(delivery: Delivery): void {
    this.#held += 1
    this.#scope.onDelivery(delivery, this)
  }

  /** Tops up what the window allows, in steps, so that few Flow frames are needed. */
  #grant(): void {
    if (this.#state.name !== 'attached') return
    const { receiver } = this.#state
    const window = this.#scope.credit
    const { credit } = receiver
    const missing = window - this.#held - credit
    if (missing <= 0) return
    if (credit === 0 || (credit <= window / 2 && missing >= window / 4)) receiver.addCredit(missing)
  }

  #onLinkClosed(binding: Binding, receiver: Receiver | undefined, error: LinkError | undefined): void {
    const state = this.#state
    if (!('receiver' in state) || state.receiver !== receiver) return
    state.lease?.release()
    if (state.name !== 'attached') {
      this.#become({ name: 'stopped', receiver: undefined, lease: undefined })
      return
    }
    const lost = error ?? new LinkError(`"${binding.address}": the link was detached`, { origin: 'local' })
    if (binding.isOpen()) this.#refused(binding, lost)
    else this.#become({ name: 'detached' })
  }

  /** Refused or closed by the peer while the connection lives: again after the delay. */
  #refused(binding: Binding, error: Error): void {
    const timer = startDeadline(this.#scope.linkRetryDelayMs, () => void this.#attachLink(binding))
    this.#become({ name: 'refused', timer, error })
    this.#lastError = error
    if (linkEvents.hasSubscribers) {
      linkEvents.publish({
        link: 'subscription',
        event: isRefusal(error) ? 'refused' : 'lost',
        address: binding.address,
        error,
      })
    }
  }

  /** A stopped link is detached when everything that it brought is settled: a detach would take that from the application. */
  #leaveWhenSettled(): void {
    const state = this.#state
    if (state.name !== 'stopped' || !state.receiver || state.receiver.unsettled > 0) return
    this.#become({ name: 'stopped', receiver: undefined, lease: undefined })
    void state.receiver.detach().then(() => state.lease?.release())
  }
}
