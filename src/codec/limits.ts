/** How much a decoder believes a peer. Every count is checked against the bytes really there before anything is allocated. */
export interface DecodeLimits {
  /** How deep lists, maps, arrays and described values may be nested. */
  readonly maxDepth: number
  /** How many elements an array of zero-width elements (null, true, false, 0, empty list) may claim: they cost the peer no bytes. */
  readonly maxZeroWidthElements: number
  /** How many items the lists, maps and arrays may have together that are read between two calls of `reset`. */
  readonly maxItems: number
  /** How long a string or symbol may be, in bytes. */
  readonly maxStringLength: number
}

export const DEFAULT_LIMITS: DecodeLimits = Object.freeze({
  maxDepth: 32,
  maxZeroWidthElements: 65_536,
  maxItems: Number.POSITIVE_INFINITY,
  maxStringLength: 128 * 1024 * 1024,
})
