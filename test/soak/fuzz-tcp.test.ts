// The fuzzer at length, over TCP: see test/support/fuzzing.ts for how to run one of its cases, or others.

import { describe, it } from 'node:test'
import { assertFlat } from '../support/flat-memory.ts'
import { fuzzConnect, fuzzPort, fuzzRouter, fuzzSilentClients, fuzzSilentServers } from '../support/fuzz-runs.ts'
import { CASES } from '../support/seed.ts'

const RUNS = [
  ['a listener', fuzzPort],
  ['a client that connects', fuzzConnect],
  ['the embedded router', fuzzRouter],
] as const

describe('many bent conversations over TCP', () => {
  for (const [what, run] of RUNS)
    it(`break nothing at ${what}, and leave nothing behind`, async (t) => {
      const count = CASES ?? 3_000
      await assertFlat(
        t,
        `${count} cases`,
        () => run(500),
        () => run(count),
      )
    })

  it('that end in silence are given up by a listener, each in its time', async () => {
    await fuzzSilentClients(CASES ?? 400)
  })

  it('that end in silence are given up by a client, each in its time', async () => {
    await fuzzSilentServers(CASES ?? 400)
  })
})
