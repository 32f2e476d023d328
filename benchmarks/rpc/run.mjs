// Runs all ways from client to server interleaved, and prints the tables and the bars. See README.md.

import { parseArgs } from 'node:util'
import { start } from '../harness/child.mjs'
import { describeMachine, median, spread } from '../harness/report.mjs'
import { printBars } from './bars.mjs'
import { WAYS } from './ways.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    'in-flight': { type: 'string', default: '1,16,64,256' },
    profile: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const milliseconds = Number(values.seconds) * 1000
const inFlights = values['in-flight'].split(',').map(Number)
const nodeOptions = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
const asked = values.only === '' ? WAYS.map(({ way }) => way) : values.only.split(',')
const unknown = asked.filter((name) => !WAYS.some(({ way }) => way === name))
if (unknown.length > 0) {
  console.error(`--only: there is no ${unknown.join(', ')}; expected ${WAYS.map(({ way }) => way).join(', ')}`)
  process.exit(2)
}

console.log(describeMachine())
console.log(`${values.rounds} rounds of ${values.seconds} s each, interleaved; 128 characters; all on loopback\n`)

/** By calls in flight and way: its rounds. */
const results = new Map()
/** By way: why. */
const skipped = new Map()
const keyOf = (inFlight, way) => `${inFlight} ${way}`
const ways = () => WAYS.filter(({ way }) => asked.includes(way) && !skipped.has(way))

for (let round = 0; round < rounds; round++) await runRound()
for (const [way, why] of skipped) console.log(`skipped: ${way}: ${why}`)
if (skipped.size > 0) console.log()
for (const inFlight of inFlights) print(inFlight)
printBars((way, inFlight) => (skipped.has(way) ? undefined : results.get(keyOf(inFlight, way))), inFlights)

/** All processes of the round are there and warm before the first is measured, so that those who are compared run close together. */
async function runRound() {
  const running = new Map()
  for (const way of ways()) {
    await attempt(way, async () => {
      running.set(way, await startWay(way))
      await running.get(way).client.ask({ command: 'warm-up', inFlight: Math.max(...inFlights) })
    })
  }
  for (const inFlight of inFlights) {
    for (const way of ways()) await attempt(way, () => measure(way, running.get(way), inFlight))
  }
  for (const { processes } of running.values()) for (const one of processes) one.stop()
}

/** Others may fail, and are skipped from then on; this library may not. */
async function attempt({ way, ours }, work) {
  try {
    await work()
  } catch (error) {
    if (ours) throw error
    skipped.set(way, error.message.replace(/ imported from .*|\n.*/s, ''))
  }
}

async function startWay({ ends, relay }) {
  const processes = []
  const add = async (...args) => {
    const one = await start(...args, nodeOptions)
    processes.push(one)
    return one
  }
  try {
    const between = relay && (await add(relay, 'relay', undefined))
    const server = await add(ends, 'server', between?.port)
    const client = await add(ends, 'client', between?.port ?? server.port)
    return { client, server, between, processes }
  } catch (error) {
    for (const one of processes) one.stop()
    throw error
  }
}

async function measure({ way }, { client, server, between }, inFlight) {
  const counted = [client, server, ...(between ? [between] : [])]
  const before = await Promise.all(counted.map((one) => one.ask({ command: 'usage' })))
  const run = await client.ask({ command: 'run', inFlight, milliseconds })
  const after = await Promise.all(counted.map((one) => one.ask({ command: 'usage' })))
  const [clientCpu, serverCpu, relayCpu = 0] = after.map(({ cpu }, n) => (cpu - before[n].cpu) / run.count)
  const { rate, p50, p99 } = run
  const round = { rate, p50, p99, client: clientCpu, server: serverCpu, own: clientCpu + serverCpu, relay: relayCpu }
  const key = keyOf(inFlight, way)
  results.set(key, [...(results.get(key) ?? []), round])
}

function print(inFlight) {
  console.log(`### ${inFlight} in flight\n`)
  console.log('| way | calls/s | / floor (spread) | p50 ms | p99 ms | client µs | server µs | own µs | between µs |')
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|')
  const floor = results.get(keyOf(inFlight, 'floor'))
  for (const { way, relay } of ways()) {
    const measured = results.get(keyOf(inFlight, way))
    const of = (field, digits) => median(measured.map((round) => round[field])).toFixed(digits)
    const cells = [
      ...[way, of('rate', 0), floor ? spread(measured.map((round, n) => round.rate / floor[n].rate)) : '-'],
      ...[of('p50', 2), of('p99', 2), of('client', 1), of('server', 1), of('own', 1), relay ? of('relay', 1) : '-'],
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
}
