// Which addresses are distributed how: rules by prefix, whole tokens, the longest prefix wins.

import type { Distribution } from './distribution.ts'
import { checkDistribution } from './distribution.ts'
import { RouterOptionsError } from './errors.ts'

/** All addresses that begin with these tokens. */
export interface AddressRule {
  /** Tokens between `/` or `.`: `broadcast` covers `broadcast.openstack.t` and `/broadcast`, but not `broadcaster`. */
  readonly prefix: string
  readonly distribution: Distribution
}

/**
 * What both address syntaxes of oslo.messaging's AMQP 1.0 driver need (routable and legacy), and the `/unicast`, `/exclusive`
 * and `/broadcast` of its specification (Appendix B).
 */
export const DEFAULT_RULES: readonly AddressRule[] = Object.freeze([
  { prefix: 'openstack.org/om/rpc/multicast', distribution: 'multicast' },
  { prefix: 'openstack.org/om/rpc/unicast', distribution: 'closest' },
  { prefix: 'openstack.org/om/rpc/anycast', distribution: 'balanced' },
  { prefix: 'openstack.org/om/notify/multicast', distribution: 'multicast' },
  { prefix: 'openstack.org/om/notify/unicast', distribution: 'closest' },
  { prefix: 'openstack.org/om/notify/anycast', distribution: 'balanced' },
  { prefix: 'broadcast', distribution: 'multicast' },
  { prefix: 'exclusive', distribution: 'closest' },
  { prefix: 'unicast', distribution: 'closest' },
])

export class DistributionRules {
  readonly #byPrefix = new Map<string, Distribution>()
  readonly #longest: number
  readonly #otherwise: Distribution

  /**
   * `rules` go before the defaults where both have the same prefix.
   * @throws RouterOptionsError for an empty prefix, one that is given twice, or an unknown distribution.
   */
  constructor(rules: readonly AddressRule[] = [], otherwise: Distribution = 'balanced') {
    this.#otherwise = otherwise
    for (const { prefix, distribution } of DEFAULT_RULES) this.#byPrefix.set(normalized(prefix), distribution)
    const given = new Set<string>()
    for (const [index, rule] of rules.entries()) {
      const where = `rules[${index}]`
      const prefix = normalizedPrefix(rule?.prefix, where)
      if (given.has(prefix)) throw new RouterOptionsError(`${where}.prefix: "${rule.prefix}" has a rule already`)
      given.add(prefix)
      this.#byPrefix.set(prefix, checkDistribution(rule.distribution, `${where}.distribution`))
    }
    this.#longest = Math.max(...[...this.#byPrefix.keys()].map((prefix) => prefix.length))
  }

  /** How the messages of this address are distributed. */
  of(address: string): Distribution {
    // An address may be long and full of separators: only its beginning can match.
    const path = normalized(address.slice(0, this.#longest + 2))
    for (let end = endOfToken(path, this.#longest); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const distribution = this.#byPrefix.get(path.slice(0, end))
      if (distribution) return distribution
    }
    return this.#otherwise
  }
}

/** Where the last whole token ends that begins within `limit`. */
function endOfToken(path: string, limit: number): number {
  return path.length <= limit ? path.length : path.lastIndexOf('/', limit)
}

/** A leading slash makes no difference, nor which separator is used. */
function normalized(address: string): string {
  const path = address.replaceAll('.', '/')
  return path.startsWith('/') ? path.slice(1) : path
}

function normalizedPrefix(prefix: unknown, where: string): string {
  if (typeof prefix !== 'string')
    throw new RouterOptionsError(`${where}.prefix: expected a string, found ${typeof prefix}`)
  const path = normalized(prefix).replace(/\/+$/, '')
  if (path === '') throw new RouterOptionsError(`${where}.prefix: expected at least one token, found "${prefix}"`)
  return path
}
