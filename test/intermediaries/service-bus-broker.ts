// Azure Service Bus, imitated from Microsoft's documents: namespaces by the host name that a client opens with, and their ways in. What
// is in the namespaces outlives them.

import { type Connection, type LinkRequest, type Listener, type ListenOptions, listen } from '../../src/amqp/index.ts'
import { ServiceBusNamespace, status } from './service-bus-namespace.ts'

/** The guide: "256-K bytes … for Service Bus Standard …, 1 MB for Service Bus Premium". */
const PREMIUM_FRAME = 1_048_576
/** Of the premium tier, where nobody has asked for more. */
const PREMIUM_MESSAGE = 1_048_576

export interface ServiceBusOptions {
  /** Milliseconds. Default: a minute, as Service Bus has it. */
  readonly sessionLockMs?: number
  /** Who shows another one at `$cbs` is refused. */
  readonly token?: string
}

export class ServiceBusBroker {
  readonly #options: ServiceBusOptions
  readonly #namespaces = new Map<string, ServiceBusNamespace>()
  /** The entities for which each connection has shown a token. */
  readonly #shown = new WeakMap<Connection, Set<string>>()
  readonly #listeners = new Set<Listener>()

  constructor(options: ServiceBusOptions = {}) {
    this.#options = options
  }

  /** One more way in. `tokens`: for who shows one. */
  async listen(options: ListenOptions = {}, tokens = false): Promise<Listener> {
    const listener = await listen({
      maxFrameSize: PREMIUM_FRAME,
      maxMessageSize: PREMIUM_MESSAGE,
      channelMax: ONE_SESSION,
      idleTimeoutMs: 120_000,
      ...options,
      onLink: (request) => this.#onLink(request, tokens),
    })
    this.#listeners.add(listener)
    return listener
  }

  /** Without a word to anybody. */
  async drop(listener: Listener): Promise<void> {
    this.#listeners.delete(listener)
    for (const connection of listener.connections) connection.abort(new Error('it is gone'))
    await listener.close()
  }

  async close(): Promise<void> {
    for (const listener of [...this.#listeners]) await this.drop(listener)
  }

  #onLink(request: LinkRequest, tokens: boolean): void {
    const { connection, address = '' } = request
    const namespace = this.#namespace(connection.remote.hostname ?? '')
    if (!tokens) return namespace.onLink(request)
    const shown = this.#shown.get(connection) ?? new Set<string>()
    this.#shown.set(connection, shown)
    if (address === '$cbs')
      return namespace.requestsAt(request, ({ applicationProperties: said, body }) => {
        const right = body?.type === 'value' && body.value === this.#options.token
        if (said?.get('operation') !== 'put-token') return status(501, 'not imitated')
        if (said.get('type') !== 'servicebus.windows.net:sastoken' || !right) return status(401, 'InvalidSignature')
        shown.add(String(said.get('name')))
        return status(202, 'Accepted')
      })
    if (shown.has(address.replace(/\/\$management$/, ''))) return namespace.onLink(request)
    request.refuse({ condition: 'amqp:unauthorized-access', description: `no claim for ${address}` })
  }

  #namespace(name: string): ServiceBusNamespace {
    const { sessionLockMs = 60_000 } = this.#options
    const namespace = this.#namespaces.get(name) ?? new ServiceBusNamespace({ sessionLockMs })
    this.#namespaces.set(name, namespace)
    return namespace
  }
}

/** "Azure Service Bus currently uses exactly one session for each connection." */
const ONE_SESSION = 0
