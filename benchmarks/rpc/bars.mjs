// What is demanded of this library beside the others, and what a run reached. A ratio is taken within a round; the bar is for the
// median of the rounds.

import { median, spread } from '../harness/report.mjs'

const RATE = { field: 'rate', says: 'calls/s', holds: (ratio, limit) => ratio >= limit, best: Math.max, sign: '≥' }
const OWN = {
  field: 'own',
  says: 'own CPU per call',
  holds: (ratio, limit) => ratio <= limit,
  best: Math.min,
  sign: '≤',
}

/** `limits`: by calls in flight. With several opponents the best of each round counts. */
const BARS = [
  { kind: 'must', what: RATE, way: 'router', against: ['rhea'], limits: { 64: 2, 256: 2 } },
  { kind: 'must', what: RATE, way: 'router', against: ['nats'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: RATE, way: 'router', against: ['nest-nats'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: RATE, way: 'router', against: ['grpc'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: OWN, way: 'router', against: ['nats'], limits: { 64: 1, 256: 1 } },
  { kind: 'must', what: RATE, way: 'direct', against: ['nest-tcp', 'moleculer-tcp'], limits: { 64: 0.9, 256: 0.9 } },
  { kind: 'aim', what: RATE, way: 'router', against: ['moleculer-nats'], limits: { 64: 0.9, 256: 0.7 } },
  { kind: 'aim', what: RATE, way: 'direct', against: ['nest-tcp', 'moleculer-tcp'], limits: { 64: 1, 256: 1 } },
]

/** `roundsOf(way, inFlight)`: what its rounds were, in order; undefined where it was not measured. */
export function printBars(roundsOf, inFlights) {
  console.log('### The bars\n')
  console.log('| | what | in flight | bar | reached (spread) | |')
  console.log('|---|---|--:|--:|--:|---|')
  for (const bar of BARS) {
    for (const inFlight of inFlights) if (bar.limits[inFlight] !== undefined) printBar(bar, inFlight, roundsOf)
  }
  console.log()
}

function printBar({ kind, what, way, against, limits }, inFlight, roundsOf) {
  const limit = limits[inFlight]
  const opponents = against.length > 1 ? `the faster of ${against.join(' and ')}` : against[0]
  const cells = [kind, `${what.says}: ${way} / ${opponents}`, inFlight, `${what.sign} ${limit}`]
  const [ours, ...theirs] = [way, ...against].map((one) => roundsOf(one, inFlight))
  if (ours === undefined || theirs.includes(undefined)) {
    console.log(`| ${[...cells, '-', 'not measured'].join(' | ')} |`)
    return
  }
  const ratios = ours.map((round, n) => round[what.field] / what.best(...theirs.map((rounds) => rounds[n][what.field])))
  const verdict = what.holds(median(ratios), limit) ? 'holds' : 'missed'
  console.log(`| ${[...cells, spread(ratios), verdict].join(' | ')} |`)
}
