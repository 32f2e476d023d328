import { randomUUID } from 'node:crypto'
import type { Attach } from '../codec/performatives.ts'
import type { AmqpValue } from '../codec/types.ts'
import { checkTermini } from './attach-rules.ts'
import type { Link } from './link.ts'
import type { LinkOptions, SenderOptions } from './options.ts'

/** The name that was asked for, or a random one. */
export const linkName = (options: LinkOptions): string => options.name ?? randomUUID()

/** Our attach for a link (AMQP 1.0 part 2, 2.7.3). Throws TypeError for termini that contradict themselves. */
export function attachFields(link: Link, maxMessageSize: number): Attach {
  checkTermini(link)
  const { options } = link
  return {
    type: 'attach',
    name: link.name,
    handle: link.handle,
    role: link.role === 'receiver',
    sndSettleMode: options.sndSettleMode ?? 2,
    rcvSettleMode: options.rcvSettleMode ?? 0,
    source: link.source,
    target: link.target,
    unsettled: undefined,
    incompleteUnsettled: false,
    initialDeliveryCount: link.role === 'sender' ? ((options as SenderOptions).initialDeliveryCount ?? 0) : undefined,
    maxMessageSize: options.maxMessageSize ?? maxMessageSize,
    offeredCapabilities: options.offeredCapabilities,
    desiredCapabilities: options.desiredCapabilities,
    properties: fieldsOf(options.properties),
  }
}

/** A record of symbols as the Map that the codec writes. */
export function fieldsOf(record: Readonly<Record<string, AmqpValue>> | undefined): Map<string, AmqpValue> | undefined {
  return record && new Map(Object.entries(record))
}
