// The exchanges of one virtual host and what is bound to them. It knows queues by their names only.

import type { AddressCount } from './address-count.ts'
import { bindingWords, matchesBinding } from './binding-key.ts'

export const EXCHANGE_TYPES: readonly string[] = ['direct', 'fanout', 'topic'] satisfies ExchangeType[]
export type ExchangeType = 'direct' | 'fanout' | 'topic'

export interface ExchangeOptions {
  readonly type: ExchangeType
  readonly durable: boolean
  /** It goes with the last thing that was bound to it. */
  readonly autoDelete: boolean
  /** Only other exchanges send to it. */
  readonly internal: boolean
}

/** A queue, or another exchange. */
export interface Destination {
  readonly kind: 'queue' | 'exchange'
  readonly name: string
}

export interface Binding {
  readonly key: string
  readonly to: Destination
}

interface Bound extends Binding {
  readonly words: readonly string[]
}

/** Exchanges and bindings of one virtual host together: a message may have to be compared with all of them. */
const MAX_ENTRIES = 10_000

export class Exchange {
  readonly name: string
  readonly options: ExchangeOptions
  readonly #bindings = new Map<string, Bound>()

  constructor(name: string, options: ExchangeOptions) {
    this.name = name
    this.options = options
  }

  get bindings(): Iterable<Binding> {
    return this.#bindings.values()
  }

  get bound(): number {
    return this.#bindings.size
  }

  /** False: there was such a binding already. */
  bind(binding: Binding): boolean {
    const { size } = this.#bindings
    this.#bindings.set(idOf(binding), { ...binding, words: bindingWords(binding.key) })
    return this.#bindings.size > size
  }

  /** False: there was no such binding. */
  unbind(binding: Binding): boolean {
    return this.#bindings.delete(idOf(binding))
  }

  /** All that leads there. */
  unbindFrom(to: Destination): void {
    for (const binding of [...this.#bindings.values()])
      if (binding.to.kind === to.kind && binding.to.name === to.name) this.unbind(binding)
  }

  /** Where messages with this key go. `words`: of the key. */
  *destinationsOf(key: string, words: readonly string[]): Iterable<Destination> {
    const { type } = this.options
    for (const bound of this.#bindings.values())
      if (type === 'fanout' || (type === 'direct' ? bound.key === key : matchesBinding(bound.words, words)))
        yield bound.to
  }
}

const PREDECLARED = ['direct', 'fanout', 'topic'] as const

export class RabbitExchanges {
  readonly #exchanges = new Map<string, Exchange>()
  readonly #count: AddressCount
  readonly #onDeleted: (exchange: Exchange) => void
  #entries = 0

  /** `count`: of all that a router has. `onDeleted`: one is gone, by itself or because it was deleted. */
  constructor(count: AddressCount, onDeleted: (exchange: Exchange) => void) {
    this.#count = count
    this.#onDeleted = onDeleted
    for (const type of PREDECLARED) {
      const options = { type, durable: true, autoDelete: false, internal: false }
      this.#exchanges.set(`amq.${type}`, new Exchange(`amq.${type}`, options))
    }
  }

  /** No more exchanges and bindings. */
  get full(): boolean {
    return this.#entries >= MAX_ENTRIES || this.#count.full
  }

  /** There are others than those that are always there. */
  get declared(): boolean {
    return this.#exchanges.size > PREDECLARED.length
  }

  find(name: string): Exchange | undefined {
    return this.#exchanges.get(name)
  }

  declare(name: string, options: ExchangeOptions): Exchange {
    const exchange = new Exchange(name, options)
    this.#exchanges.set(name, exchange)
    this.#counted(1)
    return exchange
  }

  bind(exchange: Exchange, binding: Binding): void {
    if (exchange.bind(binding)) this.#counted(1)
  }

  delete(name: string): void {
    const exchange = this.#exchanges.get(name)
    if (!exchange || name.startsWith('amq.')) return
    this.#exchanges.delete(name)
    this.#counted(-1 - exchange.bound)
    this.#onDeleted(exchange)
    this.unbindAll({ kind: 'exchange', name })
  }

  unbind(exchange: Exchange, binding: Binding): void {
    if (!exchange.unbind(binding)) return
    this.#counted(-1)
    this.#deleteUnused(exchange)
  }

  /** Nothing leads there any more. */
  unbindAll(to: Destination): void {
    for (const exchange of [...this.#exchanges.values()]) {
      const before = exchange.bound
      exchange.unbindFrom(to)
      if (exchange.bound === before || this.#exchanges.get(exchange.name) !== exchange) continue
      this.#counted(exchange.bound - before)
      this.#deleteUnused(exchange)
    }
  }

  /** The names of the queues that get a message: each once. */
  queuesFor(exchange: Exchange, key: string): ReadonlySet<string> {
    const queues = new Set<string>()
    const words = key.split('.')
    const seen = new Set<Exchange>([exchange])
    for (const one of seen) {
      for (const { kind, name } of one.destinationsOf(key, words)) {
        if (kind === 'queue') queues.add(name)
        else {
          const next = this.find(name)
          if (next) seen.add(next) // the loop gets to it; a circle ends by itself
        }
      }
    }
    return queues
  }

  #counted(more: number): void {
    this.#entries += more
    if (more > 0) this.#count.add()
    else this.#count.remove(-more)
  }

  #deleteUnused(exchange: Exchange): void {
    if (exchange.options.autoDelete && exchange.bound === 0) this.delete(exchange.name)
  }
}

const idOf = ({ key, to }: Binding): string => JSON.stringify([to.kind, to.name, key])
