import type { Connection, ErrorCondition, Outcome } from '../amqp/index.ts'
import { ACCEPTED, RELEASED } from '../amqp/index.ts'
import { RouterOptionsError } from '../router/errors.ts'
import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import { reportDefect } from '../support/report-defect.ts'
import type { ActiveEffects } from './active-effects.ts'
import { type AddressPattern, addressMatch } from './address-pattern.ts'
import type { ChaosEffect, EffectAction } from './chaos-effect.ts'
import { Delay } from './delay.ts'
import { duplicate } from './duplicate.ts'
import { DroppedSettled, withheldCredit } from './withheld.ts'

/** Which connections: those of which all holds that is said. */
export interface ConnectionFilter {
  /** Open.container-id. */
  readonly containerId?: string | undefined
  /** Open.hostname: the virtual host that the client names. */
  readonly hostname?: string | undefined
  /** Whom SASL established. */
  readonly username?: string | undefined
  readonly where?: ((connection: Connection) => boolean) | undefined
}

/** Which links, of which connections: those of which all holds that is said. */
export interface LinkFilter extends ConnectionFilter {
  readonly address?: AddressPattern | undefined
  /** What the peer is. */
  readonly role?: 'sender' | 'receiver' | undefined
}

/** How often each has struck since the router was started. */
export interface ChaosCounters {
  readonly droppedConnections: number
  readonly detachedLinks: number
  readonly released: number
  readonly rejected: number
  readonly modified: number
  readonly lost: number
  readonly delayed: number
  readonly duplicated: number
  readonly droppedSettled: number
}

const CONNECTION_NAMES: ReadonlySet<string> = new Set(['containerId', 'hostname', 'username', 'where'])
const LINK_NAMES: ReadonlySet<string> = new Set([...CONNECTION_NAMES, 'address', 'role'])

/** The longest delay: what Node's timers can. */
const MAX_MS = 0x7fffffff

/**
 * What goes wrong with a router, on request: for tests of what an application makes of it.
 *
 * What is done to an address lasts until its effect is stopped, has struck `count` times, or the router closes. Of several
 * that fit a message the one that was started first strikes. What came pre-settled has nobody who would hear an outcome: it is
 * gone. All of them throw RouterOptionsError (`ROUTER_OPTIONS`) for what is no pattern, filter, count or time.
 */
export class Chaos {
  readonly #effects: ActiveEffects
  readonly #counts = {
    droppedConnections: 0,
    detachedLinks: 0,
    released: 0,
    rejected: 0,
    modified: 0,
    lost: 0,
    delayed: 0,
    duplicated: 0,
    droppedSettled: 0,
  }

  /** @internal */
  constructor(effects: ActiveEffects) {
    this.#effects = effects
  }

  get counters(): ChaosCounters {
    return Object.freeze({ ...this.#counts })
  }

  /**
   * Drops connections: their sockets are gone without a word. With `error` they are closed instead, with that condition, and
   * what was submitted leaves before. Returns how many.
   */
  dropConnections(which: ConnectionFilter = {}, how: { readonly error?: ErrorCondition | undefined } = {}): number {
    const name = 'chaos.dropConnections'
    checkFilter(name, which, CONNECTION_NAMES)
    checkError(name, how.error)
    const connections = [...this.#effects.connections].filter((one) => one.isOpen && fits(one, which))
    for (const connection of connections) {
      if (how.error) connection.close(how.error).catch((error) => reportDefect(name, error))
      else connection.abort(new Error('dropped on request'))
    }
    this.#counts.droppedConnections += connections.length
    return connections.length
  }

  /**
   * Detaches links that peers have attached, with `error` (default `amqp:link:detach-forced`); with `closed: false` the
   * peer may keep its terminus. Returns how many.
   */
  detachLinks(
    which: LinkFilter = {},
    how: { readonly error?: ErrorCondition | undefined; readonly closed?: boolean | undefined } = {},
  ): number {
    const name = 'chaos.detachLinks'
    checkFilter(name, which, LINK_NAMES)
    checkError(name, how.error)
    if (which.role !== undefined && which.role !== 'sender' && which.role !== 'receiver')
      throw new RouterOptionsError(`${name}: role: expected "sender" or "receiver", found ${describeValue(which.role)}`)
    const covers = which.address === undefined ? undefined : addressMatch(which.address, `${name}: address`)
    const links = [...this.#effects.links].filter((link) => {
      const role = link.role === 'sender' ? 'receiver' : 'sender'
      const address = role === 'receiver' ? link.source?.address : link.target?.address
      if (!link.isAttached || (which.role !== undefined && which.role !== role)) return false
      return (!covers || (address !== undefined && covers(address))) && fits(link.connection, which)
    })
    for (const link of links) {
      const told = { error: how.error ?? DETACHED, closed: how.closed ?? true }
      link.detach(told).catch((error) => reportDefect(name, error)) // what cannot be encoded, in its info
    }
    this.#counts.detachedLinks += links.length
    return links.length
  }

  /** Senders to these addresses get no credit, and lose what they have; those without an address of their own keep it. */
  withholdCredit(address: AddressPattern): ChaosEffect {
    return this.#effects.start('chaos.withholdCredit', address, withheldCredit)
  }

  /**
   * Messages wait for `ms` milliseconds before they go on. They count against their sender's credit, of which there are 250 at
   * most. When it is stopped they go on at once.
   */
  delay(address: AddressPattern, ms: number, count?: number): ChaosEffect {
    if (!Number.isFinite(ms) || ms < 0 || ms > MAX_MS)
      throw new RouterOptionsError(`chaos.delay: ms: expected 0 to ${MAX_MS} milliseconds, found ${describeValue(ms)}`)
    const delay = new Delay(ms)
    return this.#effects.start('chaos.delay', address, this.#counted('delayed', delay), count)
  }

  /** Messages go back to their senders: released, nobody has looked at them. */
  release(address: AddressPattern, count?: number): ChaosEffect {
    return this.#turnAway('release', 'released', address, count, RELEASED)
  }

  /** Messages are rejected: `error` says why (default `amqp:internal-error`). */
  reject(address: AddressPattern, count?: number, error: ErrorCondition = REJECTED): ChaosEffect {
    checkError('chaos.reject', error)
    return this.#turnAway('reject', 'rejected', address, count, { type: 'rejected', error })
  }

  /** Messages go back to their senders, modified. By default their delivery has failed: it may have been worked on. */
  modify(
    address: AddressPattern,
    count?: number,
    how: { readonly deliveryFailed?: boolean | undefined; readonly undeliverableHere?: boolean | undefined } = {},
  ): ChaosEffect {
    const { deliveryFailed = true, undeliverableHere = false } = how
    return this.#turnAway('modify', 'modified', address, count, { type: 'modified', deliveryFailed, undeliverableHere })
  }

  /** Messages are accepted, and go nowhere. With the pattern `REPLIES`: what a server answers. */
  lose(address: AddressPattern, count?: number): ChaosEffect {
    return this.#turnAway('lose', 'lost', address, count, ACCEPTED)
  }

  /** Messages are sent on twice, to whoever has their turn. Their senders hear what became of the first. */
  duplicate(address: AddressPattern, count?: number): ChaosEffect {
    return this.#effects.start('chaos.duplicate', address, this.#counted('duplicated', duplicate), count)
  }

  /**
   * Pre-settled messages of consumers without credit are thrown away, as by a router with `dropSettledOfSlow`. Queues are not
   * concerned.
   */
  dropSettled(address: AddressPattern = '#'): ChaosEffect {
    const dropped = new DroppedSettled(() => {
      this.#counts.droppedSettled += 1
    })
    return this.#effects.start('chaos.dropSettled', address, dropped)
  }

  /** Ends all effects. */
  stop(): void {
    this.#effects.stopAll()
  }

  #turnAway(
    name: string,
    counter: keyof ChaosCounters,
    address: AddressPattern,
    count: number | undefined,
    outcome: Outcome,
  ): ChaosEffect {
    const action: EffectAction = { take: (place, producer, delivery) => place.turnAway(producer, delivery, outcome) }
    return this.#effects.start(`chaos.${name}`, address, this.#counted(counter, action), count)
  }

  #counted(counter: keyof ChaosCounters, action: EffectAction): EffectAction {
    const stop = action.stop && (() => action.stop?.())
    return {
      take: (place, producer, delivery) => {
        this.#counts[counter] += 1
        action.take?.(place, producer, delivery)
      },
      ...(stop ? { stop } : {}),
    }
  }
}

const DETACHED: ErrorCondition = Object.freeze({
  condition: 'amqp:link:detach-forced',
  description: 'detached on request',
})

const REJECTED: ErrorCondition = Object.freeze({
  condition: 'amqp:internal-error',
  description: 'rejected on request',
})

/** A filter with a misspelt name would strike everybody. */
function checkFilter(name: string, given: ConnectionFilter, known: ReadonlySet<string>): void {
  const defect = namesDefect(name, given, known)
  if (defect !== undefined) throw new RouterOptionsError(defect)
  if (given.where !== undefined && typeof given.where !== 'function')
    throw new RouterOptionsError(`${name}: where: expected a function, found ${describeValue(given.where)}`)
}

/** It is sent when nobody is there any more who could be told that it cannot be. */
function checkError(name: string, error: ErrorCondition | undefined): void {
  if (error === undefined) return
  const { condition, description } = Object(error) as Partial<ErrorCondition>
  if (typeof condition !== 'string' || !/^[\x21-\x7e]+$/.test(condition))
    throw new RouterOptionsError(
      `${name}: error: expected { condition, description }, where the condition is an AMQP symbol, as amqp:internal-error`,
    )
  if (description !== undefined && typeof description !== 'string')
    throw new RouterOptionsError(`${name}: error.description: expected a text, found ${describeValue(description)}`)
}

function fits(connection: Connection, { containerId, hostname, username, where }: ConnectionFilter): boolean {
  const { remote } = connection
  if (containerId !== undefined && containerId !== remote.containerId) return false
  if (hostname !== undefined && hostname !== remote.hostname) return false
  if (username !== undefined && username !== connection.username) return false
  return where?.(connection) ?? true
}
