// The links of one server (three) or listener (one per source), and the wait until they are up. Links: subscription-link.ts.

import type { Delivery } from '../amqp/index.ts'
import type { ListenOptions, Subscription } from '../messaging/driver.ts'
import { MessageDeliveryFailureError, MessagingTimeoutError, type NotSupportedError } from '../messaging/errors.ts'
import { addAbortListener } from '../support/abort-listener.ts'
import { startDeadline } from '../support/deadline.ts'
import type { Addresser } from './addressing.ts'
import { type ConnectionLoss, driverClosed, reasonOf } from './errors.ts'
import type { ActiveConnection, ConnectionPart } from './failover-connection.ts'
import type { PeerProfile } from './profile.ts'
import { SubscriptionLink, type SubscriptionLinkScope } from './subscription-link.ts'

/** One address that a subscription listens to. */
export interface SubscriptionSource {
  readonly address: (addresser: Addresser) => string
  readonly use: SubscriptionLinkScope['use']
  readonly distributionMode: SubscriptionLinkScope['distributionMode']
  readonly onDelivery: (delivery: Delivery, link: SubscriptionLink) => void
}

/** A pool to which all that listens belongs. */
export interface SubscriptionPool {
  readonly name: string
  readonly expiryS: number
  /** Why this peer cannot have it. */
  readonly missing: (profile: PeerProfile) => NotSupportedError
}

export interface SubscriptionScope {
  /** For errors: `server <Target …>`. */
  readonly name: string
  readonly credit: number
  readonly linkRetryDelayMs: number
  readonly pool?: SubscriptionPool | undefined
  readonly describeConnection: () => string
  /** It was stopped: nobody needs to tell it of connections any more. */
  readonly onStopped: (subscription: AmqpSubscription) => void
}

interface Place {
  readonly source: SubscriptionSource
  readonly link: SubscriptionLink
}

export class AmqpSubscription implements Subscription, ConnectionPart {
  readonly #scope: SubscriptionScope
  readonly #places: readonly Place[]
  #ready = false
  /** Why it cannot be had over this connection. */
  #unsupported: NotSupportedError | undefined
  #settleReady: ((error: unknown) => void) | undefined
  #stopped: Promise<void> | undefined

  constructor(scope: SubscriptionScope, sources: readonly SubscriptionSource[]) {
    this.#scope = scope
    this.#places = sources.map((source) => ({
      source,
      link: new SubscriptionLink({
        use: source.use,
        distributionMode: source.distributionMode,
        credit: scope.credit,
        linkRetryDelayMs: scope.linkRetryDelayMs,
        onDelivery: source.onDelivery,
        onReady: () => this.#onLinkReady(),
      }),
    }))
  }

  /**
   * Resolves when every link has its credit out. Rejects with MessagingTimeoutError, NotSupportedError, DriverClosedError, the abort
   * reason.
   */
  async whenReady({ readyTimeoutMs = 30_000, signal }: ListenOptions): Promise<void> {
    if (this.#unsupported) throw this.#unsupported
    if (readyTimeoutMs === 0 || this.#ready || this.#places.length === 0) return
    await new Promise<void>((resolve, reject) => {
      const settle = (error: unknown): void => {
        this.#settleReady = undefined
        deadline.cancel()
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = (): void => settle(signal?.reason)
      const deadline = startDeadline(readyTimeoutMs, () =>
        settle(new MessagingTimeoutError(this.#notReady(readyTimeoutMs))),
      )
      this.#settleReady = settle
      if (signal?.aborted) onAbort()
      else if (signal) addAbortListener(signal, onAbort)
    })
  }

  attach(connection: ActiveConnection, addresser: Addresser): void {
    const { pool } = this.#scope
    const { pools } = connection.profile
    if (pool && !pools) return this.#refuse(pool.missing(connection.profile), addresser)
    const lease = connection.sessions.forSubscription()
    for (const { source, link } of this.#places) {
      const address = source.address(addresser)
      if (!pool || !pools) link.attach(connection, { address }, lease)
      else {
        const of = [address, pool.name, pool.expiryS] as const
        link.attach(connection, pools.source(...of), lease, pools.declarations?.(...of))
      }
    }
  }

  detach(loss: ConnectionLoss): void {
    for (const { link } of this.#places) link.detach()
    this.#unsupported = undefined
    if (loss.hopeless) {
      this.#settleReady?.(
        new MessageDeliveryFailureError(`${this.#scope.name}: ${reasonOf(loss.error)}`, { cause: loss.error }),
      )
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  abandon(): void {
    for (const { link } of this.#places) link.abandon()
  }

  /** The driver is being closed. */
  close(): void {
    this.#settleReady?.(driverClosed())
    void this.stop()
  }

  async #stop(): Promise<void> {
    this.#scope.onStopped(this)
    await Promise.all(this.#places.map(({ link }) => link.stop()))
  }

  /** Over the next connection it may be another product. */
  #refuse(error: NotSupportedError, addresser: Addresser): void {
    this.#unsupported = error
    for (const { source, link } of this.#places) link.refuse(source.address(addresser), error)
    this.#settleReady?.(error)
  }

  #onLinkReady(): void {
    if (this.#ready || !this.#places.every(({ link }) => link.isReady)) return
    this.#ready = true
    this.#settleReady?.(undefined)
  }

  #notReady(timeoutMs: number): string {
    const missing = this.#places.flatMap(({ link }) => link.describe() ?? [])
    const why = missing.length > 0 ? missing.join('; ') : this.#scope.describeConnection()
    return `${this.#scope.name}: not ready within ${timeoutMs} ms, ${why}`
  }
}
