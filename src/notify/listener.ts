// A notification listener: takes notifications from the bus and lets the endpoints deal with them.
// oslo_messaging/notify/listener.py: NotificationServer.
//
// A notification is acknowledged after the endpoints have dealt with it: at least once.

import type { IncomingNotification } from '../messaging/driver.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import type { Target } from '../messaging/target.ts'
import type { Transport } from '../messaging/transport.ts'
import { NotificationDispatcher } from './dispatcher.ts'
import { bindNotificationEndpoints, type NotificationEndpoint, REQUEUE, wantedPriorities } from './endpoint.ts'
import { LISTENING_NAMES, Listening, type ListeningOptions, RunningListener } from './listening.ts'

export interface NotificationListenerOptions extends ListeningOptions {}

/**
 * Starts listening to notifications of one or several topics, and resolves when they arrive: for each target the priorities
 * for which some endpoint has a method.
 *
 *     const listener = await listenForNotifications(transport, { topic: 'notifications' }, [endpoint])
 *     …
 *     await listener.stop()
 *
 * Listeners of the same topic share its notifications, those of each `pool` for themselves. The subscription survives lost connections.
 *
 * Rejects with InvalidTargetError (a target without topic), InvalidArgumentError (what cannot be an endpoint or an option),
 * NotSupportedError (a pool, and the bus has nothing for it), MessagingTimeoutError (not up within `readyTimeoutMs`), DriverClosedError, or the reason of the aborted signal.
 */
export async function listenForNotifications<Context extends object = SerializedContext>(
  transport: Transport,
  targets: Target | readonly Target[],
  endpoints: readonly NotificationEndpoint<Context>[],
  options: NotificationListenerOptions = {},
): Promise<NotificationListener> {
  const listener = new NotificationListener(transport, targets, endpoints, options)
  await listener.start()
  return listener
}

const LISTENER_NAMES: ReadonlySet<string> = new Set<keyof NotificationListenerOptions>(LISTENING_NAMES)

/** A running listener, made by `listenForNotifications`. */
export class NotificationListener extends RunningListener {
  readonly #dispatcher: NotificationDispatcher
  /** @internal */
  protected override readonly listening: Listening

  /** @internal */
  constructor(
    transport: Transport,
    targets: Target | readonly Target[],
    endpoints: readonly NotificationEndpoint<never>[],
    options: NotificationListenerOptions,
  ) {
    super()
    const bound = bindNotificationEndpoints(endpoints)
    const priorities = wantedPriorities(bound)
    this.#dispatcher = new NotificationDispatcher(bound, options.serializer)
    this.listening = new Listening(
      { user: 'listenForNotifications', transport, targets, priorities, options, names: LISTENER_NAMES },
      this.#handle,
    )
  }

  readonly #handle = async (incoming: IncomingNotification): Promise<void> => {
    const outcome = await this.#dispatcher.dispatch(incoming)
    if (outcome.result === REQUEUE) this.listening.settling.giveBack(incoming, outcome)
    else {
      this.listening.settling.handled(incoming)
      if (outcome.unknownPriority !== undefined) this.listening.reportUnknown(incoming, outcome.unknownPriority)
    }
  }
}
