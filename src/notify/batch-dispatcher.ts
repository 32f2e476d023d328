// From a batch to the endpoints that want it. oslo_messaging/notify/dispatcher.py: BatchNotificationDispatcher.

import type { IncomingNotification } from '../messaging/driver.ts'
import type { SerializedContext, Serializer } from '../messaging/serializer.ts'
import type { BatchedNotification } from './batch-endpoint.ts'
import { type BoundNotificationEndpoint, isWanted, REQUEUE } from './endpoint.ts'
import { readNotification } from './notification.ts'
import type { Settling } from './settling.ts'

interface Member {
  readonly incoming: IncomingNotification
  readonly notification: BatchedNotification
}

export class BatchDispatcher {
  readonly #endpoints: readonly BoundNotificationEndpoint[]
  readonly #serializer: Serializer | undefined
  readonly #settling: () => Settling
  readonly #onUnknown: (incoming: IncomingNotification, priority: string) => void

  constructor(
    endpoints: readonly BoundNotificationEndpoint[],
    serializer: Serializer | undefined,
    settling: () => Settling,
    onUnknown: (incoming: IncomingNotification, priority: string) => void,
  ) {
    this.#endpoints = endpoints
    this.#serializer = serializer
    this.#settling = settling
    this.#onUnknown = onUnknown
  }

  /**
   * Hands the batch, split by priority, to the endpoints, and settles all of it. One that is tried for the last time is handed over
   * alone: what failed with it may not be to blame. Never rejects.
   */
  async dispatch(batch: readonly IncomingNotification[]): Promise<void> {
    const byPriority = new Map<string, Member[]>()
    const alone: [string, Member][] = []
    for (const incoming of batch) {
      const notification = this.#read(incoming)
      if (!notification) continue
      const { priority } = notification
      const members = byPriority.get(priority)
      if (this.#settling().isLastTry(incoming)) alone.push([priority, { incoming, notification }])
      else if (members) members.push({ incoming, notification })
      else byPriority.set(priority, [{ incoming, notification }])
    }
    // One after the other in the order of their names, as oslo does.
    for (const priority of [...byPriority.keys()].sort())
      await this.#handle(priority, byPriority.get(priority) as Member[])
    for (const [priority, member] of alone) await this.#handle(priority, [member])
  }

  /** One that cannot be read fails alone. */
  #read(incoming: IncomingNotification): BatchedNotification | undefined {
    try {
      const { context, event } = readNotification(incoming, this.#serializer)
      return { context: context as SerializedContext, ...event }
    } catch (error) {
      this.#settling().giveBack(incoming, { error })
      return undefined
    }
  }

  /** The first endpoint that returns REQUEUE or throws ends it: all of them come again. */
  async #handle(priority: string, members: readonly Member[]): Promise<void> {
    const settling = this.#settling()
    let failure: { error?: unknown } | undefined
    try {
      for (const { endpoint, filter, methods } of this.#endpoints) {
        const method = methods.get(priority)
        if (!method) continue
        const wanted = members.filter(({ notification }) => filter?.matches(notification.context, notification) ?? true)
        if (wanted.length === 0) continue
        const result: unknown = await Reflect.apply(method, endpoint, [wanted.map(({ notification }) => notification)])
        if (result !== REQUEUE) continue
        failure = {}
        break
      }
    } catch (error) {
      failure = { error }
    }
    const unknown = !isWanted(this.#endpoints, priority)
    for (const { incoming } of members) {
      if (unknown) this.#onUnknown(incoming, priority)
      if (failure) settling.giveBack(incoming, failure)
      else settling.handled(incoming)
    }
  }
}
