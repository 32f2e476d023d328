// Which addresses are distributed how.

import type { AddressRule, Treatment } from './address-rule.ts'
import { checkRule } from './address-rule.ts'
import type { Distribution } from './distribution.ts'
import { RouterOptionsError } from './errors.ts'
import { PatternTree } from './pattern-tree.ts'

/** The priorities of notifications: each is an address of its own, `<topic>.<priority>`. */
const PRIORITIES = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample']

/**
 * What both address syntaxes of oslo.messaging's AMQP 1.0 driver need (routable and legacy), and the `/unicast`, `/exclusive`
 * and `/broadcast` of its specification (Appendix B). Notifications are stored: nobody may be listening yet.
 */
export const DEFAULT_RULES: readonly AddressRule[] = Object.freeze([
  { prefix: 'openstack.org/om/rpc/multicast', distribution: 'multicast' },
  { prefix: 'openstack.org/om/rpc/unicast', distribution: 'closest' },
  { prefix: 'openstack.org/om/rpc/anycast', distribution: 'balanced' },
  { prefix: 'openstack.org/om/notify/multicast', distribution: 'multicast' },
  { prefix: 'openstack.org/om/notify/unicast', distribution: 'closest' },
  { prefix: 'openstack.org/om/notify/anycast', distribution: 'queue' },
  { prefix: 'broadcast', distribution: 'multicast' },
  { prefix: 'exclusive', distribution: 'closest' },
  { prefix: 'unicast', distribution: 'closest' },
  ...PRIORITIES.map((priority): AddressRule => ({ pattern: `unicast.#.${priority}`, distribution: 'queue' })),
])

export class DistributionRules {
  readonly #tree = new PatternTree<Treatment>()
  readonly #otherwise: Treatment

  /**
   * `rules` go before `defaults` where both have the same pattern.
   * @throws RouterOptionsError for what is no rule, and for a pattern that is given twice.
   */
  constructor(
    rules: readonly AddressRule[] = [],
    otherwise: Distribution = 'balanced',
    defaults: readonly AddressRule[] = DEFAULT_RULES,
  ) {
    this.#otherwise = Object.freeze({ distribution: otherwise, queue: undefined })
    for (const rule of defaults) {
      const { pattern, treatment } = checkRule(rule, 'a default rule')
      this.#tree.set(pattern, treatment)
    }
    const given = new Set<string>()
    for (const [index, rule] of rules.entries()) {
      const where = `rules[${index}]`
      const { pattern, treatment } = checkRule(rule, where)
      const key = pattern.join('/')
      if (given.has(key))
        throw new RouterOptionsError(
          rule.prefix === undefined
            ? `${where}.pattern: "${rule.pattern}" has a rule already`
            : `${where}.prefix: "${rule.prefix}" has a rule already`,
        )
      given.add(key)
      this.#tree.set(pattern, treatment)
    }
  }

  /** How the messages of this address are distributed. */
  of(address: string): Distribution {
    return this.ruleOf(address).distribution
  }

  /** What the most specific rule that covers the address says; the order is that of PatternTree. */
  ruleOf(address: string): Treatment {
    return this.#tree.match(address) ?? this.#otherwise
  }
}
