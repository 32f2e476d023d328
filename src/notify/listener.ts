// A notification listener: takes notifications from the bus and lets the endpoints deal with them.
// oslo_messaging/notify/listener.py: NotificationServer.
//
// A notification is acknowledged after the endpoints have dealt with it: at least once.

import type { IncomingNotification, NotificationSource } from '../messaging/driver.ts'
import { InvalidArgumentError } from '../messaging/errors.ts'
import {
  MESSAGE_SERVER_NAMES,
  MessageServer,
  type MessageServerOptions,
  type StopOptions,
  type StopReport,
} from '../messaging/message-server.ts'
import { checkNames, durationMs } from '../messaging/options.ts'
import type { SerializedContext, Serializer } from '../messaging/serializer.ts'
import { TARGET_NAMES, type Target } from '../messaging/target.ts'
import { checkTransport, type Transport } from '../messaging/transport.ts'
import { reportDefect } from '../support/report-defect.ts'
import { DelayedRequeues } from './delayed-requeues.ts'
import { NotificationDispatcher } from './dispatcher.ts'
import { bindNotificationEndpoints, type NotificationEndpoint, REQUEUE, wantedPriorities } from './endpoint.ts'
import { NOTIFICATION_DEFAULTS } from './options.ts'

export interface NotificationListenerOptions extends MessageServerOptions {
  /**
   * Whether a notification that an endpoint requeues, or fails on, is delivered again; else it is acknowledged all the same.
   * Default: whether the driver can (oslo: false).
   */
  readonly allowRequeue?: boolean | undefined
  /** Milliseconds that such a notification is kept before it is given back: brokers redeliver at once. Default 1 000. */
  readonly requeueDelayMs?: number | undefined
  /** Turns plain data into the application's values. Default: none. */
  readonly serializer?: Serializer | undefined
  /** Told about every error that an endpoint threw. Default: a defect (diagnostics channel, or a process warning). */
  readonly onError?: ((error: unknown, message: FailedNotification) => void) | undefined
  /** Told about a message that is no notification at all. It is settled already, and the listener goes on. */
  readonly onMalformed?: ((error: Error) => void) | undefined
}

/** Which notification it was. */
export interface FailedNotification {
  readonly priority: string
  readonly messageId: unknown
  readonly eventType: unknown
  /** Whether it will be delivered again. */
  readonly requeued: boolean
}

/**
 * Starts listening to notifications of one or several topics, and resolves when they arrive: for each target the priorities
 * for which some endpoint has a method.
 *
 *     const listener = await listenForNotifications(transport, { topic: 'notifications' }, [endpoint])
 *     …
 *     await listener.stop()
 *
 * Listeners of the same topic share its notifications. The subscription survives lost connections.
 *
 * Rejects with InvalidTargetError (a target without topic), InvalidArgumentError (what cannot be an endpoint or an option),
 * MessagingTimeoutError (not up within `readyTimeoutMs`), DriverClosedError, or the reason of the aborted signal.
 */
export async function listenForNotifications<Context extends object = SerializedContext>(
  transport: Transport,
  targets: Target | readonly Target[],
  endpoints: readonly NotificationEndpoint<Context>[],
  options: NotificationListenerOptions = {},
): Promise<NotificationListener> {
  const listener = new NotificationListener(transport, [targets].flat() as readonly Target[], endpoints, options)
  await listener.start()
  return listener
}

const LISTENER_NAMES: ReadonlySet<string> = new Set<keyof NotificationListenerOptions>([
  ...MESSAGE_SERVER_NAMES,
  'allowRequeue',
  'requeueDelayMs',
  'serializer',
  'onError',
  'onMalformed',
])

/** A running listener, made by `listenForNotifications`. */
export class NotificationListener implements AsyncDisposable {
  readonly #transport: Transport
  readonly #sources: readonly NotificationSource[]
  readonly #options: NotificationListenerOptions
  readonly #allowRequeue: boolean
  readonly #requeues: DelayedRequeues
  readonly #dispatcher: NotificationDispatcher
  readonly #server: MessageServer<IncomingNotification>

  /** @internal */
  constructor(
    transport: Transport,
    targets: readonly Target[],
    endpoints: readonly NotificationEndpoint<never>[],
    options: NotificationListenerOptions,
  ) {
    checkTransport('listenForNotifications', transport, 'listenForNotifications')
    if (targets.length === 0) throw new InvalidArgumentError('targets: expected at least one')
    for (const target of targets) checkNames('target of listenForNotifications', target, TARGET_NAMES)
    checkNames('options of listenForNotifications', options, LISTENER_NAMES)
    const bound = bindNotificationEndpoints(endpoints)
    this.#transport = transport
    this.#sources = targets.flatMap((target) => wantedPriorities(bound).map((priority) => ({ target, priority })))
    this.#options = options
    this.#allowRequeue = options.allowRequeue ?? transport.features.requeue
    this.#requeues = new DelayedRequeues(
      durationMs('requeueDelayMs', options.requeueDelayMs, NOTIFICATION_DEFAULTS.requeueDelayMs),
    )
    this.#dispatcher = new NotificationDispatcher(bound, options.serializer)
    this.#server = new MessageServer(this.#handle, options, () => this.#requeues.flush())
  }

  /** @internal */
  start(): Promise<void> {
    return this.#server.start((handler, options) =>
      this.#transport.listenForNotifications(this.#sources, handler, {
        ...options,
        onMalformed: this.#options.onMalformed,
      }),
    )
  }

  /**
   * Takes no new notifications, gives back those that have not started, lets those that run finish within `drainTimeoutMs`,
   * and leaves the bus. Resolves with what became of them. Idempotent.
   */
  stop(options?: StopOptions): Promise<StopReport> {
    return this.#server.stop(options)
  }

  /** The same as `stop()`, for whoever does not care about the report. */
  async close(): Promise<void> {
    await this.#server.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  readonly #handle = async (incoming: IncomingNotification): Promise<void> => {
    const outcome = await this.#dispatcher.dispatch(incoming)
    const requeued = outcome.result === REQUEUE && this.#allowRequeue
    if (requeued) {
      this.#requeues.add(incoming)
    } else {
      incoming.acknowledge()
      incoming.done()
    }
    if ('error' in outcome) this.#report(outcome.error, incoming, requeued)
  }

  #report(error: unknown, { priority, message }: IncomingNotification, requeued: boolean): void {
    const { onError } = this.#options
    if (!onError) {
      reportDefect(`the endpoint of a notification of priority ${priority}`, error)
      return
    }
    try {
      onError(error, { priority, messageId: message.message_id, eventType: message.event_type, requeued })
    } catch (defect) {
      reportDefect('onError of a notification listener', defect)
    }
  }
}
