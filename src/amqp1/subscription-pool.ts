// A pool of listeners, as a subscription asks for it, and what is said where the bus has none.

import { printable } from '../amqp/index.ts'
import { NotSupportedError } from '../messaging/errors.ts'
import type { PeerProfile } from './profile.ts'
import type { SubscriptionPool } from './subscription.ts'

/** `topics`: what its listeners hear. */
export function subscriptionPool(name: string, topics: readonly string[], expiryMs: number): SubscriptionPool {
  return { name, expiryS: expiryMs / 1_000, missing: (profile) => notSupported(name, topics, profile) }
}

function notSupported(pool: string, topics: readonly string[], { product, version }: PeerProfile): NotSupportedError {
  const said = [product, version].filter((text) => text !== undefined).map(printable)
  const bus = product === undefined ? 'a bus that does not say which product it is' : said.join(' ')
  const list = [...topics, pool].map((topic) => `'${topic}'`).join(', ')
  return new NotSupportedError(
    `pool "${pool}" of ${topics.join(', ')}: not supported with ${bus}, where nothing is known that listeners could share by a name. ` +
      `Publish to one topic for each pool instead (notifier option topics: [${list}]), and listen to "${pool}" without a pool`,
  )
}
