// What is demanded of this library beside others, and what a run reached. A ratio is taken within a round; the bar is for the
// median of the rounds.

import { median, spread } from './report.mjs'

/** What of a round is compared, and what it is called. */
export const atLeast = (field, says) => ({
  ...{ field, says, sign: '≥', best: Math.max },
  holds: (ratio, limit) => ratio >= limit,
})
export const atMost = (field, says) => ({
  ...{ field, says, sign: '≤', best: Math.min },
  holds: (ratio, limit) => ratio <= limit,
})

/**
 * A bar: its `kind`, `what` is compared, of which `way`, `against` whom (with several the best of each round counts), and the `limits`
 * by operations in flight. `roundsOf(way, inFlight)`: what its rounds were, in order; undefined where it was not measured.
 */
export function printBars(bars, roundsOf, inFlights) {
  console.log('### The bars\n')
  console.log('| | what | in flight | bar | reached (spread) | |')
  console.log('|---|---|--:|--:|--:|---|')
  for (const bar of bars) {
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
