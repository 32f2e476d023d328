// Patterns as shells have them. Python's fnmatch: `*`, `?`, `[seq]` and `[!seq]`; they cover the whole text.

/** A pattern. Matching takes time in proportion to the text, however many `*` there are. */
export class Glob {
  /** What stands between the `*`, in order; each has a length, so that the leftmost place is as good as any. */
  readonly #parts: readonly RegExp[]

  /** Any text is a pattern. */
  constructor(pattern: string, { ignoreCase = false }: { readonly ignoreCase?: boolean } = {}) {
    const sources = partsOf(pattern)
    const last = sources.length - 1
    this.#parts = sources.map(
      (source, index) =>
        new RegExp(`${index === 0 ? '^' : ''}${source}${index === last ? '$' : ''}`, flags(ignoreCase)),
    )
  }

  test(text: string): boolean {
    let from = 0
    return this.#parts.every((part) => {
      part.lastIndex = from
      const found = part.test(text)
      from = part.lastIndex
      return found
    })
  }
}

const flags = (ignoreCase: boolean): string => (ignoreCase ? 'gisu' : 'gsu')

function partsOf(pattern: string): string[] {
  const parts = ['']
  for (const [sign, not, set] of pattern.matchAll(/\*+|\?|\[(!?)(\]?[^\]]*)\]|[\s\S]/gu)) {
    if (sign.startsWith('*')) parts.push('')
    else parts[parts.length - 1] += sign === '?' ? '.' : set === undefined ? escaped(sign) : setSource(not === '!', set)
  }
  return parts
}

const escaped = (sign: string): string => sign.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&')

/** `[a-c]`: a range the wrong way round matches nothing, as in Python. */
function setSource(not: boolean, set: string): string {
  const source = `[${not ? '^' : ''}${set.replace(/[\\\]^[|]/gu, '\\$&')}]`
  try {
    new RegExp(source, 'u')
    return source
  } catch {
    return not ? '.' : '(?!)'
  }
}
