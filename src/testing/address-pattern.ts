import { patternOf } from '../router/address-rule.ts'
import { RouterOptionsError } from '../router/errors.ts'
import { PatternTree } from '../router/pattern-tree.ts'
import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'

/**
 * Addresses, as a rule of the router names them: a pattern in which `*` stands for one token between `/` or `.` and `#` for any number
 * of them, so that an address stands for itself; or a prefix of whole tokens.
 */
export type AddressPattern = string | { readonly prefix: string }

/** The dynamic addresses of a router, to which RPC replies go. */
export const REPLIES: AddressPattern = Object.freeze({ prefix: 'amqp:/_topo' })

const NAMES: ReadonlySet<string> = new Set(['prefix'])

/**
 * Whether an address is among them. `where`: the place of the pattern, for messages.
 * @throws RouterOptionsError for what is no pattern.
 */
export function addressMatch(pattern: AddressPattern, where: string): (address: string) => boolean {
  const tree = new PatternTree<true>()
  tree.set(patternOf(ruleOf(pattern, where), where), true)
  return (address) => tree.match(address) === true
}

function ruleOf(pattern: AddressPattern, where: string): { prefix: string } | { pattern: string } {
  if (typeof pattern === 'string') return { pattern }
  if (typeof pattern !== 'object' || pattern === null)
    throw new RouterOptionsError(`${where}: expected a pattern or { prefix }, found ${describeValue(pattern)}`)
  const defect = namesDefect(where, pattern, NAMES)
  if (defect !== undefined) throw new RouterOptionsError(defect)
  return pattern
}
