// Which notifications an endpoint wants to see. oslo_messaging/notify/filter.py: NotificationFilter.

import { checkNames } from '../messaging/options.ts'
import type { SerializedContext } from '../messaging/serializer.ts'
import type { NotificationEvent } from './notification.ts'

/** A regular expression; it is matched at the start of the text, as Python's re.match does. */
export type Pattern = RegExp | string

export interface NotificationFilterRules {
  readonly publisherId?: Pattern | undefined
  readonly eventType?: Pattern | undefined
  /** Key -> pattern. Every key must be there, with a text that matches. */
  readonly context?: Readonly<Record<string, Pattern>> | undefined
  readonly payload?: Readonly<Record<string, Pattern>> | undefined
  /** `message_id` and `timestamp`. */
  readonly metadata?: Readonly<Record<string, Pattern>> | undefined
}

const RULE_NAMES: ReadonlySet<string> = new Set<keyof NotificationFilterRules>([
  'publisherId',
  'eventType',
  'context',
  'payload',
  'metadata',
])

/**
 * All rules that are given must hold. What is no text matches nothing.
 *
 *     const endpoint = { filter: new NotificationFilter({ eventType: 'compute\\.' }), info(context, event) { … } }
 */
export class NotificationFilter {
  readonly #publisherId: RegExp | undefined
  readonly #eventType: RegExp | undefined
  readonly #context: readonly (readonly [string, RegExp])[]
  readonly #payload: readonly (readonly [string, RegExp])[]
  readonly #metadata: readonly (readonly [string, RegExp])[]

  /** Throws InvalidArgumentError for a rule that does not exist, a SyntaxError for a text that is no regular expression. */
  constructor(rules: NotificationFilterRules) {
    checkNames('rules of NotificationFilter', rules, RULE_NAMES)
    this.#publisherId = rules.publisherId === undefined ? undefined : anchored(rules.publisherId)
    this.#eventType = rules.eventType === undefined ? undefined : anchored(rules.eventType)
    this.#context = compile(rules.context)
    this.#payload = compile(rules.payload)
    this.#metadata = compile(rules.metadata)
  }

  matches(context: SerializedContext, event: NotificationEvent): boolean {
    const metadata = { message_id: event.messageId, timestamp: event.timestamp }
    return (
      textMatches(this.#publisherId, event.publisherId) &&
      textMatches(this.#eventType, event.eventType) &&
      membersMatch(this.#context, context) &&
      membersMatch(this.#metadata, metadata) &&
      membersMatch(this.#payload, event.payload)
    )
  }
}

/** Sticky, so that it matches where it begins: at 0. */
function anchored(pattern: Pattern): RegExp {
  const source = typeof pattern === 'string' ? pattern : pattern.source
  const flags = typeof pattern === 'string' ? '' : pattern.flags.replace(/[gy]/g, '')
  return new RegExp(`^(?:${source})`, flags.replace('m', ''))
}

const compile = (rules: Readonly<Record<string, Pattern>> = {}): readonly (readonly [string, RegExp])[] =>
  Object.entries(rules).map(([key, pattern]) => [key, anchored(pattern)] as const)

const textMatches = (pattern: RegExp | undefined, value: unknown): boolean =>
  pattern === undefined || (typeof value === 'string' && pattern.test(value))

function membersMatch(rules: readonly (readonly [string, RegExp])[], value: unknown): boolean {
  if (rules.length === 0) return true
  if (typeof value !== 'object' || value === null) return false
  return rules.every(
    ([key, pattern]) => Object.hasOwn(value, key) && textMatches(pattern, (value as Record<string, unknown>)[key]),
  )
}
