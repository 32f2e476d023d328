// The nodes of RabbitMQ 4 (its documentation, "AMQP 1.0"; answers as recorded from 4.3): queues and exchanges, which are declared
// through /management and made by no attach.

import { randomBytes } from 'node:crypto'
import type { AmqpValue, Connection, ErrorCondition, LinkRequest, Outcome, Source } from '../amqp/index.ts'
import { AmqpArray, Described, RELEASED, symbol } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { AddressTable } from './address-table.ts'
import { TOO_MANY } from './address-table.ts'
import { ExchangeForwarder } from './exchange-forwarder.ts'
import type { Forwarder } from './forwarder.ts'
import type { Nodes, NoNode, Route, SourceNode, TargetNode } from './nodes.ts'
import { refusal } from './nodes.ts'
import { canonicalAddress, parseRabbitAddress } from './rabbit-address.ts'
import { type Exchange, RabbitExchanges } from './rabbit-exchanges.ts'
import { RabbitManagement } from './rabbit-management.ts'
import { messageFault } from './rabbit-message.ts'
import type { QueueDeclaration } from './rabbit-queue-arguments.ts'
import { type RabbitQueue, RabbitQueues } from './rabbit-queues.ts'
import { NO_SOURCE, NO_TRANSACTIONS } from './table-nodes.ts'

/** A source with this capability may be dynamic. */
const TEMPORARY_QUEUE = 'temporary-queue'

/** How the queues of dynamic sources begin. */
const TEMPORARY_NAME = 'amq.dyn'

/** 128 bits. */
const RANDOM_BYTES = 16

const TEMPORARY: QueueDeclaration = Object.freeze({
  durable: false,
  exclusive: true,
  autoDelete: true,
  given: new Map(),
  limits: {},
  expiresMs: undefined,
})

export class RabbitNodes implements Nodes {
  readonly #table: AddressTable
  readonly #host: string
  readonly #queues: RabbitQueues
  readonly #exchanges: RabbitExchanges
  readonly #management: RabbitManagement
  /** Where links send to exchanges: each has an address of its own. */
  readonly #targets = new Map<Address, Exchange>()

  constructor(table: AddressTable) {
    this.#table = table
    this.#host = table.host === '' ? '/' : table.host
    this.#exchanges = new RabbitExchanges(table.count, (exchange) => this.#detachFrom(exchange))
    this.#queues = new RabbitQueues(table, (name) => this.#exchanges.unbindAll({ kind: 'queue', name }))
    this.#management = new RabbitManagement(this.#queues, this.#exchanges, this.#host)
  }

  get keeps(): boolean {
    return this.#exchanges.declared
  }

  answers(request: LinkRequest): boolean {
    return this.#management.answers(request)
  }

  sourceOf(request: LinkRequest): SourceNode | NoNode {
    const { connection, source: asked } = request
    if (asked?.dynamic) return this.#temporary(request, asked)
    if (asked?.address === undefined) return NO_SOURCE
    const address = parseRabbitAddress(asked.address)
    if (!address) return badAddress(asked.address)
    if (address.kind === 'exchange') return refusal('amqp:invalid-field', 'an exchange is no source; a queue is')
    const queue = this.#queues.find(address.queue)
    if (!queue) return this.#noQueue(address.queue)
    if (queue.owner && queue.owner !== connection)
      return refusal(
        'amqp:resource-locked',
        `cannot obtain access to locked queue '${queue.name}' in vhost '${this.#host}'`,
      )
    return taken(queue, { ...asked, distributionMode: 'move' })
  }

  targetOf({ target: asked }: LinkRequest): TargetNode | NoNode {
    if (asked?.type === 'coordinator') return NO_TRANSACTIONS
    if (asked?.dynamic) return refusal('amqp:not-implemented', 'Dynamic targets not supported')
    if (asked?.address === undefined) return { address: undefined, target: asked ?? {} }
    const address = parseRabbitAddress(asked.address)
    if (!address) return badAddress(asked.address)
    if (address.kind === 'queue') {
      const queue = this.#queues.find(address.queue)
      return queue ? { address: queue.address, target: asked } : this.#noQueue(address.queue)
    }
    const exchange = this.#exchanges.find(address.exchange)
    if (!exchange) return this.#noExchange(address.exchange)
    if (exchange.options.internal)
      return refusal('amqp:unauthorized-access', `forbidden to publish to internal exchange '${exchange.name}'`)
    const node = this.#table.makeApart(asked.address, 'queue', () => this.#forwarderOf(exchange, address.key))
    this.#targets.set(node, exchange)
    return { address: node, target: asked }
  }

  canonical(address: string): string {
    return canonicalAddress(address)
  }

  routeOf(to: string | undefined): Route | Outcome {
    if (to === undefined) return rejected('amqp:precondition-failed', "an anonymous sender's message requires 'to'")
    const address = parseRabbitAddress(to)
    if (!address) return rejected('amqp:precondition-failed', "bad 'to' address string")
    if (address.kind === 'queue') return this.#queues.find(address.queue)?.address ?? RELEASED
    const exchange = this.#exchanges.find(address.exchange)
    if (!exchange) return { type: 'rejected', error: this.#noExchange(address.exchange).refusal }
    if (exchange.options.internal)
      return rejected('amqp:unauthorized-access', 'forbidden to publish to an internal exchange')
    return { forwarder: this.#forwarderOf(exchange, address.key), received: 0 }
  }

  faultOf(payload: Buffer): ErrorCondition | undefined {
    return messageFault(payload)
  }

  /** Nobody declares a queue that is called so. */
  isDynamic(name: string): boolean {
    const address = parseRabbitAddress(name)
    return address?.kind === 'queue' && address.queue.startsWith(`${TEMPORARY_NAME}-`)
  }

  releaseUnused(address: Address): void {
    if (this.#targets.has(address)) {
      if (!address.unused) return
      this.#targets.delete(address)
      address.forwarder.dispose?.()
    } else {
      const queue = this.#queues.of(address)
      if (queue && this.#queues.find(queue.name) === queue) queue.left()
    }
  }

  left(connection: Connection): void {
    this.#queues.deleteOf(connection)
  }

  end(): void {
    this.#queues.end()
  }

  /** A queue that only this link receives from, and everybody may send to. */
  #temporary({ connection, name }: LinkRequest, asked: Source): SourceNode | NoNode {
    if (asked.capabilities?.includes(TEMPORARY_QUEUE) !== true)
      return refusal('amqp:not-implemented', 'Dynamic source not supported: it needs the capability temporary-queue')
    const random = randomBytes(RANDOM_BYTES).toString('base64url')
    const { containerId } = connection.remote
    const parts = containerId.length + name.length < MAX_OWN_NAME ? [containerId, name] : []
    const queue = this.#queues.declare([TEMPORARY_NAME, ...parts, random].join('-'), TEMPORARY, connection)
    if (!queue) return { refusal: TOO_MANY }
    return taken(queue, {
      ...asked,
      durable: 0,
      expiryPolicy: 'link-detach',
      dynamicNodeProperties: DYNAMIC_NODE,
      distributionMode: 'move',
    })
  }

  #forwarderOf(exchange: Exchange, key: string): Forwarder {
    return new ExchangeForwarder(() => this.#boundTo(exchange, key))
  }

  #boundTo(exchange: Exchange, key: string): Forwarder[] {
    const bound: Forwarder[] = []
    for (const name of this.#exchanges.queuesFor(exchange, key)) {
      const queue = this.#queues.find(name)
      if (queue) bound.push(queue.address.forwarder)
    }
    return bound
  }

  #detachFrom(exchange: Exchange): void {
    const { refusal: error } = this.#noExchange(exchange.name)
    for (const [address, one] of [...this.#targets]) if (one === exchange) address.detachAll(error)
  }

  #noQueue(name: string): NoNode {
    return refusal('amqp:not-found', `no queue '${name}' in vhost '${this.#host}'`)
  }

  #noExchange(name: string): NoNode {
    return refusal('amqp:not-found', `no exchange '${name}' in vhost '${this.#host}'`)
  }
}

/** Bytes of container-id and link name that become a part of an address. */
const MAX_OWN_NAME = 150

const DYNAMIC_NODE = new Map<string, AmqpValue>([
  ['lifetime-policy', new Described(symbol('amqp:delete-on-close:list'), [])],
  ['supported-dist-modes', new AmqpArray('symbol', [symbol('move')])],
])

function taken(queue: RabbitQueue, source: Source): SourceNode {
  queue.awaitsConsumer()
  return { address: queue.address, source: { ...source, address: queue.address.name } }
}

/** The older addresses among them, such as /queue/q, are not permitted any more. */
const badAddress = (address: string): NoNode =>
  refusal(
    'amqp:invalid-field',
    `Attach refused: "${address}" is none of /queues/Q, /exchanges/X and /exchanges/X/KEY, percent-encoded`,
  )

const rejected = (condition: string, description: string): Outcome => ({
  type: 'rejected',
  error: { condition, description },
})
