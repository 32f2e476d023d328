// The nodes of qpidd: a name that matches a pattern is a queue or a topic from its first use on; another one is not there.

import { randomUUID } from 'node:crypto'
import type { LinkRequest, Outcome, Source } from '../amqp/index.ts'
import { ACCEPTED } from '../amqp/index.ts'
import type { Address } from './address.ts'
import type { AddressTable } from './address-table.ts'
import { TOO_MANY } from './address-table.ts'
import type { Forwarder } from './forwarder.ts'
import type { Nodes, NoNode, Route, SourceNode, TargetNode } from './nodes.ts'
import { refusal } from './nodes.ts'
import { NO_SOURCE, NO_TARGET, NO_TRANSACTIONS, NOT_YOURS } from './routed-nodes.ts'
import { TopicForwarder } from './topic-forwarder.ts'

/** `--queue-patterns exclusive --queue-patterns unicast --topic-patterns broadcast`: found anywhere in a name; of several the longest holds. */
const PATTERNS = [
  { text: 'exclusive', kind: 'queue' },
  { text: 'broadcast', kind: 'topic' },
  { text: 'unicast', kind: 'queue' },
] as const

export class QpidCppNodes implements Nodes {
  readonly #table: AddressTable

  constructor(table: AddressTable) {
    this.#table = table
  }

  sourceOf(request: LinkRequest): SourceNode | NoNode {
    const { connection, source: asked } = request
    if (asked?.dynamic) {
      const address = this.#makeDynamic(request)
      return address ? answered(address, asked) : { refusal: TOO_MANY }
    }
    if (!asked?.address) return NO_SOURCE
    const address = this.#obtain(asked.address)
    if (!address) return this.#refusalOf(asked.address)
    return address.owner === undefined || address.owner === connection ? answered(address, asked) : NOT_YOURS
  }

  targetOf({ target: asked }: LinkRequest): TargetNode | NoNode {
    if (asked?.type === 'coordinator') return NO_TRANSACTIONS
    if (asked?.dynamic) return refusal('amqp:not-implemented', 'this manner has no dynamic targets')
    if (asked?.address === undefined) return { address: undefined, target: asked ?? {} }
    if (asked.address === '') return NO_TARGET
    const address = this.#obtain(asked.address)
    return address ? { address, target: asked } : this.#refusalOf(asked.address)
  }

  /** Patterns make no node on this path: what is for nobody is accepted, and lost. */
  routeOf(to: string | undefined): Route | Outcome {
    return (to === undefined ? undefined : this.#table.find(to)) ?? ACCEPTED
  }

  isDynamic(name: string): boolean {
    return this.#table.find(name)?.owner !== undefined
  }

  releaseUnused(address: Address): void {
    this.#table.releaseUnused(address)
  }

  #obtain(name: string): Address | undefined {
    const existing = this.#table.find(name)
    if (existing) return existing
    const kind = kindOf(name)
    if (!kind) return undefined
    return kind === 'queue' ? this.#table.makeQueue(name)?.address : this.#table.make(name, 'multicast', makeTopic)
  }

  #refusalOf(name: string): NoNode {
    return kindOf(name) ? { refusal: TOO_MANY } : refusal('amqp:not-found', `Node not found: ${name}`)
  }

  /** The name is made of what the client calls itself and the link, and may hold any characters of those. */
  #makeDynamic({ connection, name }: LinkRequest): Address | undefined {
    const wanted = `${connection.remote.containerId}_${name}`
    // A name that a pattern is about would be where others send to.
    const isTaken = this.#table.find(wanted) !== undefined || kindOf(wanted) !== undefined
    return this.#table.createDynamic(connection, isTaken ? `${wanted}_${randomUUID()}` : wanted)
  }
}

const makeTopic = (address: Address): Forwarder => new TopicForwarder(address)

const kindOf = (name: string): 'queue' | 'topic' | undefined => PATTERNS.find(({ text }) => name.includes(text))?.kind

/** A dynamic node is not said to be one. */
const answered = (address: Address, asked: Source): SourceNode => ({
  address,
  source: { ...asked, address: address.name, dynamic: false, dynamicNodeProperties: undefined },
})
