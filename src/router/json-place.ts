// A value in a JSON file together with where it stands, so that each expectation that fails says its place. No message shows a
// text that stands there: it may be a secret.

import { printable } from '../amqp/index.ts'
import { fromBase64 } from '../amqp/scram.ts'
import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import type { ConfigFile } from './config-file.ts'
import { readJson } from './json-reader.ts'

interface JsonSource {
  readonly file: ConfigFile
  readonly lines: ReadonlyMap<string, number>
}

export class JsonPlace {
  readonly value: unknown
  /** As `users.alice.scrypt`; empty: the whole file. */
  readonly name: string
  readonly #source: JsonSource

  private constructor(value: unknown, name: string, source: JsonSource) {
    this.value = value
    this.name = name
    this.#source = source
  }

  /** @throws RouterConfigError when it is no JSON. */
  static of(file: ConfigFile): JsonPlace {
    const { value, lines } = readJson(file)
    return new JsonPlace(value, '', { file, lines })
  }

  /** Only to be thrown. */
  defect(message: string): Error {
    const { file, lines } = this.#source
    return file.defect(lines.get(this.name), this.name === '' ? message : `${printable(this.name)}: ${message}`)
  }

  /** The members of an object. `names`: those that there are. */
  members(names?: ReadonlySet<string>): ReadonlyMap<string, JsonPlace> {
    const { value } = this
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#unexpected('an object')
    const members = new Map<string, JsonPlace>()
    for (const [name, inner] of Object.entries(value)) {
      const place = this.#at(this.name === '' ? name : `${this.name}.${name}`, inner)
      if (names && !names.has(name)) throw place.#unknown(this.name || 'the file', name, names)
      members.set(name, place)
    }
    return members
  }

  /** The members of an object that has all of them and no others. */
  exactly(names: readonly string[]): (name: string) => JsonPlace {
    const members = this.members(new Set(names))
    for (const name of names)
      if (!members.has(name)) throw this.defect(`expected ${names.join(', ')}; ${name} is missing`)
    return (name) => members.get(name) as JsonPlace
  }

  items(): readonly JsonPlace[] {
    const { value } = this
    if (!Array.isArray(value)) throw this.#unexpected('an array')
    return value.map((item: unknown, index) => this.#at(`${this.name}[${index}]`, item))
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.#unexpected('a text')
    return this.value
  }

  /** Both ends included. */
  wholeNumber(least: number, most: number): number {
    const { value } = this
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    throw this.#unexpected(`a whole number from ${least} to ${most}`)
  }

  /** In Base64. */
  bytes(least: number, most = least): Uint8Array {
    const { value } = this
    const bytes = typeof value === 'string' ? fromBase64(value) : undefined
    if (bytes && bytes.length >= least && bytes.length <= most) return bytes
    throw this.defect(`expected ${least === most ? least : `${least} to ${most}`} bytes in Base64`)
  }

  #at(name: string, value: unknown): JsonPlace {
    return new JsonPlace(value, name, this.#source)
  }

  #unexpected(what: string): Error {
    const found = typeof this.value === 'string' ? 'a text' : describeValue(this.value)
    return this.defect(`expected ${what}, found ${found}`)
  }

  #unknown(where: string, name: string, names: ReadonlySet<string>): Error {
    const { file, lines } = this.#source
    const defect = namesDefect(where, { [name]: true }, names) ?? `${where}: unknown name "${name}"`
    return file.defect(lines.get(this.name), printable(defect))
  }
}
