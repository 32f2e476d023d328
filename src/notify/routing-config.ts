// Which publishers get which notifications, by groups of rules. oslo_messaging/notify/_impl_routing.py; its file is YAML.

import { InvalidArgumentError } from '../messaging/errors.ts'
import { checkNames } from '../messaging/options.ts'
import { describeValue } from '../support/describe-value.ts'
import { Glob } from '../support/glob.ts'
import type { Priority } from './notification.ts'

/** When a publisher of a group gets a notification: when each list that is given has a pattern that matches. No list: always. */
export interface RoutingRule {
  /** Patterns of the event type: `*`, `?`, `[seq]` and `[!seq]`, as shells have them; the case matters. */
  readonly accepted_events?: readonly string[] | null | undefined
  /** The same for the priority; the case makes no difference. */
  readonly accepted_priorities?: readonly string[] | null | undefined
}

/** Group, publisher, rule. A publisher gets a notification once, however many groups choose it. */
export type RoutingConfig = Readonly<Record<string, Readonly<Record<string, RoutingRule | null>>>>

const RULE_NAMES: ReadonlySet<string> = new Set<keyof RoutingRule>(['accepted_events', 'accepted_priorities'])

/** Patterns in one configuration, and characters in one pattern: what people write. */
const MAX_PATTERNS = 10_000
const MAX_PATTERN = 1_000

interface Route {
  readonly publisher: string
  readonly events: readonly Glob[] | undefined
  readonly priorities: readonly Glob[] | undefined
}

export class Routes {
  readonly #routes: readonly Route[]

  /** Throws InvalidArgumentError for what is no such configuration. */
  constructor(config: RoutingConfig) {
    const routes: Route[] = []
    let patterns = 0
    for (const [group, publishers] of entriesOf('routing', config)) {
      for (const [publisher, rule] of entriesOf(`routing.${group}`, publishers)) {
        const where = `routing.${group}.${publisher}`
        const { accepted_events: events, accepted_priorities: priorities } =
          rule === null ? {} : checkedRule(where, rule)
        const route = {
          publisher,
          events: matchersOf(`${where}.accepted_events`, events),
          priorities: matchersOf(`${where}.accepted_priorities`, priorities, true),
        }
        patterns += (route.events?.length ?? 0) + (route.priorities?.length ?? 0)
        routes.push(route)
      }
    }
    if (patterns > MAX_PATTERNS) throw new InvalidArgumentError(`routing: expected at most ${MAX_PATTERNS} patterns`)
    this.#routes = routes
  }

  /** All that it names, once each. */
  get publishers(): ReadonlySet<string> {
    return new Set(this.#routes.map(({ publisher }) => publisher))
  }

  /** Those that a notification goes to. */
  publishersOf(eventType: string, priority: Priority): ReadonlySet<string> {
    const chosen = new Set<string>()
    for (const { publisher, events, priorities } of this.#routes)
      if (accepts(events, eventType) && accepts(priorities, priority)) chosen.add(publisher)
    return chosen
  }
}

const accepts = (patterns: readonly Glob[] | undefined, text: string): boolean =>
  patterns === undefined || patterns.some((pattern) => pattern.test(text))

function entriesOf(where: string, value: unknown): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value)
  throw new InvalidArgumentError(`${where}: expected an object, not ${describeValue(value)}`)
}

function checkedRule(where: string, rule: unknown): RoutingRule {
  checkNames(where, rule as object, RULE_NAMES)
  return rule as RoutingRule
}

function matchersOf(where: string, patterns: unknown, ignoreCase = false): readonly Glob[] | undefined {
  if (patterns === undefined || patterns === null) return undefined
  if (!Array.isArray(patterns)) throw new InvalidArgumentError(`${where}: expected an array of patterns`)
  return patterns.map((pattern) => {
    if (typeof pattern === 'string' && pattern.length <= MAX_PATTERN) return new Glob(pattern, { ignoreCase })
    throw new InvalidArgumentError(
      `${where}: expected texts of at most ${MAX_PATTERN} characters, found ${typeof pattern === 'string' ? 'a longer one' : describeValue(pattern)}`,
    )
  })
}
