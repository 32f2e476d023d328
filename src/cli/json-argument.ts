// JSON that a person typed into a shell, where quotes get lost easily: a mistake is shown at its place.

import { decodeJson } from '../messaging/json.ts'
import { UsageError } from './exit-codes.ts'
import { printable } from './printable.ts'

// How much of a long text is shown around the mistake.
const SHOWN_BEFORE = 40
const SHOWN_AFTER = 20
const MAX_SHOWN = 60

/** The value of the JSON text. Integers are exact; Python's NaN and Infinity are read. Throws UsageError that calls the argument by `name`. */
export function parseJsonArgument(text: string, name: string): unknown {
  try {
    return decodeJson(text)
  } catch (error) {
    throw new UsageError(`error: ${name} is not JSON: ${explain(text, error)}`, { cause: error })
  }
}

/** As parseJsonArgument, for what has to be an object. */
export function parseJsonObject(text: string, name: string): Record<string, unknown> {
  const value = parseJsonArgument(text, name)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UsageError(
    `error: ${name} has to be a JSON object such as '{"value": 1}', not ${kindOf(value)}: ${shortened(text)}`,
  )
}

const shortened = (text: string): string => printable(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'string' ? 'a string' : `a ${typeof value === 'bigint' ? 'number' : typeof value}`
}

function explain(text: string, error: unknown): string {
  const reason = printable(error instanceof Error ? error.message : String(error))
  const place = placeOf(text, reason)
  const lines = [reason]
  if (place !== undefined) {
    const before = printable(text.slice(Math.max(0, place - SHOWN_BEFORE), place))
    lines.push(
      `  ${before}${printable(text.slice(place, place + SHOWN_AFTER))}`,
      `  ${' '.repeat(before.length)}^ here`,
    )
  }
  lines.push(
    `Names and texts stand in double quotes, and the whole in single quotes for the shell: '{"value": "text"}'`,
  )
  return lines.join('\n')
}

/** JSON.parse, like our own parser, says the place in the message only, and not always. */
function placeOf(text: string, reason: string): number | undefined {
  const position = / at position (\d+)/.exec(reason)?.[1]
  if (position !== undefined) return Math.min(Number(position), text.length)
  return /end of JSON/.test(reason) ? text.length : undefined
}
