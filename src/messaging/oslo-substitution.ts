// `$name` in the values of an oslo.config file (oslo_config/cfg.py, ConfigOpts._substitute).

import { ConfigFileError } from './errors.ts'

/** `$$` or `\$`, `${name}`, `$name`, or a dollar that is none of them and stays. */
const REFERENCE = /\$\$|\\\$|\$\{([_a-z][._a-z0-9]*)\}|\$([_a-z][._a-z0-9]*)/gi

/** Values that refer to values that refer to values …: deeper is a circle. */
const MAX_DEPTH = 16

/** The text of an option: `name` in the group at hand or in [DEFAULT], or `group.name`. Undefined: there is none. */
export type LookUp = (group: string, name: string) => string | undefined

/**
 * The value with what it refers to put in, in which again may be references. Throws ConfigFileError for a name that there is not,
 * and for a circle. The message has the name, never a value.
 */
export function substituted(value: string, group: string, lookUp: LookUp, depth = 0): string {
  if (!value.includes('$')) return value
  return value.replace(REFERENCE, (_reference: string, braced?: string, bare?: string) => {
    const name = braced ?? bare
    if (name === undefined) return '$'
    if (depth >= MAX_DEPTH) throw new ConfigFileError(`$${name} in group [${group}] refers to itself in the end`)
    const [target, option] = resolved(name, group, lookUp)
    if (target === undefined)
      throw new ConfigFileError(
        `group [${group}] refers to $${name}, and there is no such option; a dollar sign itself is written $$`,
      )
    return substituted(target, option, lookUp, depth + 1)
  })
}

/** The value and the group that it was found in. */
function resolved(name: string, group: string, lookUp: LookUp): [value: string | undefined, group: string] {
  const dot = name.indexOf('.')
  if (dot > 0) {
    const other = name.slice(0, dot)
    return [lookUp(other, name.slice(dot + 1)), other]
  }
  const own = lookUp(group, name)
  return own === undefined ? [lookUp('DEFAULT', name), 'DEFAULT'] : [own, group]
}
