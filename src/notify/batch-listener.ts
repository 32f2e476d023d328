// A listener that gets many notifications at once. oslo_messaging/notify/listener.py: BatchNotificationServer.

import { InvalidArgumentError } from '../messaging/errors.ts'
import { durationMs, positiveInteger } from '../messaging/options.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import type { Target } from '../messaging/target.ts'
import type { Transport } from '../messaging/transport.ts'
import { BatchCollector } from './batch-collector.ts'
import { BatchDispatcher } from './batch-dispatcher.ts'
import type { BatchEndpoint } from './batch-endpoint.ts'
import { bindNotificationEndpoints, wantedPriorities } from './endpoint.ts'
import { LISTENING_NAMES, Listening, type ListeningOptions, RunningListener } from './listening.ts'
import { NOTIFICATION_DEFAULTS } from './options.ts'

export interface BatchListenerOptions extends ListeningOptions {
  /** A batch ends with so many notifications. Default 100. oslo: batch_size, which has no default. */
  readonly batchSize?: number | undefined
  /** Milliseconds after its first notification that a batch ends. Default 1 000. oslo: batch_timeout, counted from the end of the batch before. */
  readonly batchTimeoutMs?: number | undefined
  /** Milliseconds without a further notification that end a batch. Default: none. */
  readonly batchIdleMs?: number | undefined
  /** How many batches are handled at a time. Default 1: then they are handled in order. */
  readonly concurrency?: number | undefined
}

/** Notifications that a listener may hold. */
const MAX_HELD = 1_000_000

const BATCH_NAMES: ReadonlySet<string> = new Set<keyof BatchListenerOptions>([
  ...LISTENING_NAMES,
  'batchSize',
  'batchTimeoutMs',
  'batchIdleMs',
])

/**
 * Starts listening to notifications of one or several topics in batches, and resolves when they arrive. A batch ends when it has
 * `batchSize` notifications, `batchTimeoutMs` after its first one, or when none has come for `batchIdleMs`; it is then split by
 * priority. A method that returns REQUEUE or throws gives back all that it was handed; else they are acknowledged.
 *
 *     const listener = await listenForNotificationBatches(transport, { topic: 'notifications' }, [endpoint], { batchSize: 50 })
 *
 * Behind a router, publishers wait until their notification is acknowledged: one that publishes one after the other has never more than
 * one in a batch, and waits for its end each time. There a short `batchIdleMs` helps, or a queue.
 *
 * Rejects as `listenForNotifications` does.
 */
export async function listenForNotificationBatches<Context extends object = SerializedContext>(
  transport: Transport,
  targets: Target | readonly Target[],
  endpoints: readonly BatchEndpoint<Context>[],
  options: BatchListenerOptions = {},
): Promise<BatchListener> {
  const listener = new BatchListener(transport, targets, endpoints, options)
  await listener.start()
  return listener
}

/** A running listener, made by `listenForNotificationBatches`. */
export class BatchListener extends RunningListener {
  /** @internal */
  protected override readonly listening: Listening

  /** @internal */
  constructor(
    transport: Transport,
    targets: Target | readonly Target[],
    endpoints: readonly BatchEndpoint<never>[],
    options: BatchListenerOptions,
  ) {
    super()
    const bound = bindNotificationEndpoints(endpoints as readonly object[])
    const size = positiveInteger('batchSize', options.batchSize, NOTIFICATION_DEFAULTS.batchSize)
    const concurrency = positiveInteger('concurrency', options.concurrency, 1)
    if (size * concurrency > MAX_HELD)
      throw new InvalidArgumentError(
        `batchSize times concurrency: expected at most ${MAX_HELD}, not ${size * concurrency}`,
      )
    const limits = {
      size,
      timeoutMs: durationMs('batchTimeoutMs', options.batchTimeoutMs, NOTIFICATION_DEFAULTS.batchTimeoutMs),
      idleMs: durationMs('batchIdleMs', options.batchIdleMs, undefined),
      concurrency,
    }
    const dispatcher = new BatchDispatcher(
      bound,
      options.serializer,
      () => this.listening.settling,
      (incoming, said) => this.listening.reportUnknown(incoming, said),
    )
    const collector = new BatchCollector(limits, (batch) => dispatcher.dispatch(batch))
    this.listening = new Listening(
      {
        user: 'listenForNotificationBatches',
        transport,
        targets,
        priorities: wantedPriorities(bound),
        options,
        names: BATCH_NAMES,
        // The collector holds them; the credit of the links bounds how many there are.
        concurrency: Number.MAX_SAFE_INTEGER,
        minCredit: size * concurrency,
      },
      (incoming) => collector.add(incoming),
      () => collector.stop(),
    )
  }
}
