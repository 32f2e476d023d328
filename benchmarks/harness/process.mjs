// One process of one benchmark, `process.mjs MODULE ROLE [PORT]`:
//
//   relay      what stands between: exports `relay()`, which resolves with its port
//   server     exports `serve(port)`; resolves with its own port when nothing stands between
//   client     exports `client(port)`, which resolves with its operations
//   consumer   exports `consume(port)`; tells harness/received.mjs what it has had
//   publisher  exports `publisher(port)`, which resolves with its operations
//
// It does what the parent says and reports its own CPU, memory and system calls. A module whose work is done by a process of others,
// as a broker is, exports `usage` and reports that one's, and `stop`; a peer in another language also `measure` and `allReceived`.

import { readFileSync } from 'node:fs'
import { allReceived } from './received.mjs'
import { keepInFlight, milliseconds as now, TEXT } from './work.mjs'

/** So many calls, and code is compiled as it stays; who needs longer than this has had its chance. */
const WARM_UP = { calls: 100_000, milliseconds: 5_000 }

const [module, role, port] = process.argv.slice(2)
/** What the module exports, and the operations of a client or publisher. */
let roles
let acting
/** Operations are numbered: the last one's number, and the sum of all. */
let last = 0
let sum = 0

const START = {
  relay: () => roles.relay(),
  server: () => roles.serve(Number(port)),
  consumer: () => roles.consume(Number(port)),
  client: () => act(roles.client),
  publisher: () => act(roles.publisher),
}

process.on('SIGINT', () => {}) // the parent ends by it, and then all do
process.on('disconnect', leave)
process.on('message', ({ command, ...options }) => (command === 'exit' ? leave() : tell(() => run(command, options))))
await tell(async () => {
  roles = await import(module)
  return { port: await START[role]() }
})

async function act(start) {
  acting = await start(Number(port))
}

async function leave() {
  await roles?.stop?.()
  process.exit()
}

/** The answer, or why there is none. */
async function tell(work) {
  let answer
  try {
    answer = await work()
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : String(error) }
  }
  if (process.connected) process.send(answer)
}

async function run(command, options) {
  if (command === 'usage') return await usage()
  if (command === 'call') return await acting.call(options.argument)
  if (command === 'warm-up') return await warmUp(options)
  if (command === 'received') return await (roles.allReceived ?? allReceived)(options)
  return await (roles.measure ?? measure)(options)
}

async function warmUp({ operation = 'rpc', inFlight }) {
  if (roles.measure) return await roles.measure({ inFlight, milliseconds: 1_000 })
  if (operation === 'rpc' && (await acting.rpc(TEXT)) !== TEXT) throw new Error('what came back is not what was sent')
  const before = sum
  let count = 0
  const until = performance.now() + WARM_UP.milliseconds
  while (count < WARM_UP.calls && performance.now() < until) {
    const { length } = await keepInFlight(numbered(operation), inFlight, 500)
    count += length
  }
  return { count, sum: sum - before }
}

function numbered(operation) {
  return () => {
    last += 1
    sum += last
    return acting[operation](TEXT, last)
  }
}

async function measure({ operation = 'rpc', inFlight, milliseconds }) {
  const before = ownUsage()
  const sumBefore = sum
  const started = now()
  const latencies = await keepInFlight(numbered(operation), inFlight, milliseconds)
  const ended = now()
  const after = ownUsage()
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
  const { length: count } = latencies
  return {
    ...{ count, sum: sum - sumBefore, started, ended, rate: (count / (ended - started)) * 1000 },
    ...{ p50: at(0.5), p90: at(0.9), p99: at(0.99) },
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
