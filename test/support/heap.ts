import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')

/** Collects what is garbage, now. */
export const collectGarbage = runInNewContext('gc') as () => void

/** Bytes in use after garbage was collected: JavaScript's heap, and what buffers have outside of it. */
export function usedBytes(): { readonly heap: number; readonly external: number } {
  collectGarbage()
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return { heap: heapUsed, external }
}

/** The same with garbage: whatever was ever allocated since the last collection shows. */
export function allocatedBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
