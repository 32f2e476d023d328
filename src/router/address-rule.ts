// A rule as users give it, and what becomes of it.

import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import { AddressTokens } from './address-tokens.ts'
import type { Distribution } from './distribution.ts'
import { checkDistribution } from './distribution.ts'
import { RouterOptionsError } from './errors.ts'
import { ANY, inNormalForm, ONE } from './pattern-tree.ts'
import type { QueueOptions } from './queue-options.ts'
import { checkQueueOptions } from './queue-options.ts'

/**
 * How the messages of certain addresses are distributed: of those that a prefix or a pattern covers. Exactly one of the two
 * is given. Both consist of tokens between `/` or `.`; a leading separator makes no difference, nor which of them it is.
 */
export interface AddressRule {
  /** All addresses that begin with these tokens: `broadcast` covers `broadcast.openstack.t` and `/broadcast`, not `broadcaster`. */
  readonly prefix?: string | undefined
  /**
   * All addresses that match as a whole: `*` stands for one token and `#` for any number of them, also none. So `a/#` is what
   * the prefix `a` is, and `events.*.error` covers `events/nova/error`.
   */
  readonly pattern?: string | undefined
  readonly distribution: Distribution
  /** Only with the distribution `queue`. */
  readonly queue?: QueueOptions | undefined
}

/** What is done with an address, by its rule. */
export interface Treatment {
  readonly distribution: Distribution
  readonly queue: QueueOptions | undefined
}

/** Checked, its prefix or pattern as tokens. */
export interface CheckedRule {
  /** In normal form: equal for all ways to write the same. */
  readonly pattern: readonly string[]
  readonly treatment: Treatment
}

/** Far more than an address has that means something. */
const MAX_TOKENS = 256

const NAMES: ReadonlySet<string> = new Set<keyof AddressRule>(['prefix', 'pattern', 'distribution', 'queue'])

/**
 * `where`: the place of the rule, for messages.
 * @throws RouterOptionsError for what is no rule.
 */
export function checkRule(rule: AddressRule, where: string): CheckedRule {
  const defect = namesDefect(where, rule, NAMES)
  if (defect !== undefined) throw new RouterOptionsError(defect)
  const distribution = checkDistribution(rule.distribution, `${where}.distribution`)
  if (rule.queue !== undefined && distribution !== 'queue')
    throw new RouterOptionsError(
      `${where}.queue: only the distribution "queue" has such options, not "${distribution}"`,
    )
  const queue = rule.queue === undefined ? undefined : checkQueueOptions(rule.queue, `${where}.queue`)
  return { pattern: patternOf(rule, where), treatment: Object.freeze({ distribution, queue }) }
}

/**
 * In normal form: equal for all ways to write the same.
 * @throws RouterOptionsError
 */
export function patternOf(
  { prefix, pattern }: Pick<AddressRule, 'prefix' | 'pattern'>,
  where: string,
): readonly string[] {
  if ((prefix === undefined) === (pattern === undefined))
    throw new RouterOptionsError(
      `${where}: expected prefix or pattern, found ${prefix === undefined ? 'neither' : 'both'}`,
    )
  if (pattern !== undefined) return inNormalForm(tokensOf(pattern, `${where}.pattern`))
  const tokens = tokensOf(prefix, `${where}.prefix`)
  if (tokens.includes(ONE) || tokens.includes(ANY))
    throw new RouterOptionsError(`${where}.prefix: * and # stand for other tokens in a pattern only`)
  return [...tokens, ANY]
}

/** @throws RouterOptionsError, whose message begins with the place. */
export function tokensOf(text: unknown, where: string): string[] {
  if (typeof text !== 'string') throw new RouterOptionsError(`${where}: expected a text, found ${describeValue(text)}`)
  const source = new AddressTokens(text)
  const tokens: string[] = []
  for (let token = source.at(0); token !== undefined; token = source.at(tokens.length)) {
    if (tokens.length === MAX_TOKENS)
      throw new RouterOptionsError(`${where}: expected at most ${MAX_TOKENS} tokens between / or .`)
    tokens.push(token)
  }
  if (tokens.length === 0) throw new RouterOptionsError(`${where}: expected at least one token, found "${text}"`)
  return tokens
}
