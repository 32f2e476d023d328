// Runs all ways from client to server interleaved, and prints the tables and the bars. See README.md.

import { printBars } from '../harness/bars.mjs'
import { Interleaved, readOptions, withUsage } from '../harness/interleaved.mjs'
import { median, spread } from '../harness/report.mjs'
import { BARS } from './bars.mjs'
import { WAYS } from './ways.mjs'

const options = readOptions(WAYS, '1,16,64,256')
const { inFlights } = options
const milliseconds = options.seconds * 1000
const run = new Interleaved(options, {
  roles: ['server', 'client'],
  warmUp: ({ acting }, inFlight) => acting.ask({ command: 'warm-up', inFlight }),
  measure,
})
await run.run()
for (const inFlight of inFlights) print(inFlight)
printBars(BARS, run.roundsOf, inFlights)

async function measure(running, inFlight) {
  const { result, cpu } = await withUsage(running, () => running.acting.ask({ command: 'run', inFlight, milliseconds }))
  const { count, rate, p50, p99 } = result
  const [client, server, relay = 0] = cpu.map((used) => used / count)
  return { rate, p50, p99, client, server, own: client + server, relay }
}

function print(inFlight) {
  console.log(`### ${inFlight} in flight\n`)
  console.log('| way | calls/s | / floor (spread) | p50 ms | p99 ms | client µs | server µs | own µs | between µs |')
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|')
  const floor = run.roundsOf('floor', inFlight)
  for (const { way, relay } of run.ways) {
    const measured = run.roundsOf(way, inFlight)
    const of = (field, digits) => median(measured.map((round) => round[field])).toFixed(digits)
    const cells = [
      ...[way, of('rate', 0), floor ? spread(measured.map((round, n) => round.rate / floor[n].rate)) : '-'],
      ...[of('p50', 2), of('p99', 2), of('client', 1), of('server', 1), of('own', 1), relay ? of('relay', 1) : '-'],
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
}
