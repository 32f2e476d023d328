// The way to the bus that an application holds: one driver, shared by all its clients, servers, notifiers and listeners.
// oslo_messaging/transport.py: Transport. It checks targets; everything else is the driver's.

import type {
  CallOptions,
  Driver,
  DriverFeatures,
  Envelope,
  ListenOptions,
  NotificationHandler,
  NotificationSource,
  NotifyOptions,
  RequestHandler,
  SendOptions,
  Subscription,
} from './driver.ts'
import { InvalidArgumentError, InvalidTargetError } from './errors.ts'
import type { Target } from './target.ts'
import { redactedUrl, type TransportUrl } from './transport-url.ts'

/**
 * A connection to the bus, made by `createTransport`. Nothing is connected before the first message or subscription, and
 * whatever is lost later is made anew. Everything that is built on it shares it.
 *
 * Close it when the application ends: `await transport.close()`, or `await using transport = createTransport(…)`.
 *
 * The other methods are the driver's (src/messaging/driver.ts) and meant for RpcClient, serveRpc, Notifier and
 * listenForNotifications.
 */
export class Transport implements AsyncDisposable {
  readonly #driver: Driver
  readonly #url: TransportUrl

  /** Applications use `createTransport`; this is for those who bring a driver of their own. */
  constructor(url: TransportUrl, driver: Driver) {
    this.#url = url
    this.#driver = driver
  }

  /** The url, without passwords: for logs. */
  get url(): string {
    return redactedUrl(this.#url)
  }

  /** What this driver can do. */
  get features(): DriverFeatures {
    return this.#driver.features
  }

  /** Sends a request and resolves with its reply. Rejects as Driver.call does, and with InvalidTargetError without a topic, or for one that no address can hold. */
  call(target: Target, envelope: Envelope, options: CallOptions): Promise<unknown> {
    const defect = sendDefect(target)
    return defect ? Promise.reject(defect) : this.#driver.call(target, envelope, options)
  }

  /** Sends a request without reply. Rejects as Driver.cast does, and with InvalidTargetError without a topic, or for one that no address can hold. */
  cast(target: Target, envelope: Envelope, options: SendOptions = {}): Promise<void> {
    const defect = sendDefect(target)
    return defect ? Promise.reject(defect) : this.#driver.cast(target, envelope, options)
  }

  /** Publishes to `target.topic`, which is `<topic>.<priority>`. Rejects as Driver.notify does, and with InvalidTargetError without a topic, or for one that no address can hold. */
  notify(target: Target, envelope: Envelope, options: NotifyOptions): Promise<void> {
    const defect = sendDefect(target)
    return defect ? Promise.reject(defect) : this.#driver.notify(target, envelope, options)
  }

  /** Subscribes a server. Rejects as Driver.listen does, and with InvalidTargetError without topic and server. */
  async listen(target: Target, handler: RequestHandler, options: ListenOptions = {}): Promise<Subscription> {
    if (!target.topic || !target.server) {
      throw new InvalidTargetError("A server's target must have topic and server names specified", target)
    }
    checkText(target)
    return await this.#driver.listen(target, handler, options)
  }

  /** Subscribes a listener. Rejects as Driver.listenForNotifications does, and with InvalidTargetError for a target without topic. */
  async listenForNotifications(
    sources: readonly NotificationSource[],
    handler: NotificationHandler,
    options: ListenOptions = {},
  ): Promise<Subscription> {
    for (const { target } of sources) {
      if (!target.topic) throw new InvalidTargetError('A target must have topic specified', target)
      checkText(target)
    }
    return await this.#driver.listenForNotifications(sources, handler, options)
  }

  /**
   * Flushes what is on its way out, closes everything, and lets all that still waits reject with DriverClosedError.
   * Stop servers and listeners before it, so that they finish what they hold. Idempotent; never rejects.
   */
  close(): Promise<void> {
    return this.#driver.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Throws InvalidArgumentError for what cannot be a transport, as its url. `method` is the one that the user will call; a
 * stand-in of somebody's tests need not have more. The value itself is not shown: a url may hold a password.
 */
export function checkTransport(user: string, transport: Transport, method: keyof Transport): void {
  if (typeof transport === 'object' && transport !== null && typeof transport[method] === 'function') return
  const found =
    transport === null || transport === undefined ? String(transport) : `a value of type ${typeof transport}`
  throw new InvalidArgumentError(`${user}: expected a transport, made by createTransport(url), not ${found}`)
}

/** Why nothing can be sent to it. */
function sendDefect(target: Target): InvalidTargetError | undefined {
  return target.topic ? textDefect(target) : new InvalidTargetError('A topic is required to send', target)
}

/** Half of a surrogate pair, as it comes out of a text that was cut: no text on the wire (UTF-8) can hold it. */
const HALF = /\p{Surrogate}/u

function textDefect(target: Target): InvalidTargetError | undefined {
  for (const name of ['topic', 'server', 'exchange'] as const) {
    const text = target[name]
    if (text !== undefined && HALF.test(text))
      return new InvalidTargetError(`The ${name} of a target must be a text without halves of surrogate pairs`, target)
  }
  return undefined
}

function checkText(target: Target): void {
  const defect = textDefect(target)
  if (defect) throw defect
}
