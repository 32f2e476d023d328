/**
 * The AMQP 1.0 driver: where oslo.messaging's words meet the protocol's. It puts together the parts that each do one thing
 * and keeps nothing of its own but whether it is closed.
 *
 * @module
 */

import type { Delivery } from '../amqp/index.ts'
import { encodeNotificationBody, encodeRequestBody } from '../messaging/body.ts'
import type {
  CallOptions,
  Driver,
  DriverContext,
  DriverFeatures,
  Envelope,
  ListenOptions,
  NotificationHandler,
  NotificationSource,
  NotifyOptions,
  RequestHandler,
  SendOptions,
  Subscription,
} from '../messaging/driver.ts'
import { MalformedMessageError, MessageDeliveryFailureError, MessagingTimeoutError } from '../messaging/errors.ts'
import { deserializeFailure } from '../messaging/failure.ts'
import { rebuildRemoteError } from '../messaging/remote-errors.ts'
import { describeTarget, type Target } from '../messaging/target.ts'
import type { TransportUrl } from '../messaging/transport-url.ts'
import { guarded } from '../support/guarded.ts'
import { reportDefect } from '../support/report-defect.ts'
import { CallTask } from './call-task.ts'
import { containerId } from './connection-options.ts'
import { driverClosed, reasonOf } from './errors.ts'
import { replyEvents } from './events.ts'
import { FailoverConnection, type FailoverScope } from './failover-connection.ts'
import { HostList } from './host-list.ts'
import { ReceivedMessage, ReceivedRequest, type ReplyScope, rejected } from './incoming-message.ts'
import { LinkCache } from './link-cache.ts'
import { type DecodedRequest, decodeRequest } from './message-codec.ts'
import { type AmqpOptions, resolveAmqpOptions } from './options.ts'
import { type ReplyAddressPolicy, replyAddressPolicy } from './reply-address.ts'
import { ReplyReceiver } from './reply-receiver.ts'
import { type SendRequest, SendTask } from './send-task.ts'
import { AmqpSubscription, type SubscriptionPool, type SubscriptionSource } from './subscription.ts'
import type { SubscriptionLink } from './subscription-link.ts'
import { subscriptionPool } from './subscription-pool.ts'

/**
 * The driver of `amqp://` and `amqps://`. Connects with the first message or subscription, never here.
 * Throws OptionError for an option that does not exist or has a wrong value.
 */
export function createAmqpDriver(url: TransportUrl, context: DriverContext): Driver {
  const options = resolveAmqpOptions([
    { origin: 'options', values: context.options },
    { origin: 'url query', values: url.query },
  ])
  return new AmqpDriver(url, context, options)
}

export interface AmqpDriverOverrides {
  /** Makes connections; another one in tests. */
  readonly connect?: FailoverScope['connect']
  /** Where in the list of hosts to begin, from 0 up to, not including, 1. */
  readonly random?: () => number
}

export class AmqpDriver implements Driver {
  readonly features: DriverFeatures
  readonly #options: AmqpOptions
  readonly #connection: FailoverConnection
  readonly #links: LinkCache
  readonly #replies: ReplyReceiver
  readonly #subscriptions = new Set<AmqpSubscription>()
  readonly #mayReplyTo: ReplyAddressPolicy
  readonly #replyScope: ReplyScope
  readonly #settledCast: SendRequest['settled']
  #closed: Promise<void> | undefined

  constructor(url: TransportUrl, context: DriverContext, options: AmqpOptions, overrides: AmqpDriverOverrides = {}) {
    const secure = url.scheme.startsWith('amqps')
    const scope = {
      options,
      secure,
      virtualHost: url.virtualHost || undefined,
      containerId: containerId(options),
      controlExchange: context.controlExchange,
      hosts: new HostList(url.hosts, {
        defaultPort: secure ? 5671 : 5672,
        realm: options.saslDefaultRealm,
        ...(overrides.random ? { random: overrides.random } : {}),
      }),
      ...(overrides.connect ? { connect: overrides.connect } : {}),
    }
    const connection = new FailoverConnection(scope)
    const describeConnection = (): string => connection.describe()
    this.features = Object.freeze({ requeue: true, notificationCredit: options.notifyServerCredit })
    this.#options = options
    this.#connection = connection
    this.#links = new LinkCache({ options, controlExchange: context.controlExchange, describeConnection })
    this.#replies = new ReplyReceiver({
      options,
      describeConnection,
      toError: (failure) => rebuildRemoteError(deserializeFailure(failure), context.allowedRemoteErrors),
    })
    this.#mayReplyTo = replyAddressPolicy(options)
    this.#replyScope = { links: this.#links, options }
    this.#settledCast = settledCast(options)
    connection.add(this.#replies)
    connection.add(this.#links)
  }

  call(target: Target, envelope: Envelope, options: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { timeoutMs, signal, callMonitorTimeoutMs } = options
      this.#checkOpen(signal)
      if (timeoutMs <= 0)
        throw new MessagingTimeoutError(
          `call of ${subjectOf(envelope.message.method)}: its time-out of ${timeoutMs} ms was over at once`,
        )
      const request: SendRequest = {
        kind: 'call',
        subject: subjectOf(envelope.message.method),
        text: encodeRequestBody(envelope, callMonitorTimeoutMs),
        settled: this.#options.preSettled.includes('rpc-call'),
        timeoutMs,
        retry: options.retry ?? -1,
        signal,
        waitAfterLoss: options.waitAfterLoss,
      }
      const link = this.#links.forRequest(target)
      link.send(new CallTask(request, callMonitorTimeoutMs, this.#replies, resolve, reject))
    })
  }

  cast(target: Target, envelope: Envelope, options: SendOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#checkOpen(options.signal)
      const request = this.#request('cast', envelope.message.method, options, this.#options.defaultSendTimeoutMs)
      const settled = target.fanout ? this.#options.preSettled.includes('rpc-cast') : this.#settledCast
      const task = new SendTask(
        { ...request, settled, text: encodeRequestBody(envelope) },
        resolve as (value: unknown) => void,
        reject,
      )
      this.#links.forRequest(target).send(task)
    })
  }

  notify(target: Target, envelope: Envelope, options: NotifyOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#checkOpen(options.signal)
      const request = this.#request(
        'notification',
        envelope.message.event_type,
        options,
        this.#options.defaultNotifyTimeoutMs,
      )
      const settled = this.#options.preSettled.includes('notify')
      const text = encodeNotificationBody(envelope, options.format)
      const task = new SendTask(
        { ...request, settled, text, atLeastOnce: true },
        resolve as (value: unknown) => void,
        reject,
      )
      this.#links.forNotification(target).send(task)
    })
  }

  async listen(target: Target, handler: RequestHandler, options: ListenOptions): Promise<Subscription> {
    const onDelivery = (delivery: Delivery, link: SubscriptionLink): void => {
      const decoded = decodeOrReject(delivery, link, options)
      if (!decoded) return
      const request = new ReceivedRequest(decoded, delivery, link, this.#replyScope, this.#replyTo(decoded))
      handOver(request, handler)
    }
    const mode = (name: 'move' | 'copy') => (this.#options.distributionMode === 'none' ? undefined : name)
    const one = { use: 'request', distributionMode: mode('move'), onDelivery } as const
    const all = { use: 'broadcast', distributionMode: mode('copy'), onDelivery } as const
    const sources: SubscriptionSource[] = [
      { ...one, address: (addresser) => addresser.server(target).unicast },
      { ...all, address: (addresser) => addresser.server(target).multicast },
      { ...one, address: (addresser) => addresser.server(target).anycast },
    ]
    return await this.#subscribe(`server ${describeTarget(target)}`, this.#options.rpcServerCredit, sources, options)
  }

  async listenForNotifications(
    sources: readonly NotificationSource[],
    handler: NotificationHandler,
    options: ListenOptions,
  ): Promise<Subscription> {
    const places = sources.map(({ target, priority }): SubscriptionSource => {
      return {
        address: (addresser) => addresser.notification({ ...target, topic: `${target.topic}.${priority}` }),
        use: 'notification',
        distributionMode: undefined,
        onDelivery: (delivery, link) => {
          const decoded = decodeOrReject(delivery, link, options)
          if (decoded) handOver(new ReceivedMessage(decoded, delivery, link, priority), handler)
        },
      }
    })
    const topics = [...new Set(sources.map(({ target }) => target.topic ?? ''))]
    const { notifyServerCredit, poolExpiryMs } = this.#options
    const pool = options.pool === undefined ? undefined : subscriptionPool(options.pool, topics, poolExpiryMs)
    return await this.#subscribe(`listener of ${topics.join(', ')}`, notifyServerCredit, places, options, pool)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    for (const subscription of [...this.#subscriptions]) subscription.close()
    this.#replies.close()
    this.#links.close()
    await this.#connection.close()
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    if (this.#closed) throw driverClosed()
    signal?.throwIfAborted()
    this.#connection.start()
  }

  #request(
    kind: SendRequest['kind'],
    subject: unknown,
    options: SendOptions,
    defaultTimeoutMs: number,
  ): Omit<SendRequest, 'settled' | 'text'> {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
    if (timeoutMs <= 0)
      throw new MessageDeliveryFailureError(`${kind}: its time-out of ${timeoutMs} ms was over at once`)
    return { kind, subject: subjectOf(subject), timeoutMs, retry: options.retry ?? -1, signal: options.signal }
  }

  async #subscribe(
    name: string,
    credit: number,
    sources: readonly SubscriptionSource[],
    options: ListenOptions,
    pool?: SubscriptionPool,
  ): Promise<Subscription> {
    this.#checkOpen(options.signal)
    const subscription = new AmqpSubscription(
      {
        name,
        credit: Math.max(credit, options.minCredit ?? 0),
        linkRetryDelayMs: this.#options.linkRetryDelayMs,
        pool,
        describeConnection: () => this.#connection.describe(),
        onStopped: (stopped) => {
          this.#subscriptions.delete(stopped)
          this.#connection.remove(stopped)
        },
      },
      sources,
    )
    try {
      this.#subscriptions.add(subscription)
      this.#connection.add(subscription)
      await subscription.whenReady(options)
      return subscription
    } catch (error) {
      void subscription.stop()
      throw error
    }
  }

  /** Where to answer; undefined: no answer is expected, or the caller named an address that must not be written to. */
  #replyTo({ replyTo }: DecodedRequest): string | undefined {
    const { replies } = this.#connection.profile ?? {}
    const mayReplyTo = replies ? replies.mayReplyTo : this.#mayReplyTo
    if (replyTo === undefined || this.#links.hasReply(replyTo) || mayReplyTo(replyTo)) return replyTo
    if (replyEvents.hasSubscribers) replyEvents.publish({ event: 'reply-to-refused', address: replyTo })
    return undefined
  }
}

const subjectOf = (name: unknown): string | undefined => (typeof name === 'string' ? name : undefined)

/** Casts to one receiver. Said: obeyed. Not said: settled, except to peers known to drop what comes settled. */
function settledCast({ preSettled, preSettledGiven }: AmqpOptions): SendRequest['settled'] {
  return preSettledGiven ? preSettled.includes('rpc-cast') : 'unless-dropped'
}

/** What is no message of oslo.messaging is refused for good, so that it neither comes back nor takes up credit. */
function decodeOrReject(
  delivery: Delivery,
  link: SubscriptionLink,
  { onMalformed }: ListenOptions,
): DecodedRequest | undefined {
  try {
    return decodeRequest(delivery.message)
  } catch (cause) {
    link.settle(delivery, rejected('amqp:decode-error', reasonOf(cause)))
    link.returnCredit()
    const error = cause instanceof MalformedMessageError ? cause : new MalformedMessageError(reasonOf(cause), { cause })
    guarded('onMalformed of a subscription', () => onMalformed?.(error))
    return undefined
  }
}

/** A handler that throws has a defect; its message is refused, or it would come back to throw again. */
function handOver<M extends ReceivedMessage>(message: M, handler: (message: M) => void): void {
  try {
    handler(message)
  } catch (error) {
    reportDefect('the handler of a subscription', error)
    message.reject('the handler failed')
    message.done()
  }
}
