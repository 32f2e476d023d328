// What a user may send to and receive from: prefixes and patterns of tokens, of the address as the peer writes it.

import { patternOf, tokensOf } from './address-rule.ts'
import { MANAGEMENT } from './address-table.ts'
import { AddressTokens } from './address-tokens.ts'
import { RouterOptionsError } from './errors.ts'
import type { JsonPlace } from './json-place.ts'
import { ANY, ONE, PatternTree } from './pattern-tree.ts'

export type Direction = 'send' | 'receive'

/** Of one user. */
export class AccessRules {
  readonly #trees: Readonly<Record<Direction, PatternTree<string>>>

  private constructor(trees: Readonly<Record<Direction, PatternTree<string>>>) {
    this.#trees = trees
  }

  /** @throws RouterConfigError */
  static read(place: JsonPlace): AccessRules {
    const member = place.exactly(['send', 'receive'])
    return new AccessRules({ send: readPatterns(member('send')), receive: readPatterns(member('receive')) })
  }

  /** Without regard to addresses that the router has invented. */
  allows(direction: Direction, address: string): boolean {
    const covered = this.#trees[direction].match(address)
    if (covered === undefined) return false
    // Who may use all addresses of messages is not meant to govern the router by that.
    return covered === MANAGEMENT || new AddressTokens(address).at(0) !== MANAGEMENT
  }
}

/** Of each pattern its first token is kept. */
function readPatterns(place: JsonPlace): PatternTree<string> {
  const tree = new PatternTree<string>()
  for (const item of place.items()) {
    const text = item.text()
    const pattern = readPattern(item, text)
    tree.set(pattern, pattern[0] as string)
  }
  return tree
}

function readPattern(item: JsonPlace, text: string): readonly string[] {
  try {
    const tokens = tokensOf(text, '')
    const hasWildcards = tokens.includes(ONE) || tokens.includes(ANY)
    return patternOf(hasWildcards ? { pattern: text } : { prefix: text }, '')
  } catch (error) {
    if (error instanceof RouterOptionsError) throw item.defect(error.message.replace(/^[^:]*: /, ''))
    throw error
  }
}
