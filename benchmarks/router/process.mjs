// One process of one bench: `process.mjs MODULE relay`, `process.mjs MODULE server [PORT]` or `process.mjs MODULE client PORT`.
// It does what the parent says and reports its own CPU and memory.

import { keepInFlight, TEXT } from '../engine/work.mjs'

/** So many calls, and code is compiled as it stays; who needs longer than this has had its chance. */
const WARM_UP = { calls: 100_000, milliseconds: 5_000 }

const [module, role, port] = process.argv.slice(2)
const roles = await import(module)
const client = role === 'client' ? await roles.client(Number(port)) : undefined
if (role === 'client') process.send({ ready: true })
else process.send({ port: role === 'relay' ? await roles.relay() : await roles.serve(Number(port)) })

process.on('message', async ({ command, inFlight, milliseconds, argument }) => {
  if (command === 'usage') process.send(usage())
  else if (command === 'call') process.send(await client.call(argument))
  else if (command === 'warm-up') process.send(await warmUp(inFlight))
  else if (command === 'run') process.send(await run(inFlight, milliseconds))
  else process.exit(0)
})

async function warmUp(inFlight) {
  let count = 0
  const until = performance.now() + WARM_UP.milliseconds
  while (count < WARM_UP.calls && performance.now() < until) {
    const { length } = await keepInFlight(() => client.rpc(TEXT), inFlight, 500)
    count += length
  }
  return { count }
}

async function run(inFlight, milliseconds) {
  const before = usage()
  const started = performance.now()
  const latencies = await keepInFlight(() => client.rpc(TEXT), inFlight, milliseconds)
  const seconds = (performance.now() - started) / 1000
  const after = usage()
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
  const { length: count } = latencies
  return { count, rate: count / seconds, p50: at(0.5), p90: at(0.9), p99: at(0.99), cpu: after.cpu - before.cpu }
}

function usage() {
  const { user, system } = process.cpuUsage()
  return { cpu: user + system, rss: process.memoryUsage.rss() / 2 ** 20 }
}
