// JSON as people write it into files: whatever is wrong is told with its line, and without showing what stands there, which
// may be a secret. JSON.parse tells no line, and shows the text.

import { printable } from '../amqp/index.ts'
import type { ConfigFile } from './config-file.ts'

export interface JsonText {
  /** Objects have no prototype. */
  readonly value: unknown
  /** The line of every place: of `rules[0].prefix`; of the whole by the name ''. */
  readonly lines: ReadonlyMap<string, number>
}

/** Nothing that is read here is deeper than three. */
const MAX_DEPTH = 16
/** Names are parts of places, and every member has a place. */
const MAX_NAME_LENGTH = 100

const SPACE = /[ \t\r\n]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[A-Za-z]+/y
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** @throws RouterConfigError with the line of what is no JSON. */
export function readJson(file: ConfigFile): JsonText {
  return new JsonReader(file).read()
}

class JsonReader {
  readonly #file: ConfigFile
  readonly #text: string
  readonly #lines = new Map<string, number>()
  #position = 0
  #line = 1
  /** Up to where lines are counted. */
  #counted = 0

  constructor(file: ConfigFile) {
    this.#file = file
    this.#text = file.text
  }

  read(): JsonText {
    this.#skipSpace()
    const value = this.#value('', 0)
    this.#skipSpace()
    if (this.#position < this.#text.length) throw this.#expected('nothing more behind the end')
    return { value, lines: this.#lines }
  }

  #value(place: string, depth: number): unknown {
    this.#lines.set(place, this.#here())
    if (depth > MAX_DEPTH) throw this.#expected(`at most ${MAX_DEPTH} objects and arrays in each other`)
    switch (this.#text[this.#position]) {
      case '{':
        return this.#object(place, depth)
      case '[':
        return this.#array(place, depth)
      case '"':
        return this.#string()
      default:
        return this.#scalar()
    }
  }

  #object(place: string, depth: number): object {
    const object: Record<string, unknown> = Object.create(null)
    this.#each('}', () => {
      if (this.#text[this.#position] !== '"') throw this.#expected('a name in double quotes')
      const name = this.#string()
      if (name.length > MAX_NAME_LENGTH) throw this.#expected(`a name of at most ${MAX_NAME_LENGTH} characters`)
      if (name in object) throw this.#expected(`each name once, and "${printable(name)}" stands here again`)
      this.#skipSpace()
      this.#take(':', `":" behind the name "${printable(name)}"`)
      this.#skipSpace()
      object[name] = this.#value(place === '' ? name : `${place}.${name}`, depth + 1)
    })
    return object
  }

  #array(place: string, depth: number): unknown[] {
    const items: unknown[] = []
    this.#each(']', () => void items.push(this.#value(`${place}[${items.length}]`, depth + 1)))
    return items
  }

  /** What stands between the brackets, with commas between. */
  #each(end: '}' | ']', read: () => void): void {
    this.#position += 1
    this.#skipSpace()
    for (let first = true; this.#text[this.#position] !== end; first = false) {
      if (!first) {
        this.#take(',', `"," or "${end}"`)
        this.#skipSpace()
      }
      read()
      this.#skipSpace()
    }
    this.#position += 1
  }

  #string(): string {
    const start = this.#position
    let end = start + 1
    while (end < this.#text.length && this.#text[end] !== '"' && this.#text[end] !== '\n')
      end += this.#text[end] === '\\' ? 2 : 1
    if (this.#text[end] !== '"') throw this.#expected('a double quote at the end of the text, on the same line')
    try {
      const value = JSON.parse(this.#text.slice(start, end + 1)) as string
      this.#position = end + 1
      return value
    } catch {
      // Its message shows the text.
      throw this.#expected('a text without control characters, and none but the escapes of JSON')
    }
  }

  #scalar(): number | boolean | null {
    const number = this.#match(NUMBER)
    if (number !== undefined) return Number(number)
    const start = this.#position
    const word = WORDS.get(this.#match(WORD) ?? '')
    if (word !== undefined) return word
    this.#position = start
    throw this.#expected('a value: a text in double quotes, a number, true, false, null, { or [')
  }

  #take(character: string, expected: string): void {
    if (this.#text[this.#position] !== character) throw this.#expected(expected)
    this.#position += 1
  }

  #skipSpace(): void {
    this.#match(SPACE)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) return undefined
    this.#position += found.length
    return found
  }

  /** The line of the position; asked for places that come one behind the other. */
  #here(): number {
    for (; this.#counted < this.#position; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line += 1
    return this.#line
  }

  #expected(what: string): Error {
    const over = this.#position >= this.#text.length ? ', and the file ends' : ''
    return this.#file.defect(this.#here(), `expected ${what}${over}`)
  }
}
