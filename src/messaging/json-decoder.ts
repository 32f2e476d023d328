// JSON text -> values, without what JSON.parse loses or refuses of Python's texts: integers beyond 2^53 (bigints) and the
// tokens NaN, Infinity, -Infinity. Nearly every text goes through the native parser; ours reads the rest.

/** Levels of arrays and objects. */
export const JSON_DEPTH_LIMIT = 256
/** Digits of one integer: Python's own limit; beyond it conversion costs quadratic time. */
export const JSON_DIGITS_LIMIT = 4300

/** The shortest text that can hold more levels than the limit: as many opening and closing brackets. */
const DEEP_TEXT_LENGTH = 2 * (JSON_DEPTH_LIMIT + 1)
const MAY_HOLD_BIG_INTEGER = /\d{16}/

/**
 * The value of a JSON text. Integers beyond 2^53 become bigints, NaN and the infinities numbers; duplicate keys: the last wins;
 * lone surrogates are kept. A key `__proto__` becomes an ordinary own member.
 *
 * Throws a SyntaxError for what is no JSON, and for more than 256 levels or 4300 digits.
 */
export function decodeJson(text: string): unknown {
  if (MAY_HOLD_BIG_INTEGER.test(text)) return new JsonParser(text).parse()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // NaN or an infinity; or a mistake, whose place our parser always says.
    return new JsonParser(text).parse()
  }
  if (text.length >= DEEP_TEXT_LENGTH) checkDepth(value, 0)
  return value
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth >= JSON_DEPTH_LIMIT) throw new SyntaxError(`JSON text with more than ${JSON_DEPTH_LIMIT} levels`)
  if (Array.isArray(value)) for (const element of value) checkDepth(element, depth + 1)
  else for (const key of Object.keys(value)) checkDepth((value as Record<string, unknown>)[key], depth + 1)
}

const WORDS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]

class JsonParser {
  readonly #numbers = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
  readonly #whitespace = /[ \t\n\r]*/y
  readonly #stringSigns = /["\\]/g
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): unknown {
    const value = this.#value(0)
    this.#skipWhitespace()
    if (this.#at < this.#text.length) throw this.#unexpected()
    return value
  }

  #value(depth: number): unknown {
    this.#skipWhitespace()
    const first = this.#text[this.#at]
    if (first === '"') return this.#string()
    if (first === '{' || first === '[') {
      if (depth >= JSON_DEPTH_LIMIT) throw new SyntaxError(`JSON text with more than ${JSON_DEPTH_LIMIT} levels`)
      this.#at += 1
      return first === '{' ? this.#object(depth + 1) : this.#array(depth + 1)
    }
    for (const [word, value] of WORDS) if (this.#take(word)) return value
    return this.#number()
  }

  #object(depth: number): object {
    const object: Record<string, unknown> = {}
    if (this.#takeSign('}')) return object
    do {
      this.#skipWhitespace()
      const key = this.#string()
      this.#expectSign(':')
      const value = this.#value(depth)
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      else object[key] = value
    } while (this.#takeSign(','))
    this.#expectSign('}')
    return object
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = []
    if (this.#takeSign(']')) return array
    do array.push(this.#value(depth))
    while (this.#takeSign(','))
    this.#expectSign(']')
    return array
  }

  /** Finds the end; escapes and refusals of control characters are the native parser's. */
  #string(): string {
    if (this.#text[this.#at] !== '"') throw this.#unexpected()
    const start = this.#at
    this.#stringSigns.lastIndex = start + 1
    for (;;) {
      const end = this.#stringSigns.exec(this.#text)
      if (!end) throw new SyntaxError(`unterminated string in JSON at position ${start}`)
      if (end[0] === '"') break
      this.#stringSigns.lastIndex = end.index + 2
    }
    this.#at = this.#stringSigns.lastIndex
    return JSON.parse(this.#text.slice(start, this.#at))
  }

  #number(): number | bigint {
    this.#numbers.lastIndex = this.#at
    const match = this.#numbers.exec(this.#text)
    if (!match) throw this.#unexpected()
    this.#at = this.#numbers.lastIndex
    const [digits, fraction, exponent] = match
    const value = Number(digits)
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(value)) return value
    if (digits.length > JSON_DIGITS_LIMIT)
      throw new SyntaxError(`an integer of more than ${JSON_DIGITS_LIMIT} digits in JSON`)
    return BigInt(digits)
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #takeSign(sign: string): boolean {
    this.#skipWhitespace()
    return this.#take(sign)
  }

  #expectSign(sign: string): void {
    if (!this.#takeSign(sign)) throw this.#unexpected()
  }

  #skipWhitespace(): void {
    this.#whitespace.lastIndex = this.#at
    this.#whitespace.test(this.#text)
    this.#at = this.#whitespace.lastIndex
  }

  #unexpected(): SyntaxError {
    const what = this.#at < this.#text.length ? `character ${JSON.stringify(this.#text[this.#at])}` : 'end'
    return new SyntaxError(`unexpected ${what} of JSON at position ${this.#at}`)
  }
}
