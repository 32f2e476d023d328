// One process of one benchmark: `process.mjs MODULE relay`, `process.mjs MODULE server [PORT]` or `process.mjs MODULE client PORT`.
// It does what the parent says and reports its own CPU, memory and system calls. A module whose work is done by a process of
// others, as a broker is, exports `usage` and reports that one's.

import { readFileSync } from 'node:fs'
import { keepInFlight, TEXT } from './work.mjs'

/** So many calls, and code is compiled as it stays; who needs longer than this has had its chance. */
const WARM_UP = { calls: 100_000, milliseconds: 5_000 }

const [module, role, port] = process.argv.slice(2)
/** What the module exports, and for a client what its `client` resolved with. */
let roles
let client

process.on('disconnect', () => process.exit())
process.on('message', ({ command, ...options }) =>
  command === 'exit' ? process.exit() : tell(() => run(command, options)),
)
await tell(async () => {
  roles = await import(module)
  if (role === 'relay') return { port: await roles.relay() }
  if (role === 'server') return { port: await roles.serve(Number(port)) }
  client = await roles.client(Number(port))
  return {}
})

/** The answer, or why there is none. */
async function tell(work) {
  let answer
  try {
    answer = await work()
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) }
  }
  process.send(answer)
}

async function run(command, options) {
  if (command === 'usage') return await usage()
  if (command === 'call') return await client.call(options.argument)
  if (command === 'warm-up') return await warmUp(options.inFlight)
  return await measure(options)
}

async function warmUp(inFlight) {
  if ((await client.rpc(TEXT)) !== TEXT) throw new Error('what came back is not what was sent')
  let count = 0
  const until = performance.now() + WARM_UP.milliseconds
  while (count < WARM_UP.calls && performance.now() < until) {
    const { length } = await keepInFlight(() => client.rpc(TEXT), inFlight, 500)
    count += length
  }
  return { count }
}

async function measure({ operation = 'rpc', inFlight, milliseconds }) {
  const before = ownUsage()
  const started = performance.now()
  const latencies = await keepInFlight(() => client[operation](TEXT), inFlight, milliseconds)
  const seconds = (performance.now() - started) / 1000
  const after = ownUsage()
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
  const { length: count } = latencies
  return {
    ...{ count, rate: count / seconds, p50: at(0.5), p90: at(0.9), p99: at(0.99) },
    ...{ cpu: after.cpu - before.cpu, calls: after.calls - before.calls },
  }
}

async function usage() {
  return roles.usage ? await roles.usage() : ownUsage()
}

/** Microseconds of CPU, MiB of memory now and at most, system calls. */
function ownUsage() {
  const { user, system } = process.cpuUsage()
  const peak = process.resourceUsage().maxRSS / 1024
  return { cpu: user + system, rss: process.memoryUsage.rss() / 2 ** 20, peak, calls: ioCalls() }
}

/** Read and write system calls: Linux counts them; elsewhere they are not known. */
function ioCalls() {
  try {
    const [, reads, writes] = /syscr: (\d+)\nsyscw: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))
    return Number(reads) + Number(writes)
  } catch {
    return Number.NaN
  }
}
