// What can be said about the distribution `queue`. Defaults stand here and nowhere else.

import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import { aFlag, aText, milliseconds, type ValueCheck, wholeNumber } from '../support/value-check.ts'
import { RouterOptionsError } from './errors.ts'

/** Of addresses whose messages are stored until they are consumed: those of one rule, or all. */
export interface QueueOptions {
  /** Messages stored at a time; more are rejected with `amqp:resource-limit-exceeded`. Default 100 000. */
  readonly maxMessages?: number | undefined
  /** Bytes stored at a time; more are rejected with `amqp:resource-limit-exceeded`. Default 256 MiB. */
  readonly maxBytes?: number | undefined
  /**
   * How often a message may be delivered in vain (delivery-failed, or the consumer was lost); after that it goes to
   * `deadLetter`, or is dropped. 0: for as long as it takes. Default 0.
   */
  readonly maxDeliveries?: number | undefined
  /** Milliseconds that a message may wait at most, also when it says no ttl or a longer one. 0: for ever. Default 0. */
  readonly maxTtlMs?: number | undefined
  /**
   * The address for what nobody could work on: messages that a consumer rejects, and those with `maxDeliveries` behind them. It
   * is distributed as its own rule says, best as a queue. Default: none, such messages are dropped and counted.
   */
  readonly deadLetter?: string | undefined
  /** Messages whose ttl is over go to `deadLetter` as well, instead of being dropped. Default false. */
  readonly deadLetterExpired?: boolean | undefined
}

/** Of all queues of a router. What a rule says of its own queues goes before. */
export interface QueuesOptions extends QueueOptions {
  /** Messages in all queues together. Default 500 000. */
  readonly maxTotalMessages?: number | undefined
  /** Bytes in all queues together. Default 1 GiB. */
  readonly maxTotalBytes?: number | undefined
}

/** With defaults filled in. */
export interface ResolvedQueueOptions {
  readonly maxMessages: number
  readonly maxBytes: number
  readonly maxDeliveries: number
  readonly maxTtlMs: number
  readonly deadLetter: string | undefined
  readonly deadLetterExpired: boolean
}

export interface ResolvedQueuesOptions extends ResolvedQueueOptions {
  readonly maxTotalMessages: number
  readonly maxTotalBytes: number
}

const MIB = 1024 * 1024

export const QUEUE_DEFAULTS: ResolvedQueuesOptions = Object.freeze({
  maxMessages: 100_000,
  maxBytes: 256 * MIB,
  maxDeliveries: 0,
  maxTtlMs: 0,
  deadLetter: undefined,
  deadLetterExpired: false,
  maxTotalMessages: 500_000,
  maxTotalBytes: 1024 * MIB,
})

const QUEUE_CHECKS: Readonly<Record<keyof QueueOptions, ValueCheck>> = {
  maxMessages: wholeNumber(1),
  maxBytes: wholeNumber(1),
  maxDeliveries: wholeNumber(0),
  maxTtlMs: milliseconds(0),
  deadLetter: (value) => aText(value) ?? (value === '' ? 'an address' : undefined),
  deadLetterExpired: aFlag,
}

const QUEUES_CHECKS: Readonly<Record<keyof QueuesOptions, ValueCheck>> = {
  ...QUEUE_CHECKS,
  maxTotalMessages: wholeNumber(1),
  maxTotalBytes: wholeNumber(1),
}

/** @throws RouterOptionsError for another name, or a value that cannot be. */
export function checkQueueOptions(options: QueueOptions, where: string): QueueOptions {
  return check(options, where, QUEUE_CHECKS)
}

/** @throws RouterOptionsError for another name, or a value that cannot be. */
export function checkQueuesOptions(options: QueuesOptions, where: string): QueuesOptions {
  return check(options, where, QUEUES_CHECKS)
}

/** Of options that have been checked. */
export function resolveQueuesOptions(options: QueuesOptions = {}): ResolvedQueuesOptions {
  const { maxTotalMessages, maxTotalBytes } = QUEUE_DEFAULTS
  return Object.freeze({
    ...resolveQueueOptions(options, QUEUE_DEFAULTS),
    maxTotalMessages: options.maxTotalMessages ?? maxTotalMessages,
    maxTotalBytes: options.maxTotalBytes ?? maxTotalBytes,
  })
}

/** What a rule does not say is as for all queues. */
export function resolveQueueOptions(
  options: QueueOptions | undefined,
  all: ResolvedQueueOptions,
): ResolvedQueueOptions {
  return Object.freeze({
    maxMessages: options?.maxMessages ?? all.maxMessages,
    maxBytes: options?.maxBytes ?? all.maxBytes,
    maxDeliveries: options?.maxDeliveries ?? all.maxDeliveries,
    maxTtlMs: options?.maxTtlMs ?? all.maxTtlMs,
    deadLetter: options?.deadLetter ?? all.deadLetter,
    deadLetterExpired: options?.deadLetterExpired ?? all.deadLetterExpired,
  })
}

function check<T extends QueueOptions>(options: T, where: string, checks: Readonly<Record<string, ValueCheck>>): T {
  const defect = namesDefect(where, options, new Set(Object.keys(checks)))
  if (defect !== undefined) throw new RouterOptionsError(defect)
  for (const [name, holds] of Object.entries(checks)) {
    const value = (options as Readonly<Record<string, unknown>>)[name]
    const expected = value === undefined ? undefined : holds(value)
    if (expected === undefined) continue
    throw new RouterOptionsError(`${where}.${name}: expected ${expected}, found ${describeValue(value)}`)
  }
  return Object.freeze({ ...options })
}
