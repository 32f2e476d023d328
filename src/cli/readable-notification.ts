// A notification for a person at a terminal.

import { printable } from './printable.ts'
import { onLines, onOneLine } from './readable-value.ts'
import { type Style, styled } from './styled.ts'

/** What `omsg listen` prints as one JSON line. */
export interface NotificationLine {
  readonly priority: string
  readonly publisher_id: string
  readonly event_type: string
  readonly payload: unknown
  readonly metadata: { readonly message_id: string; readonly timestamp: string }
  readonly ctxt: unknown
}

/** The terminal that it is for. */
export interface Page {
  readonly colour: boolean
  /** Columns. */
  readonly width: number
}

const STYLES: Readonly<Record<string, Style>> = {
  critical: ['bold', 'red'],
  error: 'red',
  warn: 'yellow',
  info: 'green',
  audit: 'magenta',
  debug: 'gray',
  sample: 'cyan',
}

const TIME_WIDTH = '2026-11-24 10:00:00.123'.length
const PRIORITY_WIDTH = 'CRITICAL'.length
const GAP = '  '
/** Of the lines of a payload that does not fit on the first one. */
const INDENT = '    '

/**
 * `2026-11-24 10:00:00.123  INFO      compute.create.end  from compute.node-1  {"id": 7}`; a payload for which the width does not suffice
 * stands below, a member a line.
 */
export function readableNotification(line: NotificationLine, { colour, width }: Page): string {
  const style = (format: Style, text: string): string => (colour ? styled(format, text) : text)
  const parts: readonly [Style, string][] = [
    ['dim', timeOf(line.metadata.timestamp).padEnd(TIME_WIDTH)],
    [STYLES[line.priority] ?? 'bold', printable(line.priority.toUpperCase()).padEnd(PRIORITY_WIDTH)],
    ['bold', textOf(line.event_type)],
    ['dim', `from ${textOf(line.publisher_id)}`],
  ]
  const head = parts.map(([format, text]) => style(format, text)).join(GAP)
  const taken = parts.reduce((sum, [, text]) => sum + text.length + GAP.length, 0)
  const payload = onOneLine(line.payload, width - taken)
  if (payload !== undefined) return `${head}${GAP}${payload}`
  return [head, ...onLines(line.payload, width - INDENT.length).map((text) => `${INDENT}${text}`)].join('\n')
}

/** What belongs there is a text; publishers may send anything, or nothing. */
const textOf = (value: unknown): string => (typeof value === 'string' ? printable(value) : '-')

/** Python's text to the millisecond, as wide on the full second as between two. Whatever else is sent is shown as it is. */
function timeOf(timestamp: unknown): string {
  const [, day, time, fraction = ''] =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?$/.exec(
      typeof timestamp === 'string' ? timestamp : '',
    ) ?? []
  return day === undefined ? textOf(timestamp) : `${day} ${time}.${fraction.slice(0, 3).padEnd(3, '0')}`
}
