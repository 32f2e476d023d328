// RabbitMQ 4's addresses (its documentation, "AMQP 1.0", section "Address v2"): /queues/Q, /exchanges/X and /exchanges/X/KEY, each
// part percent-encoded.

import { MAX_SHORT_STRING } from './binding-key.ts'

/** Where a message goes: to exchange and key; a queue is reached by its name through the default exchange. */
export type RabbitAddress =
  | { readonly kind: 'queue'; readonly queue: string }
  | { readonly kind: 'exchange'; readonly exchange: string; readonly key: string }

/** Undefined: it is none of them. */
export function parseRabbitAddress(text: string): RabbitAddress | undefined {
  const [before, kind, ...encoded] = text.split('/', 5)
  if (before !== '') return undefined
  const parts = encoded.map(decoded)
  const [name, key = ''] = parts
  if (name === undefined || name === '' || !parts.every(isShort)) return undefined
  if (kind === 'queues' && parts.length === 1) return { kind: 'queue', queue: name }
  if (kind === 'exchanges' && parts.length <= 2) return { kind: 'exchange', exchange: name, key }
  return undefined
}

const isShort = (part: string | undefined): boolean => part !== undefined && Buffer.byteLength(part) <= MAX_SHORT_STRING

/** The one form of an address that can be written in several, for whoever compares. */
export function canonicalAddress(text: string): string {
  const address = parseRabbitAddress(text)
  if (!address) return text
  if (address.kind === 'queue') return queueAddress(address.queue)
  const exchange = `/exchanges/${encodeURIComponent(address.exchange)}`
  return address.key === '' ? exchange : `${exchange}/${encodeURIComponent(address.key)}`
}

export const queueAddress = (name: string): string => `/queues/${encodeURIComponent(name)}`

/** Undefined: what follows a % is no byte, or the bytes are no text. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
