import type { ErrorCondition } from '../amqp/index.ts'
import type { Quota } from './quota.ts'

/** Why a message of `size` bytes finds no place in a queue; undefined: it does. */
export function describeFull(address: string, size: number, own: Quota, total: Quota): ErrorCondition | undefined {
  const ownLimit = own.brokenBy(size)
  if (ownLimit) return full(`the queue "${address}"`, ownLimit === 'messages' ? 'maxMessages' : 'maxBytes', own)
  const totalLimit = total.brokenBy(size)
  if (!totalLimit) return undefined
  return full('all queues together', totalLimit === 'messages' ? 'maxTotalMessages' : 'maxTotalBytes', total)
}

function full(what: string, limit: string, { messages, bytes, limits }: Quota): ErrorCondition {
  const holds = limit.endsWith('Messages') ? `${messages} messages` : `${bytes} bytes`
  const most = limit.endsWith('Messages') ? limits.maxMessages : limits.maxBytes
  return {
    condition: 'amqp:resource-limit-exceeded',
    description: `${what}: ${holds} of at most ${most} (${limit}), and no room for this message`,
  }
}
