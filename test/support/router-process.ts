// The embedded router in a process of its own, as one that others rely on: what holds it up or fills it shows there and nowhere else.
// `router-process.js OPTIONS`, with the options of startRouter as JSON; started with --expose-gc.

import { startRouter } from '../../src/router/index.ts'

/** What it holds, after the garbage is collected. */
export interface Holding {
  readonly bytes: number
  /** The largest size that the process has had. */
  readonly peakBytes: number
  readonly counters: Readonly<Record<string, number>>
}

const router = await startRouter(JSON.parse(process.argv[2] ?? '{}'))
process.send?.({ port: router.port })

process.on('message', (message) => {
  if (message === 'close') return void router.close().then(() => process.disconnect())
  process.send?.(holding())
})

function holding(): Holding {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage() // external: array buffers too
  return {
    bytes: heapUsed + external,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    counters: { ...router.counters },
  }
}
