// The router's counters in the text format of Prometheus (version 0.0.4). The record has every counter, or it does not compile.

import type { RouterCounters } from './traffic.ts'

interface Metric {
  readonly name: string
  /** Those of one name tell what differs by this label. */
  readonly label?: readonly [name: string, value: string]
}

interface Family {
  readonly type: 'counter' | 'gauge'
  readonly help: string
}

const PREFIX = 'oslo_router_'

const outcome = (value: string): Metric => ({ name: 'outcomes_total', label: ['outcome', value] })
const dropped = (value: string): Metric => ({ name: 'messages_dropped_total', label: ['reason', value] })

/** Counters that are of one family stand together, as the format has them. */
const METRICS: Readonly<Record<keyof RouterCounters, Metric>> = {
  connections: { name: 'connections' },
  addresses: { name: 'addresses' },
  producers: { name: 'producers' },
  consumers: { name: 'consumers' },
  inFlight: { name: 'messages_in_flight' },
  stored: { name: 'queue_messages' },
  storedBytes: { name: 'queue_bytes' },
  received: { name: 'messages_received_total' },
  forwarded: { name: 'messages_forwarded_total' },
  accepted: outcome('accepted'),
  rejected: outcome('rejected'),
  released: outcome('released'),
  modified: outcome('modified'),
  droppedWithoutConsumer: dropped('no_consumer'),
  droppedTooLarge: dropped('too_large'),
  droppedForSlow: dropped('slow'),
  droppedForStalled: dropped('stalled'),
  droppedInTransfer: dropped('in_transfer'),
  droppedBeyondLimit: dropped('beyond_limit'),
  droppedUndeliverable: dropped('undeliverable'),
  droppedFull: dropped('queue_full'),
  droppedWithPool: dropped('pool_expired'),
  droppedMalformed: dropped('malformed'),
  detachedStalled: { name: 'subscribers_detached_total' },
  expired: { name: 'messages_expired_total' },
  deadLettered: { name: 'messages_dead_lettered_total' },
}

const FAMILIES: Readonly<Record<string, Family>> = {
  connections: { type: 'gauge', help: 'Open connections.' },
  addresses: { type: 'gauge', help: 'Addresses in use.' },
  producers: { type: 'gauge', help: 'Attached links on which peers send.' },
  consumers: { type: 'gauge', help: 'Attached links on which peers receive.' },
  messages_in_flight: { type: 'gauge', help: 'Messages received and not done with.' },
  queue_messages: { type: 'gauge', help: 'Messages in queues, with a consumer or not.' },
  queue_bytes: { type: 'gauge', help: 'Bytes of the messages in queues.' },
  messages_received_total: { type: 'counter', help: 'Messages that peers sent.' },
  messages_forwarded_total: { type: 'counter', help: 'Messages and copies of messages that left for a consumer.' },
  outcomes_total: { type: 'counter', help: 'Outcomes told to peers that sent unsettled.' },
  messages_dropped_total: { type: 'counter', help: 'Messages, or copies of them, that were lost, by the reason.' },
  subscribers_detached_total: { type: 'counter', help: 'Subscribers detached because they had stalled.' },
  messages_expired_total: { type: 'counter', help: 'Messages of queues whose ttl was over.' },
  messages_dead_lettered_total: {
    type: 'counter',
    help: 'Messages that went to the dead-letter address of their queue.',
  },
}

/** What a scrape is answered with. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function expositionOf(counters: RouterCounters): string {
  const lines: string[] = []
  let before: string | undefined
  for (const [counter, { name, label }] of Object.entries(METRICS) as [keyof RouterCounters, Metric][]) {
    const { help, type } = FAMILIES[name] as Family
    if (name !== before) lines.push(`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`)
    before = name
    lines.push(`${PREFIX}${name}${label ? `{${label[0]}="${label[1]}"}` : ''} ${counters[counter]}`)
  }
  return `${lines.join('\n')}\n`
}
