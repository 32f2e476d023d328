// A listener without endpoints: the application takes one notification after the other, and says what becomes of each.

import type { IncomingNotification } from '../messaging/driver.ts'
import { InvalidArgumentError } from '../messaging/errors.ts'
import type { WorkEnd } from '../messaging/message-server.ts'
import type { SerializedContext, Serializer } from '../messaging/serializer.ts'
import type { Target } from '../messaging/target.ts'
import type { Transport } from '../messaging/transport.ts'
import { NotificationFilter } from './filter.ts'
import { LISTENING_NAMES, Listening, type ListeningOptions, RunningListener } from './listening.ts'
import { checkedPriorities, type Priority, readNotification } from './notification.ts'
import { ReceivedNotification } from './received-notification.ts'

export interface NotificationStreamOptions extends Omit<ListeningOptions, 'concurrency'> {
  /** Which priorities. Default: all. */
  readonly priorities?: readonly Priority[] | undefined
  /** Which notifications. What it does not choose is acknowledged. Default: all. */
  readonly filter?: NotificationFilter | undefined
}

const STREAM_NAMES: ReadonlySet<string> = new Set<string>([
  ...LISTENING_NAMES.filter((name) => name !== 'concurrency'),
  'priorities',
  'filter',
])

/**
 * Starts listening to notifications of one or several topics, and resolves when they arrive, to be iterated over:
 *
 *     const listener = await openNotificationStream(transport, { topic: 'notifications' })
 *     for await (const event of listener) {
 *       await store(event.eventType, event.payload)
 *       event.acknowledge()
 *     }
 *
 * At most the credit of the subscription (`notify_server_credit`) is here and not acknowledged: then no more comes. Leaving the loop,
 * also by an error, gives back the notification that it has in hand, if it is not settled, and stops the listener as `stop()` does. The
 * loop ends when the listener is stopped.
 *
 * Rejects as `listenForNotifications` does.
 */
export async function openNotificationStream<Context extends object = SerializedContext>(
  transport: Transport,
  targets: Target | readonly Target[],
  options: NotificationStreamOptions = {},
): Promise<NotificationStream<Context>> {
  const stream = new NotificationStream<Context>(transport, targets, options)
  await stream.start()
  return stream
}

type Result<Context extends object> = IteratorResult<ReceivedNotification<Context>, undefined>

/** A running listener, made by `openNotificationStream`. Several loops over it share what comes. */
export class NotificationStream<Context extends object = SerializedContext>
  extends RunningListener
  implements AsyncIterable<ReceivedNotification<Context>, undefined>
{
  /** @internal */
  protected override readonly listening: Listening
  readonly #serializer: Serializer | undefined
  readonly #filter: NotificationFilter | undefined
  /** Here and not taken yet. Bounded by the credit of the subscription. */
  #ready: ReceivedNotification<Context>[] = []
  /** Callers of next() that wait. */
  #takers: ((result: Result<Context>) => void)[] = []
  #stopped = false

  /** @internal */
  constructor(transport: Transport, targets: Target | readonly Target[], options: NotificationStreamOptions) {
    super()
    const { priorities, filter, serializer } = options
    if (filter !== undefined && !(filter instanceof NotificationFilter))
      throw new InvalidArgumentError('filter: expected a NotificationFilter')
    this.#serializer = serializer
    this.#filter = filter
    this.listening = new Listening(
      {
        user: 'openNotificationStream',
        transport,
        targets,
        priorities: checkedPriorities(priorities),
        options,
        names: STREAM_NAMES,
        concurrency: Number.MAX_SAFE_INTEGER,
      },
      (incoming) => this.#receive(incoming),
      () => this.#end(),
    )
  }

  [Symbol.asyncIterator](): AsyncIterator<ReceivedNotification<Context>, undefined> {
    let left = false
    let last: ReceivedNotification<Context> | undefined
    return {
      next: async () => {
        if (left) return END
        const result = await this.#next()
        last = result.value
        return result
      },
      return: async () => {
        left = true
        last?.release()
        await this.stop()
        return END
      },
    }
  }

  #receive(incoming: IncomingNotification): Promise<WorkEnd> | undefined {
    const { settling } = this.listening
    try {
      const { context, event } = readNotification(incoming, this.#serializer)
      if (this.#filter && !this.#filter.matches(context, event)) {
        settling.handled(incoming)
        return undefined
      }
      return new Promise((onSettled) => {
        this.#give(new ReceivedNotification(context as Context, event, incoming, settling, onSettled))
      })
    } catch (error) {
      settling.giveBack(incoming, { error })
      return undefined
    }
  }

  #give(received: ReceivedNotification<Context>): void {
    const taker = this.#takers.shift()
    if (taker) taker({ done: false, value: received })
    else this.#ready.push(received)
  }

  #next(): Promise<Result<Context>> {
    const value = this.#ready.shift()
    if (value) return Promise.resolve({ done: false, value })
    if (this.#stopped) return Promise.resolve(END)
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  /** What arrived settled cannot be given back: loops still get it. */
  #end(): void {
    this.#stopped = true
    const given = this.#ready.filter((received) => !received.arrivedSettled)
    this.#ready = this.#ready.filter((received) => received.arrivedSettled)
    for (const received of given) received.release()
    for (const taker of this.#takers.splice(0)) taker(END)
  }
}

const END = Object.freeze({ done: true, value: undefined } as const)
