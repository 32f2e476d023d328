// Which reply-to a server writes to. The caller names it, so it must not become a way to write where the caller may not:
// into the service addresses of RPC and notifications, or into the management node of the bus.

import type { AmqpOptions } from './options.ts'

/**
 * Characters. Links are kept by reply address, and V8 tells very long texts of one length apart by comparing them: some hundred
 * such callers would keep the server busy with nothing else.
 */
const MAX_LENGTH = 8_192

/** Answers whether an address may be written to as a reply address. */
export type ReplyAddressPolicy = (address: string) => boolean

export function replyAddressPolicy(options: AmqpOptions): ReplyAddressPolicy {
  const { serverRequestPrefix, broadcastPrefix, groupRequestPrefix, rpcAddressPrefix, notifyAddressPrefix } = options
  const prefixes = [serverRequestPrefix, broadcastPrefix, groupRequestPrefix, rpcAddressPrefix, notifyAddressPrefix]
    .map((prefix) => plain(prefix).replace(/[./]+$/, ''))
    .filter(Boolean)
  return (address) => {
    if (address.length > MAX_LENGTH) return false
    const name = plain(address)
    if (name === '$management' || name.startsWith('$management/')) return false
    return !prefixes.some((prefix) => name.startsWith(prefix) && isTokenEnd(name, prefix.length))
  }
}

/** Routers and brokers match prefixes by whole tokens, separated by `.` or `/`. */
const isTokenEnd = (name: string, at: number): boolean => at === name.length || name[at] === '.' || name[at] === '/'

/** The address as a router reads it: without scheme and authority, leading slashes, and the parts that only choose a router. */
function plain(address: string): string {
  return address
    .replace(/^amqps?:(\/\/[^/]*)?/i, '')
    .replace(/^\/+/, '')
    .replace(/^(_local\/|_topo\/[^/]*\/[^/]*\/|_edge\/[^/]*\/)+/, '')
    .replace(/^\/+/, '')
}
