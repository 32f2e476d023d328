// Notifications as lines of a log. oslo_messaging/notify/_impl_log.py: LogDriver.

import { InvalidArgumentError } from '../messaging/errors.ts'
import { decodeJson, encodeJson, type JsonObject } from '../messaging/json.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import { printable } from '../support/printable.ts'
import { maskSecrets } from './mask-secrets.ts'
import type { Priority } from './notification.ts'
import type { Publisher } from './publisher.ts'

/** How urgent a line is, by the names that loggers have. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line, as a logger takes it. */
export interface NotificationLogEntry {
  /** oslo's name for it: `oslo.messaging.notification.EVENT_TYPE`. */
  readonly logger: string
  readonly level: LogLevel
  readonly priority: Priority
  /** The notification as JSON, its secrets masked. One line. */
  readonly text: string
}

export type NotificationLog = (entry: NotificationLogEntry) => unknown

/** Loggers have no such words; oslo drops `audit` and `sample` with a warning. */
const LEVELS: Readonly<Record<Priority, LogLevel>> = {
  audit: 'info',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  critical: 'error',
  sample: 'debug',
}

/**
 * Writes each notification to a log instead of the bus: `new Notifier(transport, { publishers: new LogPublisher(log) })`. What its keys
 * and texts name as passwords, tokens and the like is replaced by `***` (the names are oslo's). The context is not logged.
 */
export class LogPublisher implements Publisher {
  readonly #log: NotificationLog

  /** `log`: default, lines on stderr. Throws InvalidArgumentError for what is no function. */
  constructor(log: NotificationLog = toStderr) {
    if (typeof log !== 'function') throw new InvalidArgumentError('log: expected a function')
    this.#log = log
  }

  /** Rejects with what the log throws, and with TypeError for a payload that JSON cannot express. */
  async publish(context: SerializedContext, message: JsonObject, priority: Priority): Promise<void> {
    void context
    const text = encodeJson(maskSecrets(decodeJson(encodeJson(message))))
    await this.#log({
      logger: `oslo.messaging.notification.${String(message.event_type)}`,
      level: LEVELS[priority],
      priority,
      text,
    })
  }
}

const toStderr: NotificationLog = ({ level, logger, text }) =>
  void process.stderr.write(`${level} ${printable(logger)} ${printable(text)}\n`)
