// The nodes of qpidd: a name that matches a pattern is a queue or a topic from its first use on; another one is not there.

import { randomUUID } from 'node:crypto'
import type { LinkRequest, Outcome, Source } from '../amqp/index.ts'
import { ACCEPTED } from '../amqp/index.ts'
import type { Address } from './address.ts'
import { TOO_MANY } from './address-table.ts'
import type { Forwarder } from './forwarder.ts'
import type { NoNode, Route } from './nodes.ts'
import { refusal } from './nodes.ts'
import { TableNodes } from './table-nodes.ts'
import { TopicForwarder } from './topic-forwarder.ts'

/** `--queue-patterns exclusive --queue-patterns unicast --topic-patterns broadcast`: found anywhere in a name; of several the longest holds. */
const PATTERNS = [
  { text: 'exclusive', kind: 'queue' },
  { text: 'broadcast', kind: 'topic' },
  { text: 'unicast', kind: 'queue' },
] as const

export class QpidCppNodes extends TableNodes {
  /** Patterns make no node on this path: what is for nobody is accepted, and lost. */
  routeOf(to: string | undefined): Route | Outcome {
    return (to === undefined ? undefined : this.table.find(to)) ?? ACCEPTED
  }

  isDynamic(name: string): boolean {
    return this.table.find(name)?.owner !== undefined
  }

  protected obtain(name: string): Address | undefined {
    const existing = this.table.find(name)
    if (existing) return existing
    const kind = kindOf(name)
    if (!kind) return undefined
    return kind === 'queue' ? this.table.makeQueue(name)?.address : this.table.make(name, 'multicast', makeTopic)
  }

  protected refusalOf(name: string): NoNode {
    return kindOf(name) ? { refusal: TOO_MANY } : refusal('amqp:not-found', `Node not found: ${name}`)
  }

  /** The name is made of what the client calls itself and the link, and may hold any characters of those. */
  protected makeDynamic({ connection, name }: LinkRequest): Address | undefined {
    const wanted = `${connection.remote.containerId}_${name}`
    // A name that a pattern is about would be where others send to.
    const isTaken = this.table.find(wanted) !== undefined || kindOf(wanted) !== undefined
    return this.table.createDynamic(connection, isTaken ? `${wanted}_${randomUUID()}` : wanted)
  }

  /** A dynamic node is not said to be one. */
  protected override answered({ name }: Address, asked: Source): Source {
    return { ...asked, address: name, dynamic: false, dynamicNodeProperties: undefined }
  }
}

const makeTopic = (address: Address): Forwarder => new TopicForwarder(address)

const kindOf = (name: string): 'queue' | 'topic' | undefined => PATTERNS.find(({ text }) => name.includes(text))?.kind
