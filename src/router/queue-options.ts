// What can be said about the distribution `queue`.

import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import { aFlag, aText, type ValueCheck, wholeNumber } from '../support/value-check.ts'
import { RouterOptionsError } from './errors.ts'

/** Of one address whose messages are stored until they are consumed. */
export interface QueueOptions {
  /** Messages stored at a time; more are rejected with `amqp:resource-limit-exceeded`. */
  readonly maxMessages?: number | undefined
  /** Bytes stored at a time; more are rejected with `amqp:resource-limit-exceeded`. */
  readonly maxBytes?: number | undefined
  /** How often a message may be delivered in vain; after that it goes to `deadLetter`, or is dropped. 0: as often as it takes. */
  readonly maxDeliveries?: number | undefined
  /** The address for what nobody could work on. */
  readonly deadLetter?: string | undefined
  /** Expired messages go there too. */
  readonly deadLetterExpired?: boolean | undefined
}

const CHECKS: Readonly<Record<keyof QueueOptions, ValueCheck>> = {
  maxMessages: wholeNumber(1),
  maxBytes: wholeNumber(1),
  maxDeliveries: wholeNumber(0),
  deadLetter: (value) => aText(value) ?? (value === '' ? 'an address' : undefined),
  deadLetterExpired: aFlag,
}

const NAMES: ReadonlySet<string> = new Set(Object.keys(CHECKS))

/** @throws RouterOptionsError for another name, or a value that cannot be. */
export function checkQueueOptions(options: QueueOptions, where: string): QueueOptions {
  const defect = namesDefect(where, options, NAMES)
  if (defect !== undefined) throw new RouterOptionsError(defect)
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = options[name as keyof QueueOptions]
    const expected = value === undefined ? undefined : check(value)
    if (expected === undefined) continue
    throw new RouterOptionsError(`${where}.${name}: expected ${expected}, found ${describeValue(value)}`)
  }
  return Object.freeze({ ...options })
}
