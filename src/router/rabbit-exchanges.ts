// The exchanges of one virtual host and what is bound to them. It knows queues by their names only.

import { matchesBindingKey } from './binding-key.ts'

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

/** Exchanges and bindings of one virtual host together. */
const MAX_ENTRIES = 100_000

export class Exchange {
  readonly name: string
  readonly options: ExchangeOptions
  readonly #bindings = new Map<string, Binding>()

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

  bind(binding: Binding): void {
    this.#bindings.set(idOf(binding), binding)
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

  leadsTo({ key: bound }: Binding, key: string): boolean {
    const { type } = this.options
    return type === 'fanout' || (type === 'direct' ? bound === key : matchesBindingKey(bound, key))
  }
}

const PREDECLARED = ['direct', 'fanout', 'topic'] as const

export class RabbitExchanges {
  readonly #exchanges = new Map<string, Exchange>()
  readonly #onDeleted: (exchange: Exchange) => void

  /** `onDeleted`: one is gone, by itself or because it was deleted. */
  constructor(onDeleted: (exchange: Exchange) => void) {
    this.#onDeleted = onDeleted
    for (const type of PREDECLARED) {
      const options = { type, durable: true, autoDelete: false, internal: false }
      this.#exchanges.set(`amq.${type}`, new Exchange(`amq.${type}`, options))
    }
  }

  get full(): boolean {
    let entries = this.#exchanges.size
    for (const exchange of this.#exchanges.values()) entries += exchange.bound
    return entries >= MAX_ENTRIES
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
    return exchange
  }

  delete(name: string): void {
    const exchange = this.#exchanges.get(name)
    if (!exchange || name.startsWith('amq.')) return
    this.#exchanges.delete(name)
    this.#onDeleted(exchange)
    this.unbindAll({ kind: 'exchange', name })
  }

  unbind(exchange: Exchange, binding: Binding): void {
    if (exchange.unbind(binding)) this.#deleteUnused(exchange)
  }

  /** Nothing leads there any more. */
  unbindAll(to: Destination): void {
    for (const exchange of [...this.#exchanges.values()]) {
      const before = exchange.bound
      exchange.unbindFrom(to)
      if (exchange.bound < before) this.#deleteUnused(exchange)
    }
  }

  /** The names of the queues that get a message: each once. */
  queuesFor(exchange: Exchange, key: string): ReadonlySet<string> {
    const queues = new Set<string>()
    const seen = new Set<Exchange>([exchange])
    for (const one of seen) {
      for (const binding of one.bindings) {
        if (!one.leadsTo(binding, key)) continue
        if (binding.to.kind === 'queue') queues.add(binding.to.name)
        else {
          const next = this.find(binding.to.name)
          if (next) seen.add(next) // the loop gets to it; a circle ends by itself
        }
      }
    }
    return queues
  }

  #deleteUnused(exchange: Exchange): void {
    if (exchange.options.autoDelete && exchange.bound === 0) this.delete(exchange.name)
  }
}

const idOf = ({ key, to }: Binding): string => JSON.stringify([to.kind, to.name, key])
