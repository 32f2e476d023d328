// A value as JSON for a person: on one line where it fits, else a member a line. Long ones are shortened, and say so.

import { encodeJson } from '../messaging/json.ts'
import { printable } from './printable.ts'

/** What a screen or two hold. */
const MAX_LINES = 100
/** Of one text: some lines of a terminal. */
const MAX_TEXT = 1000
const STEP = 2

/** The whole value on one line of at most `room` characters; undefined when it is longer. */
export function onOneLine(value: unknown, room: number): string | undefined {
  if (!isContainer(value)) {
    if (typeof value === 'string' && value.length > room) return undefined
    const text = readableJson(value)
    return text.length <= room ? text : undefined
  }
  const [open, close] = brackets(value)
  let text = open
  for (const [key, member] of membersOf(value)) {
    if (text !== open) text += ', '
    if (key !== undefined) text += `${readableJson(key)}: `
    const part = onOneLine(member, room - text.length - close.length)
    if (part === undefined) return undefined
    text += part
  }
  return text.length + close.length <= room ? text + close : undefined
}

/** The value on as many lines as it takes, in at most `width` columns where its texts allow it. */
export function onLines(value: unknown, width: number): readonly string[] {
  const lines: string[] = []
  lay(value, { lines, width }, { indent: 0, before: '', after: '' })
  if (lines.length <= MAX_LINES) return lines
  return [...lines.slice(0, MAX_LINES), '… (--json shows all of it)']
}

interface Page {
  readonly lines: string[]
  readonly width: number
}

interface Place {
  readonly indent: number
  readonly before: string
  readonly after: string
}

function lay(value: unknown, page: Page, { indent, before, after }: Place): void {
  // One line more than are shown says that there are more.
  if (page.lines.length > MAX_LINES) return
  const put = (text: string): void => void page.lines.push(`${' '.repeat(indent)}${text}`)
  const inline = onOneLine(value, page.width - indent - before.length - after.length)
  if (inline !== undefined || !isContainer(value)) return put(`${before}${inline ?? shortened(value)}${after}`)
  const [open, close] = brackets(value)
  put(`${before}${open}`)
  const members = membersOf(value)
  for (const [index, [key, member]] of members.entries()) {
    if (page.lines.length > MAX_LINES) return
    lay(member, page, {
      indent: indent + STEP,
      before: key === undefined ? '' : `${shortened(key)}: `,
      after: index < members.length - 1 ? ',' : '',
    })
  }
  put(`${close}${after}`)
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

const brackets = (value: object): readonly [string, string] => (Array.isArray(value) ? ['[', ']'] : ['{', '}'])

const membersOf = (value: object): readonly (readonly [string | undefined, unknown])[] =>
  Array.isArray(value) ? value.map((element) => [undefined, element] as const) : Object.entries(value)

function shortened(value: unknown): string {
  if (typeof value !== 'string' || value.length <= MAX_TEXT) return readableJson(value)
  return `${readableJson(value.slice(0, MAX_TEXT))}… (${value.length} characters)`
}

/** JSON with the letters of all scripts as they are, not as escapes; control characters stay escaped. */
function readableJson(value: unknown): string {
  const text = encodeJson(value).replace(/\\(?:u([0-9a-f]{4})|.)/g, (sequence, hex: string | undefined) =>
    hex === undefined ? sequence : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return printable(text)
}
