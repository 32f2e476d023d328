// Runs all peers interleaved and prints the tables. See README.md.

import { fork } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

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
const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url))

console.log(
  `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB`,
)
console.log(
  `${values.rounds} rounds of ${values.seconds} s each, interleaved; 128 characters; two processes on loopback\n`,
)

const results = new Map()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const work of WORK) for (const peer of PEERS) await measure(peer, work)
}
for (const work of WORK) print(work)

async function measure(peer, { operation, inFlight }) {
  const server = fork(PROCESS, [peer, 'server'])
  const { port } = await answer(server)
  const client = fork(PROCESS, [peer, 'client', String(port)])
  await answer(client)
  const milliseconds = Number(values.seconds) * 1000
  await ask(client, { command: 'run', operation, inFlight, milliseconds: milliseconds / 2 }) // warm-up
  const before = await ask(server, { command: 'usage' })
  const run = await ask(client, { command: 'run', operation, inFlight, milliseconds })
  const after = await ask(server, { command: 'usage' })
  const ended = await ask(client, { command: 'usage' })
  client.send({ command: 'exit' })
  server.send({ command: 'exit' })
  const serverCpu = after.cpu - before.cpu
  const round = {
    rate: run.rate,
    p50: run.p50,
    p99: run.p99,
    client: run.cpu / run.count,
    server: serverCpu / run.count,
    own: (run.cpu + serverCpu) / run.count,
    calls: (run.calls + after.calls - before.calls) / run.count,
    clientMiB: ended.rss,
    serverMiB: after.rss,
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

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function spread(ratios) {
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`
}

function answer(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('error', reject)
  })
}

function ask(child, message) {
  const answered = answer(child)
  child.send(message)
  return answered
}
