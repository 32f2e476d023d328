// The INI dialect of oslo.config (oslo_config/iniparser.py), read as Python reads it: `name = value` or `name: value`, no
// comments behind values, indented lines go on with the value before them, a name may come several times.

import { ConfigFileError } from './errors.ts'

/** Group, then name, then what each assignment said, in order; lines of one value joined by line feeds. */
export type OsloIni = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

/** `[DEFAULT]` is also where what stands before the first group goes, as in Python. */
export const DEFAULT_GROUP = 'DEFAULT'

/** Group names in one spelling: all but DEFAULT in lower case. */
export const groupName = (name: string): string => (name === DEFAULT_GROUP ? name : name.toLowerCase())

/** Throws ConfigFileError; it names file and line, but never shows the line: it may hold a password. */
export function parseOsloIni(text: string, path: string): OsloIni {
  const groups = new Map<string, Map<string, string[]>>()
  let group: string | undefined
  let open: string[] | undefined

  const assign = (name: string, value: string): void => {
    if (group === undefined) throw new ConfigFileError('expected a group, as [DEFAULT], before the first option')
    const names = groups.get(group) ?? new Map<string, string[]>()
    groups.set(group, names)
    const values = names.get(name) ?? []
    names.set(name, values)
    values.push(value)
    open = values
  }

  const read = (line: string): void => {
    if (line === '') {
      open = undefined
    } else if (/^[ \t]/.test(line)) {
      if (!open) throw new ConfigFileError('an indented line, and no option before it that it could belong to')
      open.push(`${open.pop()}\n${line.trimStart()}`)
    } else if (line.startsWith('[')) {
      open = undefined
      group = groupOf(line)
    } else if (line.startsWith('#') || line.startsWith(';')) {
      open = undefined
    } else {
      assign(...assignmentOf(line))
    }
  }

  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    try {
      read(line.trimEnd())
    } catch (error) {
      throw error instanceof ConfigFileError ? error.at(path, index + 1) : error
    }
  }
  return groups
}

function groupOf(line: string): string {
  if (!line.endsWith(']')) throw new ConfigFileError('expected "]" at the end of the line of a group')
  const name = line.slice(1, -1)
  if (name === '') throw new ConfigFileError('a group without a name')
  return groupName(name)
}

/** What comes first, `=` or `:`, separates. One pair of quotes around the value is taken off. */
function assignmentOf(line: string): [name: string, value: string] {
  const at = line.search(/[:=]/)
  if (at < 0) throw new ConfigFileError('expected "name = value"')
  const name = line.slice(0, at).trim()
  if (name === '') throw new ConfigFileError('a value without a name')
  const value = line.slice(at + 1).trim()
  const quoted = (value[0] === '"' || value[0] === "'") && value.endsWith(value[0])
  return [name, quoted ? value.slice(1, -1) : value]
}
