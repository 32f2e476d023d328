// The blocks about addresses: `address` as Qpid Dispatch Router has it, and `fixed-address`, its form in the specification of
// oslo.messaging's driver (Appendix B).

import type { AddressRule } from './address-rule.ts'
import { AddressTokens } from './address-tokens.ts'
import type { BlockAttributes } from './conf-block.ts'
import { given } from './conf-block.ts'
import type { Distribution } from './distribution.ts'
import { DISTRIBUTIONS } from './distribution.ts'
import type { QueueOptions } from './queue-options.ts'

export const ADDRESS_UNUSED: readonly string[] = [
  'name',
  'waypoint',
  'ingressPhase',
  'egressPhase',
  'priority',
  'enableFallback',
  'fallback',
]

export const FIXED_ADDRESS_UNUSED: readonly string[] = ['name', 'phase']

/** Without a distribution the address is balanced, as it is there. */
export function addressRule(block: BlockAttributes): AddressRule {
  const distribution = block.choice('distribution', DISTRIBUTIONS) as Distribution | undefined
  const queue: QueueOptions = given({
    maxMessages: block.integer('maxMessages', 1, Number.MAX_SAFE_INTEGER),
    maxBytes: block.integer('maxBytes', 1, Number.MAX_SAFE_INTEGER),
    maxDeliveries: block.integer('maxDeliveries', 0, Number.MAX_SAFE_INTEGER),
    maxTtlMs: block.integer('maxTtlMs', 0, Number.MAX_SAFE_INTEGER),
    deadLetter: block.text('deadLetter'),
    deadLetterExpired: block.flag('deadLetterExpired'),
  })
  return given<AddressRule>({
    prefix: block.text('prefix'),
    pattern: block.text('pattern'),
    distribution: distribution ?? 'balanced',
    queue: Object.keys(queue).length > 0 ? queue : undefined,
  })
}

/** A rule; or, for the prefix `/`, what holds for all addresses without one. */
export function fixedAddressRule(block: BlockAttributes): AddressRule | Distribution {
  const prefix = block.text('prefix')
  if (prefix === undefined) throw block.defect('prefix', 'is missing')
  const fanout = block.choice('fanout', ['multiple', 'single']) ?? 'multiple'
  const bias = block.choice('bias', ['closest', 'spread']) ?? 'closest'
  const single: Distribution = bias === 'closest' ? 'closest' : 'balanced'
  const distribution = fanout === 'multiple' ? 'multicast' : single
  return new AddressTokens(prefix).at(0) === undefined ? distribution : { prefix, distribution }
}
