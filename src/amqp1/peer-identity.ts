// What a peer says of itself in its Open frame, as far as profiles go by it.

import type { Connection } from '../amqp/index.ts'

export interface PeerIdentity {
  readonly product: string | undefined
  readonly version: string | undefined
}

export function identityOf(remote: Pick<Connection['remote'], 'properties'>): PeerIdentity {
  return {
    product: text(remote.properties.get('product')),
    version: text(remote.properties.get('version')),
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** An unknown version counts as old. */
export function isBefore({ version }: Pick<PeerIdentity, 'version'>, major: number, minor: number): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version ?? '')
  if (!match) return true
  return Number(match[1]) < major || (Number(match[1]) === major && Number(match[2]) < minor)
}
