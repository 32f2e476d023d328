// One end of one peer, in a process of its own: `process.mjs PEER server` or `process.mjs PEER client PORT`. It does what the
// parent says and reports its own CPU, memory and system calls.

import { readFileSync } from 'node:fs'
import { keepInFlight, TEXT } from './work.mjs'

const [peerName, role, port] = process.argv.slice(2)
const peer = await import(`./${peerName}.mjs`)
const client = role === 'client' ? await peer.client(Number(port)) : undefined
process.send(role === 'server' ? { port: await peer.serve() } : { ready: true })

process.on('message', async ({ command, operation, inFlight, milliseconds }) => {
  if (command === 'usage') process.send(usage())
  else if (command === 'run') process.send(await run(operation, inFlight, milliseconds))
  else process.exit(0)
})

async function run(operation, inFlight, milliseconds) {
  const before = usage()
  const started = performance.now()
  const latencies = await keepInFlight(() => client[operation](TEXT), inFlight, milliseconds)
  const seconds = (performance.now() - started) / 1000
  const after = usage()
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
  const { length: count } = latencies
  return {
    count,
    rate: count / seconds,
    p50: at(0.5),
    p99: at(0.99),
    cpu: after.cpu - before.cpu,
    calls: after.calls - before.calls,
  }
}

function usage() {
  const { user, system } = process.cpuUsage()
  return { cpu: user + system, rss: process.resourceUsage().maxRSS / 1024, calls: ioCalls() }
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
