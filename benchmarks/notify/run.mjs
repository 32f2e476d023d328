// Runs all ways from publisher to consumer interleaved, and prints the tables and the bars. See README.md.

import { printBars } from '../harness/bars.mjs'
import { Interleaved, readOptions, withUsage } from '../harness/interleaved.mjs'
import { median, spread } from '../harness/report.mjs'
import { BARS } from './bars.mjs'
import { WAYS } from './ways.mjs'

const PUBLISH = { operation: 'publish' }

const options = readOptions(WAYS, '1,64')
const { inFlights } = options
const milliseconds = options.seconds * 1000
const run = new Interleaved(options, { roles: ['consumer', 'publisher'], warmUp, measure })
await run.run()
for (const inFlight of inFlights) print(inFlight)
printBars(BARS, run.roundsOf, inFlights)

async function warmUp(running, inFlight) {
  await publish(running, { command: 'warm-up', ...PUBLISH, inFlight })
}

/** The publisher hears of each; then all have to come to the consumer, no more and no less. */
async function publish({ acting, other }, message) {
  const published = await acting.ask(message)
  const { count, sum } = published
  const consumed = await other.ask({ command: 'received', count, sum })
  return { published, consumed }
}

async function measure(running, inFlight) {
  const { result, cpu } = await withUsage(running, () =>
    publish(running, { command: 'run', ...PUBLISH, inFlight, milliseconds }),
  )
  const { count, started, ended, p50, p90, p99 } = result.published
  const [publisher, consumer, between] = cpu.map((used) => used / count)
  // From the first publish to the last consumption.
  const rate = (result.consumed.count / (Math.max(ended, result.consumed.at) - started)) * 1000
  return {
    ...{ published: count, consumed: result.consumed.count, rate, p50, p90, p99 },
    ...{ behind: Math.max(0, result.consumed.at - ended), publisher, consumer, own: publisher + consumer, between },
  }
}

function print(inFlight) {
  console.log(`### ${inFlight} in flight\n`)
  console.log(
    '| way | events/s | / floor (spread) | ack p50 ms | p90 ms | p99 ms | behind ms | publisher µs | consumer µs | own µs | between µs | published | consumed |',
  )
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|')
  const floor = run.roundsOf('floor', inFlight)
  for (const { way } of run.ways) {
    const rounds = run.roundsOf(way, inFlight)
    const of = (field, digits) => median(rounds.map((round) => round[field])).toFixed(digits)
    const all = (field) => rounds.reduce((total, round) => total + round[field], 0)
    const cells = [
      ...[way, of('rate', 0), floor ? spread(rounds.map((round, n) => round.rate / floor[n].rate)) : '-'],
      ...[of('p50', 2), of('p90', 2), of('p99', 2), of('behind', 0)],
      ...[of('publisher', 1), of('consumer', 1), of('own', 1), of('between', 1), all('published'), all('consumed')],
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
}
