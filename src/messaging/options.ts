// What servers and listeners have in common, and the transport itself. oslo's group [DEFAULT].

import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import {
  integer,
  optionalString,
  optionTable,
  type ResolvedOptions,
  resolveOptions,
  string,
} from '../support/options.ts'
import { InvalidArgumentError } from './errors.ts'

export const TRANSPORT_OPTIONS = optionTable('DEFAULT', {
  transportUrl: optionalString({
    name: 'transport_url',
    secret: true,
    help: 'Where the bus is, as `amqp://user:password@host:5672/virtual-host`.',
    deviation: '`rabbit://` in oslo.messaging.',
  }),
  controlExchange: string({
    name: 'control_exchange',
    default: 'openstack',
    help: 'The exchange of targets that name none: the scope within which topics are unique.',
  }),
})

export const TRANSPORT_DEFAULTS: ResolvedOptions<typeof TRANSPORT_OPTIONS> = resolveOptions(TRANSPORT_OPTIONS, [])

export const MESSAGE_SERVER_OPTIONS = optionTable('DEFAULT', {
  concurrency: integer({
    name: 'executor_thread_pool_size',
    oldNames: ['DEFAULT/rpc_thread_pool_size'],
    default: 64,
    min: 1,
    help: 'How many handlers of one server or listener run at a time. The rest waits, unacknowledged, up to the credit of its links.',
  }),
})

export const MESSAGE_SERVER_DEFAULTS = Object.freeze({
  ...resolveOptions(MESSAGE_SERVER_OPTIONS, []),
  /** Milliseconds within which the subscription must be up. */
  readyTimeoutMs: 30_000,
  /** Milliseconds that handlers may still run once `stop()` was called. */
  drainTimeoutMs: 30_000,
})

/** Throws InvalidArgumentError unless it is an object with none but known names; `place` is what the caller knows it as. */
export function checkNames(place: string, given: object, known: ReadonlySet<string>): void {
  const defect = namesDefect(place, given, known)
  if (defect !== undefined) throw new InvalidArgumentError(defect)
}

/** The value, or the default where none is given. Throws InvalidArgumentError unless it is a number of at least `min`. */
export function durationMs<F extends number | undefined>(
  name: string,
  value: number | undefined,
  fallback: F,
  min = 0,
): number | F {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= min) return value
  throw new InvalidArgumentError(`${name}: expected milliseconds of at least ${min}, not ${describeValue(value)}`)
}

/** The value, or the default where none is given. Throws InvalidArgumentError unless it is an integer; negative ones mean: without limit. */
export function retryCount<F extends number | undefined>(value: number | undefined, fallback: F): number | F {
  if (value === undefined) return fallback
  if (Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError(`retry: expected an integer, -1 for no limit, not ${describeValue(value)}`)
}

/** The value, or the default where none is given. Throws InvalidArgumentError unless it is a positive integer. */
export function positiveInteger(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidArgumentError(`${name}: expected a positive integer, not ${describeValue(value)}`)
}
