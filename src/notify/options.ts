// The options of notifications. oslo's group [oslo_messaging_notifications].

import { integer, list, optionalString, optionTable, resolveOptions } from '../support/options.ts'

export const NOTIFICATION_OPTIONS = optionTable('oslo_messaging_notifications', {
  transportUrl: optionalString({
    name: 'transport_url',
    secret: true,
    oldNames: ['DEFAULT/notification_transport_url'],
    help: 'Another bus for notifications. Not given: that of `[DEFAULT] transport_url`.',
  }),
  publishers: list({
    name: 'driver',
    repeated: true,
    oldNames: ['DEFAULT/notification_driver'],
    default: ['messagingv2'],
    choices: ['messaging', 'messagingv2', 'log', 'noop', 'test', 'routing'],
    help: 'How a notifier publishes: `messaging` (bare messages), `messagingv2` (in the 2.0 envelope), `log`, `noop`, `test`, `routing` (by the rules of routing_config).',
    deviation: 'empty in oslo.messaging: a notifier then sends nothing.',
  }),
  topics: list({
    name: 'topics',
    oldNames: ['rpc_notifier2/topics', 'DEFAULT/notification_topics'],
    default: ['notifications'],
    help: 'The topics that a notifier publishes every notification to.',
  }),
  routingConfig: optionalString({
    name: 'routing_config',
    oldNames: ['DEFAULT/routing_notifier_config'],
    help: 'The YAML file with the rules of the publisher `routing`. Needs the package yaml.',
  }),
  retry: integer({
    name: 'retry',
    default: -1,
    min: -1,
    help: 'How often a notification that was not delivered is sent again. -1: without limit, until its time-out.',
  }),
})

export const NOTIFICATION_DEFAULTS = Object.freeze({
  ...resolveOptions(NOTIFICATION_OPTIONS, []),
  /** Milliseconds that a listener keeps a message before it gives it back: brokers redeliver at once. */
  requeueDelayMs: 1000,
  /** How often a listener tries a notification (RabbitMQ's quorum queues: 20). */
  maxDeliveries: 20,
  batchSize: 100,
  /** Milliseconds after its first notification that a batch ends. */
  batchTimeoutMs: 1000,
})
