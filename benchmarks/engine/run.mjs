// Runs all peers interleaved and prints the tables. See README.md.

import { parseArgs } from 'node:util'
import { start } from '../harness/child.mjs'
import { describeMachine, median, spread } from '../harness/report.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
})
const PEERS = ['floor', 'ours', 'rhea']
const WORK = [
  ...[1, 16, 64, 256].map((inFlight) => ({ operation: 'rpc', inFlight })),
  ...[1, 64].map((inFlight) => ({ operation: 'oneway', inFlight })),
].filter(({ operation, inFlight }) => `${operation}-${inFlight}`.includes(values.only))

console.log(describeMachine())
console.log(
  `${values.rounds} rounds of ${values.seconds} s each, interleaved; 128 characters; two processes on loopback\n`,
)

const results = new Map()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const work of WORK) for (const peer of PEERS) await measure(peer, work)
}
for (const work of WORK) print(work)

async function measure(peer, { operation, inFlight }) {
  const module = new URL(`${peer}.mjs`, import.meta.url).href
  const server = await start(module, 'server')
  const client = await start(module, 'client', server.port)
  const milliseconds = Number(values.seconds) * 1000
  await client.ask({ command: 'run', operation, inFlight, milliseconds: milliseconds / 2 }) // warm-up
  const before = await server.ask({ command: 'usage' })
  const run = await client.ask({ command: 'run', operation, inFlight, milliseconds })
  const after = await server.ask({ command: 'usage' })
  const ended = await client.ask({ command: 'usage' })
  for (const one of [client, server]) one.stop()
  const serverCpu = after.cpu - before.cpu
  const round = {
    rate: run.rate,
    p50: run.p50,
    p99: run.p99,
    client: run.cpu / run.count,
    server: serverCpu / run.count,
    own: (run.cpu + serverCpu) / run.count,
    calls: (run.calls + after.calls - before.calls) / run.count,
    clientMiB: ended.peak,
    serverMiB: after.peak,
  }
  const key = `${operation}-${inFlight} ${peer}`
  results.set(key, [...(results.get(key) ?? []), round])
}

function print({ operation, inFlight }) {
  console.log(`### ${operation}, ${inFlight} in flight\n`)
  console.log(
    '| peer | per s | x rhea (spread) | p50 ms | p99 ms | client µs | server µs | own µs | x rhea (spread) | calls | MiB |',
  )
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|')
  const rhea = results.get(`${operation}-${inFlight} rhea`)
  for (const peer of PEERS) {
    const rounds = results.get(`${operation}-${inFlight} ${peer}`)
    const of = (field, digits) => median(rounds.map((round) => round[field])).toFixed(digits)
    const ratio = (field) => spread(rounds.map((round, n) => round[field] / rhea[n][field]))
    const cells = [
      ...[peer, of('rate', 0), ratio('rate'), of('p50', 2), of('p99', 2)],
      ...[of('client', 1), of('server', 1), of('own', 1), ratio('own')],
      ...[of('calls', 2), `${of('clientMiB', 0)} + ${of('serverMiB', 0)}`],
    ]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
}
