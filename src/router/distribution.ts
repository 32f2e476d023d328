// How the messages of an address are shared among its consumers (the words are Qpid Dispatch Router's).

import { describeValue } from '../support/describe-value.ts'
import { RouterOptionsError } from './errors.ts'

/**
 * - `multicast`: every consumer gets a copy.
 * - `closest`: one consumer gets it; all of one router are equally close, so they take turns.
 * - `balanced`: one consumer gets it: the one that has the fewest messages in hand.
 * - `queue`: one consumer gets it, and until then the router keeps it.
 * - `unavailable`: nobody may attach.
 */
export type Distribution = 'multicast' | 'closest' | 'balanced' | 'queue' | 'unavailable'

export const DISTRIBUTIONS: readonly string[] = [
  'multicast',
  'closest',
  'balanced',
  'queue',
  'unavailable',
] satisfies Distribution[]

/** @throws RouterOptionsError unless it is one of the five. */
export function checkDistribution(value: unknown, where: string): Distribution {
  if (typeof value === 'string' && DISTRIBUTIONS.includes(value)) return value as Distribution
  throw new RouterOptionsError(`${where}: expected one of ${DISTRIBUTIONS.join(', ')}, found ${describeValue(value)}`)
}

/** What has to be known of a consumer to choose it. */
export interface Candidate {
  /** Messages that it can be given now: its credit, less what waits for it. */
  readonly room: number
  /** Messages that it was given and has not settled; settled ones until they left. */
  readonly outstanding: number
}

/** The index of the chosen one, looking from `start` on and around; -1: none has room. */
export type Choose = (candidates: readonly Candidate[], start: number) => number

/** The next one in turn that has room. */
export function chooseNext(candidates: readonly Candidate[], start: number): number {
  const count = candidates.length
  for (let n = 0; n < count; n++) {
    const index = (start + n) % count
    if ((candidates[index] as Candidate).room > 0) return index
  }
  return -1
}

/** Of those that have room, the one with the fewest outstanding; the next one in turn among equals. */
export function chooseLeastBusy(candidates: readonly Candidate[], start: number): number {
  const count = candidates.length
  let chosen = -1
  let fewest = Number.POSITIVE_INFINITY
  for (let n = 0; n < count; n++) {
    const index = (start + n) % count
    const { room, outstanding } = candidates[index] as Candidate
    if (room <= 0 || outstanding >= fewest) continue
    chosen = index
    fewest = outstanding
    if (fewest === 0) break
  }
  return chosen
}
