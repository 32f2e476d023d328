// Options are declared once, in a table. From the table come the TypeScript type, the checks, the defaults, the text
// forms (URL query, INI file, command line) and the reference page. A default stands nowhere else.
//
//   const TABLE = optionTable('group', { idleTimeoutMs: seconds({ name: 'idle_timeout', default: 60, min: 0, help: '…' }) })
//   type Options = ResolvedOptions<typeof TABLE>             { readonly idleTimeoutMs: number }
//   resolveOptions(TABLE, [{ origin: 'options', values: { idle_timeout: 30 } }])        -> frozen { idleTimeoutMs: 30000 }
//
// Rows hold oslo's name and unit (seconds); resolved options are in milliseconds and say so.

import { describeValue } from './describe-value.ts'
import { nearestName } from './nearest-name.ts'

export type OptionType = 'integer' | 'boolean' | 'string' | 'list' | 'seconds'

/** What can be given for a row, besides its text form. */
export type OptionInput = number | boolean | string | null | readonly string[]

interface OptionFacts {
  /** oslo's name: how configuration files, the URL's query and the command line call it. */
  readonly name: string
  /** One or two sentences: what it does. Goes to the reference page. */
  readonly help: string
  /** Never printed. */
  readonly secret?: boolean
  /** oslo.messaging has no such option. */
  readonly own?: boolean
  /** Where our default differs from oslo's: oslo's, and why. */
  readonly deviation?: string
  /** Why it is accepted and does nothing. */
  readonly inert?: string
  /** Groups in which older files may have it. */
  readonly oldGroups?: readonly string[]
  /** `group/name` under which older files may have it. */
  readonly oldNames?: readonly string[]
  /** Of a list: in a file it is one value a line, the name coming again each time. */
  readonly repeated?: boolean
}

/** One declared option. `V` is the type of its resolved value. */
export interface OptionRow<V> extends OptionFacts {
  readonly type: OptionType
  /** In the unit of the row (seconds for durations). */
  readonly default: OptionInput
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** The only texts allowed. */
  readonly choices?: readonly string[] | undefined
  /** Only for the type system: what the row resolves to. */
  readonly value?: V
}

type NumberFacts = OptionFacts & { readonly default: number; readonly min?: number; readonly max?: number }
type TextFacts = OptionFacts & { readonly default: string; readonly choices?: readonly string[] }
type ListFacts = OptionFacts & { readonly default: readonly string[]; readonly choices?: readonly string[] }

export const integer = (facts: NumberFacts): OptionRow<number> => ({ ...facts, type: 'integer' })
/** A duration: whole seconds in every text and by oslo's name, milliseconds when resolved. */
export const seconds = (facts: NumberFacts): OptionRow<number> => ({ ...facts, type: 'seconds' })
export const boolean = (facts: OptionFacts & { readonly default: boolean }): OptionRow<boolean> => ({
  ...facts,
  type: 'boolean',
})
export const string = (facts: TextFacts): OptionRow<string> => ({ ...facts, type: 'string' })
/** A text that may be absent. */
export const optionalString = (facts: OptionFacts): OptionRow<string | undefined> => ({
  ...facts,
  type: 'string',
  default: null,
})
/** One of the choices, or none. */
export const chosenString = (
  facts: OptionFacts & { readonly choices: readonly string[] },
): OptionRow<string | undefined> => ({ ...facts, type: 'string', default: null })
export const list = (facts: ListFacts): OptionRow<readonly string[]> => ({ ...facts, type: 'list' })

export type OptionRows = Readonly<Record<string, OptionRow<unknown>>>

export interface OptionTable<R extends OptionRows = OptionRows> {
  /** oslo's group, as `oslo_messaging_amqp`; `DEFAULT` for the one without a name. */
  readonly group: string
  readonly rows: R
}

export const optionTable = <R extends OptionRows>(group: string, rows: R): OptionTable<R> =>
  Object.freeze({ group, rows: Object.freeze(rows) })

/** The resolved options of a table. */
export type ResolvedOptions<T extends OptionTable> = {
  readonly [K in keyof T['rows']]: T['rows'][K] extends OptionRow<infer V> ? V : never
}

/** What somebody gave, by oslo's names. Values may have their own type or be text. */
export interface OptionSource {
  /** Where it stands, for error messages: `url query`, `options`, a file's path. */
  readonly origin: string
  readonly values: Readonly<Record<string, unknown>>
}

/** An option that does not exist, or a value that it cannot have. The message names group, option, origin and what was expected. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
  readonly code: 'OPTION_UNKNOWN' | 'OPTION_INVALID'
  readonly group: string
  readonly option: string

  constructor(code: OptionError['code'], group: string, option: string, message: string) {
    super(message)
    this.code = code
    this.group = group
    this.option = option
  }
}

/** The frozen options that follow from the sources; a later source wins over an earlier one. Throws OptionError. */
export function resolveOptions<T extends OptionTable>(table: T, sources: readonly OptionSource[]): ResolvedOptions<T> {
  const byName = new Map(Object.entries(table.rows).map(([key, row]) => [row.name, key]))
  const resolved: Record<string, unknown> = {}
  for (const [key, row] of Object.entries(table.rows)) resolved[key] = toResolved(row, row.default)
  for (const { origin, values } of sources) {
    for (const [name, value] of Object.entries(values)) {
      const key = byName.get(name)
      if (key === undefined) throw unknownOption(table.group, name, origin, [...byName.keys()])
      if (value !== undefined) resolved[key] = convert(table, table.rows[key] as OptionRow<unknown>, value, origin)
    }
  }
  return Object.freeze(resolved) as ResolvedOptions<T>
}

/** The names among `values` that the sources set themselves (for options whose mere presence matters). */
export function givenNames(sources: readonly OptionSource[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { values } of sources)
    for (const [name, value] of Object.entries(values)) if (value !== undefined) names.add(name)
  return names
}

function unknownOption(group: string, name: string, origin: string, known: readonly string[]): OptionError {
  const nearest = nearestName(name, known)
  const hint = nearest ? `; did you mean "${nearest}"?` : ''
  return new OptionError(
    'OPTION_UNKNOWN',
    group,
    name,
    `unknown option "${name}" in group [${group}] (${origin})${hint}`,
  )
}

function convert(table: OptionTable, row: OptionRow<unknown>, value: unknown, origin: string): unknown {
  const parsed = parseValue(row, value)
  if (parsed === undefined) {
    const shown = row.secret ? 'the value given' : describeValue(value)
    const message = `option "${row.name}" in group [${table.group}] (${origin}): expected ${expectation(row)}, not ${shown}`
    throw new OptionError('OPTION_INVALID', table.group, row.name, message)
  }
  return toResolved(row, parsed)
}

/** In words, what a row accepts: `an integer of at least 1`. */
export function expectation(row: OptionRow<unknown>): string {
  switch (row.type) {
    case 'integer':
      return `an integer${range(row)}`
    case 'seconds':
      return `whole seconds${range(row)}`
    case 'boolean':
      return 'true or false (or 1, on, yes; 0, off, no)'
    case 'list':
      return row.choices ? `a list of ${row.choices.join(', ')}` : 'a list of texts'
    case 'string':
      return row.choices ? `one of ${row.choices.join(', ')}` : 'a text'
  }
}

function range(row: OptionRow<unknown>): string {
  if (row.min !== undefined && row.max !== undefined) return ` between ${row.min} and ${row.max}`
  if (row.min !== undefined) return ` of at least ${row.min}`
  return row.max === undefined ? '' : ` of at most ${row.max}`
}

/** The value in the row's own unit, or undefined when it is none. */
function parseValue(row: OptionRow<unknown>, value: unknown): OptionInput | undefined {
  switch (row.type) {
    case 'integer':
    case 'seconds':
      return parseInteger(row, value)
    case 'boolean':
      return parseBoolean(value)
    case 'list':
      return parseList(row, value)
    case 'string':
      if (value === null && row.default === null) return null
      return typeof value === 'string' && (!row.choices || row.choices.includes(value)) ? value : undefined
  }
}

function parseInteger(row: OptionRow<unknown>, value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined
  if (row.min !== undefined && number < row.min) return undefined
  return row.max !== undefined && number > row.max ? undefined : number
}

function parseBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  const text = value.trim().toLowerCase()
  if (['true', '1', 'on', 'yes'].includes(text)) return true
  return ['false', '0', 'off', 'no'].includes(text) ? false : undefined
}

function parseList(row: OptionRow<unknown>, value: unknown): readonly string[] | undefined {
  const items: unknown = typeof value === 'string' ? value.split(',').flatMap((item) => item.trim() || []) : value
  if (!Array.isArray(items)) return undefined
  const texts: string[] = []
  for (const item of items) {
    if (typeof item !== 'string') return undefined
    const text = row.choices ? item.trim().toLowerCase() : item
    if (row.choices && !row.choices.includes(text)) return undefined
    texts.push(text)
  }
  return texts
}

function toResolved(row: OptionRow<unknown>, value: OptionInput): unknown {
  if (row.type === 'seconds') return (value as number) * 1000
  if (Array.isArray(value)) return Object.freeze([...value])
  return value ?? undefined
}
