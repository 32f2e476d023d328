// What addresses, prefixes and patterns consist of: tokens between `/` or `.`, as Qpid Dispatch Router has them.

const DOT = 0x2e
const SLASH = 0x2f

/**
 * The tokens of an address, cut off one by one as they are asked for: an address may be long, and mostly its beginning says
 * all. Separators at the beginning and at the end do not count: `/a/b` is `a.b`. Between two others stands an empty token.
 */
export class AddressTokens {
  readonly #address: string
  readonly #end: number
  readonly #tokens: string[] = []
  #position = 0

  constructor(address: string) {
    let end = address.length
    while (end > 0 && isSeparator(address, end - 1)) end -= 1
    while (this.#position < end && isSeparator(address, this.#position)) this.#position += 1
    this.#address = address
    this.#end = end
  }

  /** Undefined: it has no more than `index` tokens. */
  at(index: number): string | undefined {
    while (this.#tokens.length <= index && this.#position < this.#end) this.#cut()
    return this.#tokens[index]
  }

  #cut(): void {
    let end = this.#position
    while (end < this.#end && !isSeparator(this.#address, end)) end += 1
    this.#tokens.push(this.#address.slice(this.#position, end))
    this.#position = end + 1
  }
}

function isSeparator(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code === SLASH || code === DOT
}
