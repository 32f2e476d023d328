// Runs a number of bent conversations and says of the first that breaks anything what it was, as small as it can be made.
//
//   FUZZ_SEED=7 npm test -- --only amqp/fuzz       other cases than usual
//   FUZZ_CASES=100000 ...                          more of them
//   FUZZ_SEED=7 FUZZ_CASE=1234 ...                 that one alone

import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Defect } from '../../src/support/report-defect.ts'
import { type Conversation, conversations, type Party } from './conversations.ts'
import { mutated, type Unit } from './mutations.ts'
import { Random } from './random.ts'
import { SEED } from './seed.ts'

export interface FuzzPlan {
  /** Cases to run. */
  readonly cases: number
  /** Whose words are bent. */
  readonly party: Party
  /** The seed of its own for what is random in it. Says what is wrong; empty: nothing. */
  readonly run: (units: readonly Unit[], conversation: Conversation, seed: number) => Promise<readonly string[]>
}

const ONLY = process.env.FUZZ_CASE === undefined ? undefined : Number(process.env.FUZZ_CASE)
const MAX_SHRINKS = 400

export async function fuzz({ cases, party, run }: FuzzPlan): Promise<void> {
  const watch = new Watch()
  try {
    for (let n = ONLY ?? 0; n < (ONLY === undefined ? cases : ONLY + 1); n++) {
      const { units, conversation, seed } = bentCase(n, party)
      const broken = async (bent: readonly Unit[]): Promise<readonly string[]> => [
        ...(await run(bent, conversation, seed)),
        ...(await watch.taken()),
      ]
      const problems = await broken(units)
      if (problems.length === 0) continue
      const least = await shrunk(units, problems[0] as string, broken)
      assert.fail(`case ${n} of FUZZ_SEED=${SEED}, ${conversation.name}: ${problems.join('; ')}\n${listed(least)}`)
    }
  } finally {
    watch.stop()
  }
}

export interface BentCase {
  readonly conversation: Conversation
  readonly units: readonly Unit[]
  readonly seed: number
}

/** The case of that number. */
export function bentCase(n: number, party: Party): BentCase {
  const seed = seedOf(n)
  const random = new Random(seed)
  const conversation = random.pick(conversations)
  return { conversation, units: mutated(unitsOf(conversation, party), random, FOREIGN[party]), seed }
}

/** The units of one end of a conversation, each with the step at which it speaks. */
export function unitsOf(conversation: Conversation, from: Party): Unit[] {
  return conversation.steps.flatMap((step, n) =>
    step.from === from ? step.units.map((bytes) => ({ step: n, bytes })) : [],
  )
}

/** What may be spliced in. */
const FOREIGN: Readonly<Record<Party, readonly Buffer[]>> = {
  client: conversations.flatMap((each) => unitsOf(each, 'client').map(({ bytes }) => bytes)),
  server: conversations.flatMap((each) => unitsOf(each, 'server').map(({ bytes }) => bytes)),
}

/** Far from the seeds of its neighbours. */
const seedOf = (n: number): number => Math.imul(SEED + n, 0x9e3779b1) ^ SEED

/** What nobody may cause from outside: errors that nobody catches, and defects. */
export class Watch {
  readonly #found: string[] = []
  readonly #onDefect = (message: unknown): void => {
    const { where, error } = message as Defect
    this.#found.push(`a defect, ${where}: ${error instanceof Error ? error.stack : String(error)}`)
  }
  readonly #onUncaught = (error: unknown): void => {
    this.#found.push(`nobody caught: ${error instanceof Error ? error.stack : String(error)}`)
  }

  constructor() {
    subscribe('oslo-messaging:defect', this.#onDefect)
    process.on('uncaughtException', this.#onUncaught)
    process.on('unhandledRejection', this.#onUncaught)
  }

  async taken(): Promise<string[]> {
    await new Promise((resolve) => setImmediate(resolve))
    return this.#found.splice(0)
  }

  stop(): void {
    unsubscribe('oslo-messaging:defect', this.#onDefect)
    process.off('uncaughtException', this.#onUncaught)
    process.off('unhandledRejection', this.#onUncaught)
  }
}

/** Leaves out unit after unit as long as the same goes wrong. */
async function shrunk(
  units: readonly Unit[],
  problem: string,
  broken: (units: readonly Unit[]) => Promise<readonly string[]>,
): Promise<readonly Unit[]> {
  const kind = problem.slice(0, 60)
  let least = units
  let tries = 0
  for (let at = least.length - 1; at >= 0 && tries < MAX_SHRINKS; at--, tries++) {
    const fewer = least.toSpliced(at, 1)
    if ((await broken(fewer)).some((found) => found.startsWith(kind))) least = fewer
  }
  return least
}

const listed = (units: readonly Unit[]): string =>
  units.map(({ step, bytes }) => `  step ${step}: ${bytes.toString('hex')}`).join('\n')
