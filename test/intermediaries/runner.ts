// Runs the scenarios over one intermediary, one after the other: each has a deadline and a stage of its own, so that what fails or hangs
// does not reach the next.

import { connect } from 'node:net'
import { printable } from '../../src/support/printable.ts'
import type { Intermediary } from './intermediary.ts'
import { knownReason } from './known-reasons.ts'
import { type Outcome, type Scenario, Untested } from './scenario.ts'
import { Stage } from './stage.ts'

const DEADLINE_MS = 60_000
const CLEARING_MS = 15_000
const LONGEST_REASON = 200

export interface Played {
  readonly scenario: Scenario
  readonly outcome: Outcome
  /** How long it took. */
  readonly ms: number
}

/** `name`: under which known reasons are listed. `tell` hears of each outcome at once. */
export async function playAll(
  name: string,
  intermediary: Intermediary,
  scenarios: readonly Scenario[],
  tell: (played: Played) => void,
): Promise<Played[]> {
  const all: Played[] = []
  for (const scenario of scenarios) {
    const started = performance.now()
    const outcome = await play(name, intermediary, scenario)
    const played = { scenario, outcome, ms: performance.now() - started }
    tell(played)
    all.push(played)
    // What one scenario has brought down is not there for the next.
    if (intermediary.restart && !(await isUp(intermediary.url))) await intermediary.restart()
  }
  return all
}

async function play(name: string, intermediary: Intermediary, scenario: Scenario): Promise<Outcome> {
  const { deadlineMs = DEADLINE_MS } = scenario
  const stage = new Stage(intermediary)
  try {
    const remark = await within(deadlineMs, scenario.play(stage), `it did not end within ${deadlineMs} ms`)
    return { kind: 'yes', ...(remark === undefined ? {} : { remark: remark as string }) }
  } catch (error) {
    if (error instanceof Untested) return { kind: 'untested', reason: error.message }
    const failure = oneLine(error)
    const known = knownReason(name, scenario.title, failure)
    return { kind: 'no', reason: known ?? failure, known: known !== undefined }
  } finally {
    await within(CLEARING_MS, stage[Symbol.asyncDispose](), 'its transports did not close').catch(() => {})
  }
}

async function within<T>(ms: number, promise: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(otherwise)), ms)
  })
  try {
    return await Promise.race([promise, expired])
  } finally {
    clearTimeout(timer)
  }
}

/** What an error says, with its code, as one line that fits into a cell. */
function oneLine(error: unknown): string {
  const { code, message = String(error) } = error as { code?: unknown; message?: string }
  const text = printable(message.replace(/\s+/g, ' ')).trim()
  const told = typeof code === 'string' && code !== 'ERR_ASSERTION' ? `${code}: ${text}` : text
  return told.length > LONGEST_REASON ? `${told.slice(0, LONGEST_REASON)}…` : told
}

async function isUp(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return await new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.setTimeout(5_000, () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
