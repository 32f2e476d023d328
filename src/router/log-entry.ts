/** From the least to the most urgent: what helps to find a fault, what is as it should be, what somebody should look at, what is broken. */
export const LOG_LEVELS = Object.freeze(['debug', 'info', 'warning', 'error'] as const)

export type RouterLogLevel = (typeof LOG_LEVELS)[number]

/** What has happened; these names stay. */
export type RouterLogEvent =
  | 'router.listening'
  | 'router.draining'
  | 'router.stopped'
  | 'connection.opened'
  | 'connection.closed'
  | 'connection.refused'
  | 'authentication.failed'
  | 'link.attached'
  | 'link.refused'
  | 'link.detached'
  | 'subscriber.detached'
  | 'pool.expired'
  | 'messages.dropped'
  | 'store.broken'
  | 'store.usable'
  | 'log.suppressed'

/** What an entry tells besides, where there is such a thing. Texts from the network are cut and escaped. */
export interface RouterLogFields {
  /** The connection, as `$management` names it. */
  readonly connection?: string | undefined
  /** The other end of it, as host and port. */
  readonly remoteAddress?: string | undefined
  /** What the peer calls itself (Open.container-id). */
  readonly container?: string | undefined
  /** The virtual host; the default one is not named. */
  readonly virtualHost?: string | undefined
  /** Who it is; of a failed authentication, who it said it is. Never a secret. */
  readonly user?: string | undefined
  /** By which SASL mechanism. */
  readonly mechanism?: string | undefined
  /** The link, as `$management` names it. */
  readonly link?: string | undefined
  /** What its peer named it. */
  readonly linkName?: string | undefined
  /** `in`: the peer sends. */
  readonly direction?: 'in' | 'out' | undefined
  /** The address that it is about. */
  readonly address?: string | undefined
  /** The AMQP error condition, where there is one. */
  readonly condition?: string | undefined
  /** Why messages were dropped: the name of their counter. */
  readonly cause?: string | undefined
  /** How many it is about. */
  readonly count?: number | undefined
  /** Where the router can be reached. */
  readonly url?: string | undefined
}

/** One entry of the router's log. */
export interface RouterLogEntry extends RouterLogFields {
  /** When, as ISO 8601 has it, UTC. */
  readonly time: string
  /** How urgent it is. */
  readonly level: RouterLogLevel
  /** What has happened. */
  readonly event: RouterLogEvent
  /** The same for a person, on one line. */
  readonly message: string
}
