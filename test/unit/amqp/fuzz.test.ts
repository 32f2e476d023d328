// Recorded conversations, bent in all sorts of ways, fed to listeners and to clients of ours: nothing may break but what they are
// fed to, and that in order. A few of each here; the soak runs many (test/soak/fuzz.test.ts).

import { describe, it } from 'node:test'
import { fuzzClient, fuzzConnect, fuzzListener, fuzzPort, fuzzRouter } from '../../support/fuzz-runs.ts'
import { CASES } from '../../support/seed.ts'

describe('a recorded conversation that is bent', () => {
  it('ends in order or with an error at a listener, which serves others all the while', async () => {
    await fuzzListener(CASES ?? 500)
  })

  it('ends in order or with an error at a client', async () => {
    await fuzzClient(CASES ?? 500)
  })

  it('does so at a listener on a port', async () => {
    await fuzzPort(CASES ?? 100)
  })

  it('does so at a client that connects to a port', async () => {
    await fuzzConnect(CASES ?? 100)
  })

  it('does so at the embedded router, through which others call each other', async () => {
    await fuzzRouter(CASES ?? 100)
  })
})
