// What may stand in RouterOptions. The record has every name of the type, or it does not compile.

import { LIMITS, SERVER_SASL } from '../amqp/option-checks.ts'
import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import {
  aFlag,
  aFunction,
  anObject,
  aText,
  milliseconds,
  texts,
  type ValueCheck,
  wholeNumber,
} from '../support/value-check.ts'
import { RouterOptionsError } from './errors.ts'
import { LOG_LEVELS } from './log-entry.ts'
import { METRICS_CHECKS } from './metrics-options.ts'
import type { RouterOptions } from './options.ts'
import { checkQueuesOptions } from './queue-options.ts'

/** It has names and values of its own. */
const checkedApart: ValueCheck = () => undefined

const aName: ValueCheck = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty'

const CHECKS: Readonly<Record<keyof RouterOptions, ValueCheck>> = {
  ...LIMITS,
  host: aText,
  port: wholeNumber(0, 65_535),
  containerId: aName,
  as: checkedApart,
  product: aText,
  version: aText,
  rules: (value) => (Array.isArray(value) ? undefined : 'an array of rules'),
  defaultDistribution: checkedApart,
  hostnames: texts,
  tls: anObject,
  sasl: checkedApart,
  allowAnonymous: aFlag,
  idleTimeoutMs: milliseconds(0),
  handshakeTimeoutMs: milliseconds(1),
  maxConnections: wholeNumber(1),
  maxAddresses: wholeNumber(1),
  maxUnsettled: wholeNumber(1),
  maxUnsettledBytes: wholeNumber(1),
  drainTimeoutMs: milliseconds(0),
  dropSettledOfSlow: aFlag,
  queues: checkedApart,
  store: aName,
  users: aName,
  metrics: anObject,
  log: aFunction,
  logLevel: (value) => (LOG_LEVELS.some((level) => level === value) ? undefined : `one of ${LOG_LEVELS.join(', ')}`),
}

export const ROUTER_OPTION_NAMES: ReadonlySet<string> = new Set(Object.keys(CHECKS))
export const LIMIT_OPTION_NAMES: ReadonlySet<string> = new Set(Object.keys(LIMITS))
export const SASL_OPTION_NAMES: ReadonlySet<string> = new Set(Object.keys(SERVER_SASL))

/**
 * Names and values, one by one. What only the rules know of themselves they check when they are made.
 * @throws RouterOptionsError
 */
export function checkRouterOptions(options: RouterOptions): void {
  check('options of startRouter', '', options, CHECKS, ROUTER_OPTION_NAMES)
  if (options.queues !== undefined) checkQueuesOptions(options.queues, 'queues')
  if (options.metrics !== undefined)
    check('metrics', 'metrics.', options.metrics, METRICS_CHECKS, new Set(Object.keys(METRICS_CHECKS)))
  if (options.sasl !== undefined) check('sasl', 'sasl.', options.sasl, SERVER_SASL, SASL_OPTION_NAMES)
}

function check(
  place: string,
  prefix: string,
  given: object,
  checks: Readonly<Record<string, ValueCheck>>,
  names: ReadonlySet<string>,
): void {
  const defect = namesDefect(place, given, names)
  if (defect !== undefined) throw new RouterOptionsError(defect)
  for (const [name, holds] of Object.entries(checks)) {
    const value = (given as Record<string, unknown>)[name]
    const expected = value === undefined ? undefined : holds(value)
    if (expected === undefined) continue
    throw new RouterOptionsError(`${prefix}${name}: expected ${expected}, found ${describeValue(value)}`)
  }
}
