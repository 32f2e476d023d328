// Where a notifier's messages go. oslo calls these the notification drivers (oslo_messaging/notify/messaging.py, _impl_*.py).

import type { SendOptions } from '../messaging/driver.ts'
import { InvalidArgumentError } from '../messaging/errors.ts'
import type { JsonObject } from '../messaging/json.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import type { Transport } from '../messaging/transport.ts'
import { describeValue } from '../support/describe-value.ts'
import { NotificationError } from './errors.ts'
import { LogPublisher } from './log-publisher.ts'
import type { Priority } from './notification.ts'

/** One way to publish. Applications may bring their own. */
export interface Publisher {
  /** Resolves when the notification is published; rejects when it is not, or when nobody knows. */
  publish(context: SerializedContext, message: JsonObject, priority: Priority, options: SendOptions): Promise<void>
}

/** The publishers that have a name. `messagingv2` is `messaging` in the 2.0 envelope. */
export type PublisherName = 'messaging' | 'messagingv2' | 'log' | 'noop' | 'test'

/** Sends to the topic `<topic>.<priority>` of each topic. Resolves when all were accepted: stored by a broker, or processed by a listener behind a router. */
export class MessagingPublisher implements Publisher {
  readonly #transport: Transport
  readonly #topics: readonly string[]
  readonly #exchange: string | undefined
  readonly #format: 1 | 2

  /** `exchange`: default, the bus's own for notifications. */
  constructor(transport: Transport, topics: readonly string[], format: 1 | 2, exchange?: string) {
    this.#transport = transport
    this.#topics = topics
    this.#exchange = exchange
    this.#format = format
  }

  async publish(
    context: SerializedContext,
    message: JsonObject,
    priority: Priority,
    options: SendOptions,
  ): Promise<void> {
    const envelope = { context, message }
    const sendOptions = { ...options, format: this.#format }
    await allOf(
      this.#topics.map((topic) => {
        const name = `${topic}.${priority}`
        const target = this.#exchange === undefined ? { topic: name } : { exchange: this.#exchange, topic: name }
        return this.#transport.notify(target, envelope, sendOptions)
      }),
    )
  }
}

/** Publishes nothing. */
export class NoopPublisher implements Publisher {
  async publish(): Promise<void> {}
}

/** What a TestPublisher was asked to publish. */
export interface PublishedNotification {
  readonly context: SerializedContext
  readonly message: JsonObject
  readonly priority: Priority
  readonly retry: number | undefined
}

/** Keeps what it is given, for the tests of an application: `new Notifier(transport, { publishers: publisher })`. */
export class TestPublisher implements Publisher {
  readonly published: PublishedNotification[] = []

  async publish(
    context: SerializedContext,
    message: JsonObject,
    priority: Priority,
    { retry }: SendOptions,
  ): Promise<void> {
    this.published.push({ context, message, priority, retry })
  }
}

/** The publisher of that name. Throws InvalidArgumentError for one that does not exist. */
export function namedPublisher(
  name: PublisherName,
  transport: Transport,
  topics: readonly string[],
  exchange: string | undefined,
): Publisher {
  switch (name) {
    case 'messaging':
      return new MessagingPublisher(transport, topics, 1, exchange)
    case 'messagingv2':
      return new MessagingPublisher(transport, topics, 2, exchange)
    case 'log':
      return new LogPublisher()
    case 'noop':
      return new NoopPublisher()
    case 'test':
      return new TestPublisher()
    default:
      throw new InvalidArgumentError(
        `publishers: expected 'messaging', 'messagingv2', 'log', 'noop', 'test', 'routing' or an object with publish(), not ${describeValue(name)}`,
      )
  }
}

/** By each of them. One that throws at once fails like one that rejects: the others' promises are still watched. */
export const publishByAll = (
  publishers: readonly Publisher[],
  ...[context, message, priority, options]: Parameters<Publisher['publish']>
): Promise<void> =>
  allOf(publishers.map(async (publisher) => await publisher.publish(context, message, priority, options)))

/** Waits for all, also when one fails. Rejects with the one error, or with a NotificationError of several. */
export async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  if (promises.length === 1) return await promises[0]
  const errors: unknown[] = []
  for (const result of await Promise.allSettled(promises)) if (result.status === 'rejected') errors.push(result.reason)
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new NotificationError(errors, promises.length)
}
