// Runs all ways from client to server interleaved and prints the tables. See README.md.

import { parseArgs } from 'node:util'
import { start } from '../harness/child.mjs'
import { describeMachine, median, spread } from '../harness/report.mjs'
import { printIdle } from './idle.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    idle: { type: 'string', default: '1000' },
  },
})

const here = (file) => new URL(file, import.meta.url).href
/** How a call gets from client to server and back: who they are, and what stands between them. */
const WAYS = [
  { way: 'floor', ends: here('../engine/floor.mjs') },
  { way: 'direct', ends: here('../engine/ours.mjs') },
  { way: 'router', ends: here('ends.mjs'), relay: here('ours.mjs') },
  { way: 'rhea', ends: here('ends.mjs'), relay: here('rhea.mjs') },
].filter(({ way }) => values.only === '' || values.only.split(',').includes(way))
const IN_FLIGHT = [64, 256]
/** Two messages of a call pass the relay. */
const MESSAGES = 2

console.log(describeMachine())
console.log(`${values.rounds} rounds of ${values.seconds} s each, interleaved; 128 characters; all on loopback\n`)

const results = new Map()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const inFlight of IN_FLIGHT) for (const way of WAYS) await measure(way, inFlight)
}
for (const inFlight of IN_FLIGHT) print(inFlight)
if (Number(values.idle) > 0) await printIdle(Number(values.idle))

async function measure({ way, ends, relay }, inFlight) {
  const between = relay && (await start(relay, 'relay'))
  const server = await start(ends, 'server', between?.port)
  const client = await start(ends, 'client', between?.port ?? server.port)
  const processes = [client, server, between].filter((one) => one !== undefined)
  const milliseconds = Number(values.seconds) * 1000
  await client.ask({ command: 'warm-up', inFlight })
  const before = await Promise.all(processes.map((one) => one.ask({ command: 'usage' })))
  const run = await client.ask({ command: 'run', inFlight, milliseconds })
  const after = await Promise.all(processes.map((one) => one.ask({ command: 'usage' })))
  for (const one of processes) one.stop()
  const [clientCpu, serverCpu, relayCpu = 0] = after.map(({ cpu }, n) => (cpu - before[n].cpu) / run.count)
  const { rate, p50, p90, p99 } = run
  const round = { rate, p50, p90, p99, client: clientCpu, server: serverCpu, relay: relayCpu, rss: after.at(-1).rss }
  const key = `${inFlight} ${way}`
  results.set(key, [...(results.get(key) ?? []), round])
}

function print(inFlight) {
  console.log(`### ${inFlight} calls in flight\n`)
  console.log(
    '| way | calls/s | msgs/s | p50 ms | p90 ms | p99 ms | client µs | server µs | relay µs | relay / floor (spread) | relay MiB |',
  )
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|')
  const floor = results.get(`${inFlight} floor`)
  for (const { way, relay } of WAYS) {
    const rounds = results.get(`${inFlight} ${way}`)
    const of = (field, digits) => median(rounds.map((round) => round[field])).toFixed(digits)
    const rate = median(rounds.map((round) => round.rate))
    const ratio = floor ? spread(rounds.map((round, n) => round.relay / (floor[n].client + floor[n].server))) : '-'
    const cells = [
      ...[way, rate.toFixed(0), (rate * MESSAGES).toFixed(0), of('p50', 2), of('p90', 2), of('p99', 2)],
      ...[of('client', 1), of('server', 1)],
      ...(relay ? [of('relay', 1), ratio, of('rss', 0)] : ['-', '-', '-']),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
}
