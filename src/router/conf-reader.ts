// The syntax of qdrouterd.conf, and of Appendix B of the specification of oslo.messaging's driver: blocks of attributes.
//
//   listener {                      # a block: its name and "{", and nothing else on the line
//       host: 127.0.0.1             # an attribute: its name, ":" and all the rest of the line up to a "#"
//       pattern: a/#                # but in a pattern "#" stands for tokens: its value ends at the next blank
//       openProperties: {           # a map: up to the "}" that belongs to it
//           "key": "value"
//       }
//   }
//
// A block may also stand on one line: `address { prefix: a distribution: closest }`. Names may be written with hyphens
// (`max-frame-size`), as they were in early versions. There are no quotes, and a value has no "#" (pattern apart).

import type { ConfigFile } from './config-file.ts'

export interface ConfAttribute {
  /** In camel case. */
  readonly name: string
  /** Undefined: a map, whose content nobody here needs. */
  readonly value: string | undefined
  readonly line: number
}

export interface ConfBlock {
  /** In camel case. */
  readonly name: string
  readonly line: number
  readonly attributes: ReadonlyMap<string, ConfAttribute>
}

/** In their values "#" is no comment. */
const WITH_HASH: ReadonlySet<string> = new Set(['pattern', 'bindingKey', 'hostname'])

const BLOCK = /^([\w-]{1,100})[ \t]*\{[ \t]*(.*)$/
const ATTRIBUTE = /^([\w-]{1,100})[ \t]*:[ \t]*(.*)$/
/** Where the next attribute of a block on one line begins. Blanks stand alone there. */
const NEXT_ATTRIBUTE = / (?=[\w-]{1,100} ?: )/
const NOTHING_MORE = /[ \t]*(?:#|$)/y

/** @throws RouterConfigError with the line of what is not written so. */
export function readConf(file: ConfigFile): readonly ConfBlock[] {
  const reader = new ConfReader(file)
  for (const line of file.text.split('\n')) reader.take(line.trim())
  return reader.end()
}

interface OpenBlock extends ConfBlock {
  readonly attributes: Map<string, ConfAttribute>
}

class ConfReader {
  readonly #file: ConfigFile
  readonly #blocks: ConfBlock[] = []
  #line = 0
  #open: OpenBlock | undefined
  /** The map that is being passed over: the line where it begins, and how many braces are open. */
  #map: { readonly line: number; depth: number } | undefined

  constructor(file: ConfigFile) {
    this.#file = file
  }

  take(line: string): void {
    this.#line += 1
    if (line === '' || line.startsWith('#')) return
    if (this.#map) this.#passOver(line)
    else if (this.#open) this.#takeInBlock(this.#open, line)
    else this.#takeOutside(line)
  }

  end(): readonly ConfBlock[] {
    if (this.#map) throw this.#file.defect(this.#map.line, 'expected "}" at the end of the map that begins here')
    if (this.#open)
      throw this.#file.defect(
        this.#open.line,
        `expected "}" at the end of the block ${this.#open.name} that begins here`,
      )
    return this.#blocks
  }

  #takeOutside(line: string): void {
    const [, name, rest = ''] = BLOCK.exec(line) ?? []
    if (name === undefined) {
      const attribute = ATTRIBUTE.exec(line)?.[1]
      const found = attribute === undefined ? 'something else' : `the attribute ${attribute}`
      throw this.#defect(`expected a block, as "address {", found ${found}`)
    }
    const block: OpenBlock = { name: camelCase(name), line: this.#line, attributes: new Map() }
    this.#blocks.push(block)
    if (withoutComment(rest) === '') this.#open = block
    else this.#takeOneLine(block, rest)
  }

  /** `prefix: a distribution: closest }` */
  #takeOneLine(block: OpenBlock, rest: string): void {
    const end = endOfBlock(rest)
    if (end < 0)
      throw this.#defect(`expected a line end behind "${block.name} {", or the whole block with its "}" on the line`)
    const content = rest
      .slice(0, end)
      .replaceAll(/[ \t]+/g, ' ')
      .trim()
    if (content === '') return
    for (const attribute of content.split(NEXT_ATTRIBUTE)) this.#takeAttribute(block, attribute)
    if (this.#map) throw this.#defect(`expected no map in a block on one line`)
  }

  #takeInBlock(block: OpenBlock, line: string): void {
    if (withoutComment(line) === '}') this.#open = undefined
    else this.#takeAttribute(block, line)
  }

  #takeAttribute(block: OpenBlock, line: string): void {
    const [, written, rest = ''] = ATTRIBUTE.exec(line) ?? []
    if (written === undefined)
      throw this.#defect(`expected an attribute, as "name: value", or the "}" of ${block.name}`)
    const name = camelCase(written)
    const value = WITH_HASH.has(name) ? (rest.split(/\s/, 1)[0] as string) : withoutComment(rest)
    if (value === '') throw this.#defect(`expected a value for ${name}`)
    if (block.attributes.has(name)) throw this.#defect(`expected each attribute once, and ${name} stands here again`)
    const isMap = value.startsWith('{')
    block.attributes.set(name, { name, value: isMap ? undefined : value, line: this.#line })
    if (isMap) {
      this.#map = { line: this.#line, depth: 0 }
      this.#passOver(value)
    }
  }

  /** What is in a map: JSON, or attributes. Braces in texts and comments are none. */
  #passOver(line: string): void {
    const map = this.#map
    if (!map) return
    for (let at = 0, quoted = false; at < line.length; at++) {
      const character = line[at]
      if (character === '\\') at += 1
      else if (character === '"') quoted = !quoted
      else if (quoted) continue
      else if (character === '#') return
      else if (character === '{') map.depth += 1
      else if (character === '}') map.depth -= 1
      if (map.depth > 0) continue
      this.#map = undefined
      return
    }
  }

  #defect(message: string): Error {
    return this.#file.defect(this.#line, message)
  }
}

const withoutComment = (text: string): string => (text.split('#', 1)[0] as string).trim()

/** The "}" behind which nothing stands but a comment; -1: there is none. */
function endOfBlock(text: string): number {
  for (let at = text.indexOf('}'); at >= 0; at = text.indexOf('}', at + 1)) {
    NOTHING_MORE.lastIndex = at + 1
    if (NOTHING_MORE.test(text)) return at
  }
  return -1
}

function camelCase(name: string): string {
  const [first = '', ...others] = name.split(/[-_]/).filter((word) => word !== '')
  return [first, ...others.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('')
}
