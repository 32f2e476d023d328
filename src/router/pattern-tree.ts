// Finds the most specific of many patterns that cover an address. A pattern consists of tokens, of which `*` stands for any
// one token and `#` for any number of them, also none (the language and the order are Qpid Dispatch Router's).
//
// The order: from left to right the token itself goes before `*`, and `*` before `#`; a pattern that ends goes before a `#`
// that stands for nothing; and a `#` stands for as few tokens as possible. That is the order in which the tree is searched,
// so the first that is found is the answer.
//
// The work is bounded by the tokens of the address times those of the patterns, whatever they are: what one `#` has not
// matched from one token on it cannot match from a later one on, so none is tried twice; nor does a wildcard follow a `#` at
// once (inNormalForm).

import { AddressTokens } from './address-tokens.ts'

export const ONE = '*'
export const ANY = '#'

/** A place in the tree: what follows on the tokens that lead there. */
class PatternNode<V> {
  /** The value of the pattern that ends here. */
  value: V | undefined = undefined
  readonly literals = new Map<string, PatternNode<V>>()
  one: PatternNode<V> | undefined = undefined
  any: PatternNode<V> | undefined = undefined
  /** Somewhere before it stands a `#`, so that one search may come here several times. */
  readonly belowAny: boolean

  constructor(belowAny: boolean) {
    this.belowAny = belowAny
  }

  /** The node behind this token; made if there is none. */
  child(token: string, belowAny: boolean): PatternNode<V> {
    if (token === ONE) {
      this.one ??= new PatternNode(belowAny)
      return this.one
    }
    if (token === ANY) {
      this.any ??= new PatternNode(belowAny)
      return this.any
    }
    let child = this.literals.get(token)
    if (!child) {
      child = new PatternNode(belowAny)
      this.literals.set(token, child)
    }
    return child
  }
}

export class PatternTree<V> {
  readonly #root = new PatternNode<V>(false)

  /** The value of the same pattern goes. */
  set(pattern: readonly string[], value: V): void {
    let node = this.#root
    let belowAny = false
    for (const token of inNormalForm(pattern)) {
      node = node.child(token, belowAny)
      belowAny ||= token === ANY
    }
    node.value = value
  }

  /** The value of the most specific pattern that covers the address. */
  match(address: string): V | undefined {
    return new Search<V>(new AddressTokens(address)).behind(this.#root, 0)
  }
}

/** One address on its way through the tree. */
class Search<V> {
  readonly #tokens: AddressTokens
  /** Nodes of a `#` from which nothing was found. */
  #exhausted: Set<PatternNode<V>> | undefined

  constructor(tokens: AddressTokens) {
    this.#tokens = tokens
  }

  /** What covers the tokens from `at` on, behind a node whose own token is matched. */
  behind(node: PatternNode<V>, at: number): V | undefined {
    const token = this.#tokens.at(at)
    if (token === undefined) return node.value ?? node.any?.value
    const literal = node.literals.get(token)
    return (
      (literal && this.behind(literal, at + 1)) ??
      (node.one && this.behind(node.one, at + 1)) ??
      (node.any && this.#behindAny(node.any, at))
    )
  }

  /** As `behind`, for the node of a `#`: it matches no token, then one, then one more, and at last all that are left. */
  #behindAny(node: PatternNode<V>, at: number): V | undefined {
    if (node.literals.size === 0) return node.value
    if (this.#exhausted?.has(node)) return undefined
    let next = at
    for (let token = this.#tokens.at(next); token !== undefined; token = this.#tokens.at(next)) {
      next += 1
      const literal = node.literals.get(token)
      const found = literal && this.behind(literal, next)
      if (found !== undefined) return found
    }
    if (node.value === undefined && node.belowAny) {
      this.#exhausted ??= new Set()
      this.#exhausted.add(node)
    }
    return node.value
  }
}

// `#/*` and `*/#` cover the same, as `#/#` and `#` do: of wildcards in a row the `*` stand first, and one `#` last.
export function inNormalForm(pattern: readonly string[]): string[] {
  const tokens: string[] = []
  let any = false
  for (const token of pattern) {
    if (token === ANY) {
      any = true
      continue
    }
    if (any && token !== ONE) {
      tokens.push(ANY)
      any = false
    }
    tokens.push(token)
  }
  if (any) tokens.push(ANY)
  return tokens
}
