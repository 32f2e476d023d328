// How a pool of a queue's consumers is named: ADDRESS::POOL, as Apache Artemis names a queue of an address ("fully qualified queue
// name").

export interface PoolName {
  /** The address whose messages the pool gets. */
  readonly queue: string
  readonly pool: string
}

const SEPARATOR = '::'

/** Undefined: no pool is named so. */
export function poolNameOf(address: string): PoolName | undefined {
  const at = address.lastIndexOf(SEPARATOR)
  return at <= 0 ? undefined : { queue: address.slice(0, at), pool: address.slice(at + SEPARATOR.length) }
}
