// The queues of one virtual host, each from its declaration until it is deleted: by somebody, with the connection that has it for
// itself, with its last consumer, or when it has had none for a while.

import type { Connection, ErrorCondition } from '../amqp/index.ts'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import type { Address } from './address.ts'
import type { AddressTable, MadeQueue } from './address-table.ts'
import type { QueueForwarder } from './queue-forwarder.ts'
import { queueAddress } from './rabbit-address.ts'
import type { QueueDeclaration } from './rabbit-queue-arguments.ts'

export class RabbitQueue {
  readonly name: string
  readonly declaration: QueueDeclaration
  /** Of an exclusive one: the connection that declared it. */
  readonly owner: Connection | undefined
  readonly address: Address
  readonly forwarder: QueueForwarder
  readonly #onUnused: (queue: RabbitQueue) => void
  #hasConsumer = false
  #expiry: Deadline | undefined

  constructor(
    name: string,
    declaration: QueueDeclaration,
    owner: Connection | undefined,
    made: MadeQueue,
    onUnused: (queue: RabbitQueue) => void,
  ) {
    this.name = name
    this.declaration = declaration
    this.owner = owner
    this.address = made.address
    this.forwarder = made.forwarder
    this.#onUnused = onUnused
    this.used()
  }

  get consumers(): number {
    return this.address.consumers.length
  }

  /** A consumer is about to come. */
  awaitsConsumer(): void {
    this.#hasConsumer = true
    this.#expiry?.cancel()
  }

  /** A link has left. */
  left(): void {
    if (this.consumers > 0 || !this.#hasConsumer) return
    this.#hasConsumer = false
    if (this.declaration.autoDelete) this.#onUnused(this)
    else this.used()
  }

  /** It was declared, again perhaps, or has lost its last consumer: its time begins. */
  used(): void {
    const { expiresMs } = this.declaration
    if (expiresMs === undefined || this.consumers > 0) return
    this.#expiry?.cancel()
    this.#expiry = startDeadline(expiresMs, () => this.#onUnused(this))
  }

  ended(): void {
    this.#expiry?.cancel()
  }
}

const DELETED = (name: string): ErrorCondition => ({
  condition: 'amqp:resource-deleted',
  description: `queue '${name}' was deleted`,
})

export class RabbitQueues {
  readonly #table: AddressTable
  readonly #queues = new Map<string, RabbitQueue>()
  readonly #byAddress = new WeakMap<Address, RabbitQueue>()
  readonly #onDeleted: (name: string) => void

  constructor(table: AddressTable, onDeleted: (name: string) => void) {
    this.#table = table
    this.#onDeleted = onDeleted
  }

  find(name: string): RabbitQueue | undefined {
    return this.#queues.get(name)
  }

  of(address: Address): RabbitQueue | undefined {
    return this.#byAddress.get(address)
  }

  /** Undefined: there are too many addresses. */
  declare(name: string, declaration: QueueDeclaration, connection: Connection): RabbitQueue | undefined {
    const made = this.#table.makeQueue(queueAddress(name), declaration.limits)
    if (!made) return undefined
    const { address } = made
    address.declared = true
    const owner = declaration.exclusive ? connection : undefined
    const queue = new RabbitQueue(name, declaration, owner, made, (unused) => this.delete(unused.name))
    this.#queues.set(name, queue)
    this.#byAddress.set(address, queue)
    return queue
  }

  /** Its links end, its messages with it. Gives how many there were. */
  delete(name: string): number {
    const queue = this.#queues.get(name)
    if (!queue) return 0
    this.#queues.delete(name)
    queue.ended()
    const messages = queue.forwarder.discard()
    queue.address.declared = false
    this.#table.remove(queue.address)
    queue.address.detachAll(DELETED(name))
    this.#onDeleted(name)
    return messages
  }

  end(): void {
    for (const queue of this.#queues.values()) queue.ended()
  }

  /** Those that a connection had for itself go with it. */
  deleteOf(connection: Connection): void {
    for (const queue of [...this.#queues.values()]) if (queue.owner === connection) this.delete(queue.name)
  }
}
