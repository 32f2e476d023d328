// The publishing side of notifications. oslo_messaging/notify/notifier.py: Notifier.

import { InvalidArgumentError } from '../messaging/errors.ts'
import { checkNames, durationMs, retryCount } from '../messaging/options.ts'
import type { SerializedContext, Serializer } from '../messaging/serializer.ts'
import { checkTransport, type Transport } from '../messaging/transport.ts'
import { describeValue } from '../support/describe-value.ts'
import { BufferedPublishing, type BufferOptions } from './buffered-publishing.ts'
import { safeContext } from './context-filter.ts'
import { buildNotification, type Priority } from './notification.ts'
import { NOTIFICATION_DEFAULTS } from './options.ts'
import { namedPublisher, type Publisher, type PublisherName, publishByAll } from './publisher.ts'
import { AwaitedPublishing, type Publishing, type PublishingReport } from './publishing.ts'
import type { RoutingConfig } from './routing-config.ts'
import { RoutingPublisher } from './routing-publisher.ts'
import { FailureReport, type OnFailure } from './unpublished.ts'

/** A publisher as options name it. */
export type NotifierPublisher = PublisherName | 'routing' | Publisher

export interface NotifierOptions {
  /** Who publishes, by custom `service.host`. */
  readonly publisherId: string
  /** The topics that each notification goes to. Default `['notifications']`. */
  readonly topics?: readonly string[] | undefined
  /** The exchange of these topics. Default: the one of the bus (`default_notification_exchange`, or the control exchange). */
  readonly exchange?: string | undefined
  /**
   * How it is published: by name, by a publisher of the application's, or by several. `routing` chooses for each notification, see
   * there. oslo: driver. Default `messagingv2`.
   */
  readonly publishers?: NotifierPublisher | readonly NotifierPublisher[] | undefined
  /** The rules of the publisher `routing`, as `loadRouting` reads them from a file. oslo: routing_config. */
  readonly routing?: RoutingConfig | undefined
  /** How often a notification that was not acknowledged is sent again: -1 without limit, 0 never. Default -1. */
  readonly retry?: number | undefined
  /** Milliseconds until publishing is given up. Default: the driver's, 30 000. */
  readonly timeoutMs?: number | undefined
  /**
   * `reject` (default): the promise of a notification that could not be published rejects. `report`: it resolves all the same, as in
   * oslo, and the failure is told to `onFailure`.
   */
  readonly failures?: 'reject' | 'report' | undefined
  /**
   * Told about each notification that could not be published and that nobody waits for (`failures: 'report'`, or a buffer). Default: the
   * diagnostics channel `oslo-messaging:notification`, or a process warning.
   */
  readonly onFailure?: OnFailure | undefined
  /** Publishing without waiting: the promise resolves when the notification has a place in this buffer; `close()` flushes it. Default: none. */
  readonly buffer?: BufferOptions | undefined
  /** Turns the application's payloads and contexts into plain data. Default: none. */
  readonly serializer?: Serializer | undefined
}

/** What one notification can say. */
export interface PublishOptions {
  /** How often it is sent again. Default: the notifier's. */
  readonly retry?: number | undefined
  /** Milliseconds until it is given up. Default: the notifier's. */
  readonly timeoutMs?: number | undefined
  /** Its identity, for whoever must recognize it when it is published once more. Default: a new UUID. */
  readonly messageId?: string | undefined
  /** Gives it up: the promise rejects with the signal's reason. What was sent, or has a place in the buffer, is not called back. */
  readonly signal?: AbortSignal | undefined
}

export interface NotifierCloseOptions {
  /** Milliseconds that what waits in the buffer, or is on its way, has to go out. Default 30 000. */
  readonly flushTimeoutMs?: number | undefined
}

const NOTIFIER_NAMES: ReadonlySet<string> = new Set<keyof NotifierOptions>([
  'publisherId',
  'topics',
  'exchange',
  'publishers',
  'routing',
  'retry',
  'timeoutMs',
  'failures',
  'onFailure',
  'buffer',
  'serializer',
])
const CLOSE_NAMES: ReadonlySet<string> = new Set<keyof NotifierCloseOptions>(['flushTimeoutMs'])
const PREPARE_NAMES: ReadonlySet<string> = new Set<keyof NotifierOptions>(['publisherId', 'retry'])
const PUBLISH_NAMES: ReadonlySet<string> = new Set<keyof PublishOptions>(['retry', 'timeoutMs', 'messageId', 'signal'])

/**
 * Tells the world what happened.
 *
 *     const notifier = new Notifier(transport, { publisherId: 'compute.node-1' })
 *     await notifier.info(context, 'compute.instance.created', { id: 7 })
 *
 * The promise tells the outcome: it resolves when the notification was accepted, which a broker does once it is stored and a
 * router once a listener has processed it. (oslo only logs failures: `failures: 'report'`. Or nobody waits at all: `buffer`.)
 *
 * At least once: what may not have arrived (given back, its consumer or connection lost) is sent again with the same body and
 * message_id, until it is accepted or its retries or its time are over. So a listener may see it twice.
 *
 * It rejects with MessageDeliveryFailureError (nobody listens behind a router, time is over, refused; `inDoubt` tells whether
 * it may have arrived), NotificationError (several sends failed), TypeError (a payload that JSON cannot express) or
 * InvalidArgumentError (an argument that cannot be; nothing was sent), DriverClosedError, or the reason of the aborted signal.
 *
 * Of the context only what identifies is sent (`user_id`, `project_id`, `request_id`, roles, names, …): anybody may listen.
 */
export class Notifier implements AsyncDisposable {
  readonly #transport: Transport
  readonly #options: NotifierOptions
  readonly #publishers: readonly Publisher[]
  readonly #retry: number
  readonly #timeoutMs: number | undefined
  readonly #publishing: Publishing

  /** Throws InvalidArgumentError for options that cannot be. `sharing`: the way of the notifier that prepares this one. */
  constructor(transport: Transport, options: NotifierOptions, sharing?: Publishing) {
    checkTransport('Notifier', transport, 'notify')
    checkNames('options of Notifier', options, NOTIFIER_NAMES)
    if (typeof options.publisherId !== 'string')
      throw new InvalidArgumentError('publisherId: expected a text, as compute.node-1')
    const topics = options.topics ?? NOTIFICATION_DEFAULTS.topics
    if (!Array.isArray(topics) || !topics.every(isName))
      throw new InvalidArgumentError('topics: expected an array of texts')
    const { exchange } = options
    if (exchange !== undefined && !isName(exchange))
      throw new InvalidArgumentError(`exchange: expected a text, not ${describeValue(exchange)}`)
    const publishers = [options.publishers ?? (NOTIFICATION_DEFAULTS.publishers as readonly NotifierPublisher[])].flat()
    this.#retry = retryCount(options.retry, NOTIFICATION_DEFAULTS.retry)
    this.#timeoutMs = durationMs('timeoutMs', options.timeoutMs, undefined, 1)
    this.#transport = transport
    const named = (name: string): Publisher => namedPublisher(name as PublisherName, transport, topics, exchange)
    this.#publishers = publishers.map((one) => {
      if (isPublisher(one)) return one
      return one === 'routing' ? new RoutingPublisher(routingOf(options), named) : named(one)
    })
    this.#publishing = sharing ?? publishingOf(options)
    // As they were made, for those that prepare() makes.
    this.#options = Object.freeze({ ...options, topics, publishers: this.#publishers })
  }

  /** The same notifier with another publisher id or retry: it shares the publishers. */
  prepare(overrides: { readonly publisherId?: string | undefined; readonly retry?: number | undefined }): Notifier {
    checkNames('overrides of prepare', overrides, PREPARE_NAMES)
    const { publisherId, retry } = overrides
    const options = {
      ...this.#options,
      publisherId: publisherId ?? this.#options.publisherId,
      retry: retry ?? this.#options.retry,
    }
    return new Notifier(this.#transport, options, this.#publishing)
  }

  /** How many it has published, failed to publish, and still holds. */
  get report(): PublishingReport {
    return this.#publishing.report
  }

  /**
   * Takes no more notifications, lets those that are on their way or wait in the buffer go out within `flushTimeoutMs`, and gives up
   * what is left of the buffer: it is reported as failed. Resolves with what became of them. Idempotent; those that `prepare()`
   * made end with it. To be called before the transport is closed.
   */
  async close(options: NotifierCloseOptions = {}): Promise<PublishingReport> {
    checkNames('options of close', options, CLOSE_NAMES)
    return await this.#publishing.close(durationMs('flushTimeoutMs', options.flushTimeoutMs, 30_000))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  audit(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('audit', context, eventType, payload, options)
  }

  debug(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('debug', context, eventType, payload, options)
  }

  info(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('info', context, eventType, payload, options)
  }

  warn(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('warn', context, eventType, payload, options)
  }

  /** The same as `warn`, as in oslo. */
  warning(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('warn', context, eventType, payload, options)
  }

  error(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('error', context, eventType, payload, options)
  }

  critical(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('critical', context, eventType, payload, options)
  }

  /** Measurements, which are neither good news nor bad. */
  sample(context: object, eventType: string, payload: unknown, options?: PublishOptions): Promise<void> {
    return this.#notify('sample', context, eventType, payload, options)
  }

  async #notify(
    priority: Priority,
    context: object,
    eventType: string,
    payload: unknown,
    given: PublishOptions = {},
  ): Promise<void> {
    checkNames('options of a notification', given, PUBLISH_NAMES)
    const { retry, timeoutMs, messageId, signal } = given
    if (typeof context !== 'object' || context === null) throw new InvalidArgumentError('context: expected an object')
    if (typeof eventType !== 'string')
      throw new InvalidArgumentError(
        `eventType: expected a text, as compute.instance.created, not ${describeValue(eventType)}`,
      )
    if (messageId !== undefined && !isName(messageId))
      throw new InvalidArgumentError(`messageId: expected a text, not ${describeValue(messageId)}`)
    const { serializer, publisherId } = this.#options
    const plain = serializer ? serializer.serializeEntity(context, payload) : payload
    const filtered = safeContext(context)
    const sentContext = serializer ? (serializer.serializeContext(filtered) as SerializedContext) : filtered
    const message = buildNotification({ publisherId, eventType, priority, payload: plain, messageId })
    const times = {
      retry: retryCount(retry, this.#retry),
      timeoutMs: durationMs('timeoutMs', timeoutMs, this.#timeoutMs, 1),
    }
    await this.#publishing.publish({
      facts: { messageId: String(message.message_id), publisherId, eventType, priority },
      context: sentContext,
      message,
      signal,
      timeoutMs: times.timeoutMs,
      send: (context, sent, signal) => publishByAll(this.#publishers, context, sent, priority, { ...times, signal }),
    })
  }
}

const isName = (value: unknown): boolean => typeof value === 'string' && value !== ''

function publishingOf(given: NotifierOptions): Publishing {
  const { failures = 'reject', onFailure, buffer } = given
  if (failures !== 'reject' && failures !== 'report')
    throw new InvalidArgumentError(`failures: expected 'reject' or 'report', not ${describeValue(failures)}`)
  if (onFailure !== undefined && typeof onFailure !== 'function')
    throw new InvalidArgumentError(`onFailure: expected a function, not ${describeValue(onFailure)}`)
  if (buffer !== undefined && given.failures === 'reject')
    throw new InvalidArgumentError("failures: with a buffer nobody waits to be told: expected 'report', or nothing")
  const report = new FailureReport(onFailure)
  if (buffer !== undefined) return new BufferedPublishing(buffer, report)
  return new AwaitedPublishing(failures === 'report' ? report : undefined)
}

function routingOf({ routing }: NotifierOptions): RoutingConfig {
  if (routing !== undefined) return routing
  throw new InvalidArgumentError("publishers: 'routing' needs the option routing, its rules (loadRouting reads a file)")
}

function isPublisher(value: NotifierPublisher): value is Publisher {
  return typeof value === 'object' && value !== null && typeof value.publish === 'function'
}
