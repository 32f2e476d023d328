// One block of a file in the syntax of qdrouterd.conf, read attribute by attribute; what nobody has asked for is told.

import { nearestName } from '../support/nearest-name.ts'
import type { ConfAttribute, ConfBlock } from './conf-reader.ts'
import type { ConfigFile } from './config-file.ts'

const YES: ReadonlySet<string> = new Set(['yes', 'true', 'on', '1'])
const NO: ReadonlySet<string> = new Set(['no', 'false', 'off', '0'])

export class BlockAttributes {
  readonly name: string
  readonly line: number
  readonly #file: ConfigFile
  readonly #attributes: ReadonlyMap<string, ConfAttribute>
  readonly #asked = new Set<string>()
  readonly #unused: ReadonlySet<string>

  /** `unused`: attributes that such a block may have and that mean nothing here. */
  constructor(file: ConfigFile, block: ConfBlock, unused: readonly string[]) {
    this.name = block.name
    this.line = block.line
    this.#file = file
    this.#attributes = block.attributes
    this.#unused = new Set(unused)
  }

  text(name: string): string | undefined {
    this.#asked.add(name)
    const attribute = this.#attributes.get(name)
    if (attribute && attribute.value === undefined) throw this.defect(name, 'expected a value, found a map')
    return attribute?.value
  }

  /** Both ends included. */
  integer(name: string, least: number, most: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw this.defect(name, `expected a whole number from ${least} to ${most}`)
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name)?.toLowerCase()
    if (text === undefined) return undefined
    if (YES.has(text)) return true
    if (NO.has(text)) return false
    throw this.defect(name, 'expected yes or no')
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return found
    throw this.defect(name, `expected one of ${choices.join(', ')}`)
  }

  /** What is wrong with an attribute. Its value is not shown: it may be a secret. */
  defect(name: string, message: string, cause?: unknown): Error {
    return this.#file.defect(this.lineOf(name), `${this.name}.${name}: ${message}`, cause)
  }

  lineOf(name: string): number {
    return this.#attributes.get(name)?.line ?? this.line
  }

  /**
   * The names of the attributes that nobody asked for. Throws for one that is almost the name of one that somebody asked for:
   * it was meant.
   */
  leftOver(): string[] {
    const names = [...this.#attributes.keys()].filter((name) => !this.#asked.has(name))
    for (const name of names) {
      const nearest = this.#unused.has(name) ? undefined : nearestName(name, [...this.#asked])
      if (nearest !== undefined) throw this.defect(name, `unknown name; did you mean "${nearest}"?`)
    }
    return names
  }
}

/** Without the members that nobody gave. */
export function given<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
