import { randomFillSync } from 'node:crypto'

const ID_BYTES = 16
const POOL_BYTES = ID_BYTES * 512

/**
 * Message ids as Python makes them: a random UUID (version 4) as 32 hexadecimal digits. Random because whoever guesses the
 * id of a call can answer it. The random bytes are fetched for many ids at once.
 */
export function createMessageIdSource(): () => string {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  let next = POOL_BYTES
  return () => {
    if (next === POOL_BYTES) {
      randomFillSync(pool)
      next = 0
    }
    const start = next
    next += ID_BYTES
    pool[start + 6] = ((pool[start + 6] as number) & 0x0f) | 0x40
    pool[start + 8] = ((pool[start + 8] as number) & 0x3f) | 0x80
    return pool.toString('hex', start, next)
  }
}
