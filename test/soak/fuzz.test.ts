// The fuzzer at length, in memory: see test/support/fuzzing.ts for how to run one of its cases, or others.

import { describe, it } from 'node:test'
import { assertFlat } from '../support/flat-memory.ts'
import { fuzzClient, fuzzListener } from '../support/fuzz-runs.ts'
import { CASES } from '../support/seed.ts'

const RUNS = [
  ['a listener', fuzzListener],
  ['a client', fuzzClient],
] as const

describe('many bent conversations', () => {
  for (const [what, run] of RUNS)
    it(`break nothing at ${what}, and leave nothing behind`, async (t) => {
      const count = CASES ?? 12_000
      await assertFlat(
        t,
        `${count} cases`,
        () => run(1_000),
        () => run(count),
      )
    })
})
