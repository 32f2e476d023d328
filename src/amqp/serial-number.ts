// Serial numbers of RFC 1982 with 32 bits: delivery-ids, transfer-ids and delivery-counts wrap (AMQP 1.0 part 2, 2.8.8-2.8.10).

/** `a + n`, wrapped. */
export const serialAdd = (a: number, n: number): number => (a + n) >>> 0

/** How far `a` is ahead of `b`: negative when it is behind. */
export const serialDiff = (a: number, b: number): number => (a - b) | 0
