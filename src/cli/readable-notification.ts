// A notification as a line for a person at a terminal.

import { encodeJson } from '../index.ts'
import { printable } from './printable.ts'
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

const STYLES: Readonly<Record<string, Style>> = {
  critical: ['bold', 'red'],
  error: 'red',
  warn: 'yellow',
  audit: 'magenta',
  debug: 'gray',
}

/** `2026-11-24 10:00:00.123456 INFO  compute.create.end  from compute.node-1  {"id": 7}` */
export function readableNotification(line: NotificationLine, colour: boolean): string {
  const style = (format: Style, text: string): string => (colour ? styled(format, printable(text)) : printable(text))
  return [
    style('dim', String(line.metadata.timestamp)),
    style(STYLES[line.priority] ?? 'green', line.priority.toUpperCase().padEnd(5)),
    style('bold', String(line.event_type)),
    style('dim', `from ${line.publisher_id}`),
    readableJson(line.payload),
  ].join('  ')
}

/** JSON with the letters of all scripts as they are, not as escapes; control characters stay escaped. */
function readableJson(value: unknown): string {
  const text = encodeJson(value).replace(/\\(?:u([0-9a-f]{4})|.)/g, (sequence, hex: string | undefined) =>
    hex === undefined ? sequence : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return printable(text)
}
