// What every kind of listener has: sources on the bus, a server that runs and drains, and the settling of what comes.

import type { IncomingNotification, NotificationSource } from '../messaging/driver.ts'
import { InvalidArgumentError, MalformedMessageError } from '../messaging/errors.ts'
import {
  MESSAGE_SERVER_NAMES,
  MessageServer,
  type MessageServerOptions,
  type MessageWork,
  type StopOptions,
  type StopReport,
} from '../messaging/message-server.ts'
import { checkNames } from '../messaging/options.ts'
import type { Serializer } from '../messaging/serializer.ts'
import { TARGET_NAMES, type Target } from '../messaging/target.ts'
import { checkTransport, type Transport } from '../messaging/transport.ts'
import { describeValue } from '../support/describe-value.ts'
import { NotificationReport } from './events.ts'
import type { Priority } from './notification.ts'
import { checkedPool } from './pool.ts'
import { Settling, type SettlingOptions } from './settling.ts'

export interface ListeningOptions extends MessageServerOptions, SettlingOptions {
  /**
   * The name of a subscription that listeners share: every pool gets each event once, and so do the listeners without a pool together.
   * A text of at most 255 characters without `::`. Where the bus stores notifications, it does so for a pool as long as `pool_expiry`
   * says after its last listener has gone. Where it has nothing for pools, starting rejects with NotSupportedError.
   * Default: none.
   */
  readonly pool?: string | undefined
  /** Turns plain data into the application's values. Default: none. */
  readonly serializer?: Serializer | undefined
  /**
   * Told about a message that is no notification at all. It is rejected already, and the listener goes on. Default: the diagnostics
   * channel `oslo-messaging:notification`, or a process warning.
   */
  readonly onMalformed?: ((error: Error) => void) | undefined
}

/** The names in ListeningOptions, for those who add their own. */
export const LISTENING_NAMES = [
  ...MESSAGE_SERVER_NAMES,
  'allowRequeue',
  'requeueDelayMs',
  'maxDeliveries',
  'pool',
  'serializer',
  'onError',
  'onMalformed',
] as const satisfies readonly (keyof ListeningOptions)[]

/** One target or several. Throws InvalidArgumentError for what is none. */
export function checkedTargets(user: string, targets: Target | readonly Target[]): readonly Target[] {
  const list = [targets].flat() as readonly Target[]
  if (list.length === 0) throw new InvalidArgumentError('targets: expected at least one')
  for (const target of list) checkNames(`target of ${user}`, target, TARGET_NAMES)
  return list
}

export interface ListeningScope {
  /** The function that the application called, for errors. */
  readonly user: string
  readonly transport: Transport
  readonly targets: Target | readonly Target[]
  readonly priorities: readonly Priority[]
  readonly options: ListeningOptions
  readonly names: ReadonlySet<string>
  /** How many notifications are worked on at a time, where that is not `options.concurrency`. */
  readonly concurrency?: number
  /** Notifications that must be able to be here at a time. */
  readonly minCredit?: number
}

function checkFunctions({ onMalformed, serializer }: ListeningOptions): void {
  if (onMalformed !== undefined && typeof onMalformed !== 'function')
    throw new InvalidArgumentError(`onMalformed: expected a function, not ${describeValue(onMalformed)}`)
  if (serializer !== undefined && typeof serializer?.deserializeEntity !== 'function')
    throw new InvalidArgumentError(`serializer: expected a Serializer, not ${describeValue(serializer)}`)
}

export class Listening {
  readonly settling: Settling
  readonly #scope: ListeningScope
  readonly #sources: readonly NotificationSource[]
  readonly #pool: string | undefined
  readonly #server: MessageServer<IncomingNotification>
  readonly #report = new NotificationReport()

  /** `onStopping`: no new ones can come; what is kept and not begun is to be given back. Throws InvalidArgumentError. */
  constructor(scope: ListeningScope, work: MessageWork<IncomingNotification>, onStopping?: () => void) {
    const { user, transport, targets, priorities, options, names, concurrency } = scope
    checkTransport(user, transport, 'listenForNotifications')
    const list = checkedTargets(user, targets)
    checkNames(`options of ${user}`, options, names)
    checkFunctions(options)
    this.#scope = scope
    this.#sources = list.flatMap((target) => priorities.map((priority) => ({ target, priority })))
    this.#pool = checkedPool(options.pool)
    this.settling = new Settling(options, transport.features)
    const serverOptions = concurrency === undefined ? options : { ...options, concurrency }
    this.#server = new MessageServer(work, serverOptions, () => {
      onStopping?.()
      this.settling.flush()
    })
  }

  /** It was acknowledged, and nobody has seen it: no endpoint wants to hear of what it says of itself. oslo warns. */
  reportUnknown({ priority, message }: IncomingNotification, said: string): void {
    const facts = `event_type ${describeValue(message.event_type)}, message_id ${describeValue(message.message_id)}`
    const error = new MalformedMessageError(
      `a notification (${facts}) that came to the address of ${priority} says ${describeValue(said)}: no endpoint has a method for that`,
    )
    this.#report.tell({ event: 'unknown-priority', error })
  }

  start(): Promise<void> {
    const { transport, options, minCredit } = this.#scope
    return this.#server.start((handler, serverOptions) =>
      transport.listenForNotifications(this.#sources, handler, {
        ...serverOptions,
        onMalformed: options.onMalformed ?? ((error) => this.#report.tell({ event: 'malformed', error })),
        minCredit,
        ...(this.#pool === undefined ? {} : { pool: this.#pool }),
      }),
    )
  }

  stop(options?: StopOptions): Promise<StopReport> {
    return this.#server.stop(options)
  }
}

/** A listener that runs: how it is begun and ended is the same for endpoints, batches and iteration. */
export abstract class RunningListener implements AsyncDisposable {
  /** @internal */
  protected abstract readonly listening: Listening

  /** @internal */
  start(): Promise<void> {
    return this.listening.start()
  }

  /**
   * Takes no new notifications, gives back those that nobody has begun with, lets those that run, or are in hand, end within
   * `drainTimeoutMs`, and leaves the bus. Resolves with what became of them. Idempotent.
   */
  stop(options?: StopOptions): Promise<StopReport> {
    return this.listening.stop(options)
  }

  /** The same as `stop()`, for whoever does not care about the report. */
  async close(): Promise<void> {
    await this.listening.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
