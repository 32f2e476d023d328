// What the value of an option may be, where options are plain objects: the compiler holds TypeScript to it, this everybody else.

/** Undefined when the value is fine, else what was expected, in words. Never asked about undefined: that is the default. */
export type ValueCheck = (value: unknown) => string | undefined

const expects =
  (words: string, holds: (value: unknown) => boolean): ValueCheck =>
  (value) =>
    holds(value) ? undefined : words

export const aText: ValueCheck = expects('a text', (value) => typeof value === 'string')
export const aFlag: ValueCheck = expects('true or false', (value) => typeof value === 'boolean')
export const aFunction: ValueCheck = expects('a function', (value) => typeof value === 'function')
export const anObject: ValueCheck = expects('an object', isObject)
export const aSignal: ValueCheck = expects('an AbortSignal', (value) => value instanceof AbortSignal)
export const texts: ValueCheck = expects(
  'an array of texts',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
)

/** One of several kinds. */
export const either =
  (...checks: readonly ValueCheck[]): ValueCheck =>
  (value) => {
    const failures = checks.map((check) => check(value))
    return failures.includes(undefined) ? undefined : failures.join(' or ')
  }

/** Both ends included. */
export const wholeNumber = (least: number, most: number = Number.MAX_SAFE_INTEGER, unit = ''): ValueCheck => {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  return expects(
    `a whole number ${range}${unit}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  )
}

/** Need not be whole; `Infinity` is none. */
export const milliseconds = (least: number): ValueCheck =>
  expects(
    `milliseconds, a number of at least ${least}`,
    (value) => Number.isFinite(value) && (value as number) >= least,
  )

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
