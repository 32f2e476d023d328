// What is being done to the addresses of one router now, and to whom it can be done.

import type { Connection, Link, LinkRequest } from '../amqp/index.ts'
import type { Address } from '../router/address.ts'
import type { Forwarder } from '../router/forwarder.ts'
import type { IncomingDelivery } from '../router/peer-link.ts'
import type { RouterProbe } from '../router/probe.ts'
import type { Producer } from '../router/producer.ts'
import { type AddressPattern, addressMatch } from './address-pattern.ts'
import { ChaosEffect, type EffectAction } from './chaos-effect.ts'
import { ChaosForwarder, type Interceptor } from './chaos-forwarder.ts'

export class ActiveEffects implements RouterProbe, Interceptor {
  readonly connections = new Set<Connection>()
  /** Those that peers have attached. */
  readonly links = new Set<Link>()
  readonly #effects = new Set<ChaosEffect>()
  readonly #places = new Set<ChaosForwarder>()
  #ending = false

  /** `name`: of what was asked for, for messages. `limit`: how often it strikes at most. */
  start(name: string, pattern: AddressPattern, action: EffectAction, limit?: number): ChaosEffect {
    const covers = addressMatch(pattern, `${name}: address`)
    const effect = new ChaosEffect(name, covers, action, limit, (stopped) => this.#onStopped(stopped))
    if (this.#ending) {
      effect.end(CLOSED)
      return effect
    }
    this.#effects.add(effect)
    for (const place of this.#places) if (covers(place.address.name)) action.begin?.(place, effect)
    return effect
  }

  stopAll(): void {
    for (const effect of [...this.#effects]) effect.stop()
  }

  // --- for addresses ------------------------------------------------------------------------------------------------

  /** Of several that fit the one that was started first. */
  intercept(place: ChaosForwarder, producer: Producer, delivery: IncomingDelivery): boolean {
    for (const effect of this.#effects) {
      if (!effect.action.take || !effect.active || !effect.covers(place.address.name)) continue
      effect.action.take(place, producer, delivery)
      effect.struck()
      return true
    }
    return false
  }

  forget(place: ChaosForwarder): void {
    this.#places.delete(place)
  }

  // --- for the router -----------------------------------------------------------------------------------------------

  forwarderOf(address: Address, own: Forwarder): Forwarder {
    const place = new ChaosForwarder(address, own, this)
    this.#places.add(place)
    for (const effect of this.#effects) if (effect.covers(address.name)) effect.action.begin?.(place, effect)
    return place
  }

  opened(connection: Connection): void {
    this.connections.add(connection)
  }

  closed(connection: Connection): void {
    this.connections.delete(connection)
  }

  answered(request: LinkRequest): void {
    const link = request.session.links.byName(request.name, request.role === 'sender')
    if (!link?.isLive || this.links.has(link)) return
    this.links.add(link)
    void link.closed.then(() => this.links.delete(link))
  }

  ending(): void {
    this.#ending = true
    for (const effect of [...this.#effects]) effect.end(CLOSED)
  }

  #onStopped(effect: ChaosEffect): void {
    this.#effects.delete(effect)
    const { action } = effect
    for (const place of this.#places) if (effect.covers(place.address.name)) action.end?.(place)
    action.stop?.()
  }
}

const CLOSED = 'the router is closed'
