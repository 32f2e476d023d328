// What one receiving link of a subscription brings. Credit goes by what is held: at most the window of messages is granted or
// handed over and not given back. The link itself, attached again for ever after every loss: retried-link.ts.

import { randomUUID } from 'node:crypto'
import type { Delivery, Outcome, Receiver, Source } from '../amqp/index.ts'
import type { LeaseSession } from './connection-sessions.ts'
import type { ActiveConnection } from './failover-connection.ts'
import { nodeTerms } from './node-terms.ts'
import type { Declaration, NodeUse, PeerProfile } from './profile.ts'
import { RetriedLink } from './retried-link.ts'
import { settle } from './settle.ts'

/** How long `stop` waits for the peer to give back the credit. */
const DRAIN_TIMEOUT_MS = 5_000

export interface SubscriptionLinkScope {
  readonly use: NodeUse
  readonly distributionMode: Source['distributionMode']
  readonly credit: number
  readonly linkRetryDelayMs: number
  /** Takes each delivery, synchronously; must call `returnCredit` once for it. */
  readonly onDelivery: (delivery: Delivery, link: SubscriptionLink) => void
  /** Its credit is out, for the first time on this connection. */
  readonly onReady: () => void
}

/** A source that names its address. */
export type SourceTerms = Source & { readonly address: string }

export class SubscriptionLink {
  readonly #scope: SubscriptionLinkScope
  readonly #link: RetriedLink<Receiver>
  /** Handed over and not given back, over all attaches. */
  #held = 0
  /** Of the peer of the last connection. */
  #profile: PeerProfile | undefined
  /** Stopped and drained: no new messages, but what is unsettled may still be settled. */
  #leaving: Receiver | undefined

  constructor(scope: SubscriptionLinkScope) {
    this.#scope = scope
    this.#link = new RetriedLink<Receiver>({
      kind: 'subscription',
      retryDelayMs: scope.linkRetryDelayMs,
      isWanted: () => true,
      onAttached: () => {
        this.#grant()
        scope.onReady()
      },
    })
  }

  /** The link is attached and has had its credit. */
  get isReady(): boolean {
    return this.#link.state === 'attached'
  }

  /** For errors: what is missing; undefined when nothing is. */
  describe(): string | undefined {
    const { state, lastError, plan } = this.#link
    if (state !== 'refused' && state !== 'attaching') return undefined
    return lastError?.message ?? `the peer has not answered the attach of "${plan?.address}"`
  }

  /**
   * Attaches over this connection. `source`: what to, besides what it always says; `lease` gives a place in a session of the
   * subscription; `declarations`: what has to be there before, where that does not follow from the address.
   */
  attach(
    connection: ActiveConnection,
    { address, ...terms }: SourceTerms,
    lease: LeaseSession,
    declarations?: readonly Declaration[],
  ): void {
    // The same for every attach over one connection, as in Python.
    const id = randomUUID().replaceAll('-', '')
    const name = `openstack.org/om/receiver/[${address}]/${id}`
    const { nodes, profile } = connection
    this.#profile = profile
    const { use, distributionMode } = this.#scope
    this.#link.attach({
      connection,
      address,
      lease,
      goneText: `"${address}": the link was detached`,
      attach: async (session, onClosed) => {
        const attachTo = (node: string) =>
          session.attachReceiver({
            name,
            source: { ...nodeTerms(profile, use), ...terms, address: node, distributionMode },
            target: { address },
            creditWindow: 0,
            overdraft: profile.overrunsCredit ? this.#scope.credit : 0,
            onDelivery: (delivery) => this.#onDelivery(delivery),
            onClosed,
          })
        if (!nodes) return await attachTo(address)
        if (declarations) return await nodes.behind(declarations, () => attachTo(address))
        return await nodes.source(address, use, id, attachTo)
      },
    })
  }

  /** The peer of this connection has nothing to attach to. */
  refuse(address: string, error: Error): void {
    this.#link.refuse(address, error)
  }

  /** The connection is gone. */
  detach(): void {
    this.#link.detach()
  }

  /** One message that was handed over needs no place any more. */
  returnCredit(): void {
    this.#held -= 1
    this.#grant()
    this.#leaveWhenSettled()
  }

  settle(delivery: Delivery, outcome: Outcome): void {
    settle(delivery, outcome, this.#profile)
  }

  /** Stops new messages. Resolves when none can come; the link goes when all it brought are settled. Never rejects. */
  async stop(): Promise<void> {
    const attached = this.#link.take()
    if (!attached) return
    const { link, lease } = attached
    void link.closed.then(lease.release)
    await link.drain(DRAIN_TIMEOUT_MS)
    this.#leaving = link
    this.#leaveWhenSettled()
  }

  /** Stopped: the link goes now, and takes what it brought and is not settled. */
  abandon(): void {
    const receiver = this.#leaving
    this.#leaving = undefined
    void receiver?.detach()
  }

  #onDelivery(delivery: Delivery): void {
    this.#held += 1
    this.#scope.onDelivery(delivery, this)
  }

  /** Tops up what the window allows, in steps, so that few Flow frames are needed. */
  #grant(): void {
    const receiver = this.#link.attached?.link
    if (!receiver) return
    const window = this.#scope.credit
    const { credit } = receiver
    const missing = window - this.#held - credit
    if (missing <= 0) return
    if (credit === 0 || (credit <= window / 2 && missing >= window / 4)) receiver.addCredit(missing)
  }

  /** A stopped link is detached when everything that it brought is settled: a detach would take that from the application. */
  #leaveWhenSettled(): void {
    const receiver = this.#leaving
    if (!receiver || receiver.unsettled > 0) return
    this.#leaving = undefined
    void receiver.detach()
  }
}
