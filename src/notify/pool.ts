// The name of a pool of listeners. It becomes a part of addresses, as `ADDRESS::POOL`.

import { InvalidArgumentError } from '../messaging/errors.ts'
import { describeValue } from '../support/describe-value.ts'

const MAX_LENGTH = 255

/** Control characters, and halves of surrogate pairs, which no text on the wire can have. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u

/** The name, if one is given. Throws InvalidArgumentError for what cannot be one. */
export function checkedPool(pool: unknown): string | undefined {
  if (pool === undefined) return undefined
  const defect = defectOf(pool)
  if (defect === undefined) return pool as string
  throw new InvalidArgumentError(`pool: expected ${defect}`)
}

function defectOf(pool: unknown): string | undefined {
  if (typeof pool !== 'string') return `a text, not ${describeValue(pool)}`
  if (pool === '') return 'a text that is not empty'
  if (pool.length > MAX_LENGTH) return `a text of at most ${MAX_LENGTH} characters, not of ${pool.length}`
  if (UNPRINTABLE.test(pool)) return 'a text without control characters, and whole characters'
  if (!pool.includes('::') && !pool.startsWith(':')) return undefined
  return `a text without "::" that does not begin with ":", not ${describeValue(pool)}`
}
