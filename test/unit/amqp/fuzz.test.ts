// Recorded conversations, bent in all sorts of ways, fed to a listener and to clients of ours: nothing may break but what they
// are fed to, and that in order.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Bystanders } from '../../support/bystanders.ts'
import { conversations } from '../../support/conversations.ts'
import { feedClient, feedListener, unitsOf } from '../../support/fuzz-ends.ts'
import { FuzzHub } from '../../support/fuzz-hub.ts'
import { fuzz } from '../../support/fuzzing.ts'
import { acceptOver, connectOver } from '../../support/memory-connection.ts'
import { memoryPair } from '../../support/memory-socket.ts'
import { mutated } from '../../support/mutations.ts'
import { Random } from '../../support/random.ts'

const CASES = Number(process.env.FUZZ_CASES ?? 1500)

describe('a recorded conversation that is bent', () => {
  it('ends in order or with an error at a listener, which serves others all the while', async () => {
    const hub = new FuzzHub()
    const open = async () => {
      const [left, right] = memoryPair()
      acceptOver(right, hub.options)
      return await connectOver(left).opened
    }
    const connections = [await open(), await open()] as const
    const bystanders = await Bystanders.start(...connections)
    const foreign = conversations.flatMap((each) => unitsOf(each, 'client').map(({ bytes }) => bytes))
    try {
      await fuzz({
        cases: CASES,
        make: (seed) => {
          const random = new Random(seed)
          return mutated(unitsOf(random.pick(conversations), 'client'), random, foreign)
        },
        run: (units, seed) => feedListener(units, hub, seed),
      })
    } finally {
      await bystanders.stop()
      await Promise.all(connections.map((connection) => connection.close()))
    }
    assert(bystanders.exchanged > 10)
  })

  it('ends in order or with an error at a client', async () => {
    const foreign = conversations.flatMap((each) => unitsOf(each, 'server').map(({ bytes }) => bytes))
    const chosen = (seed: number) => new Random(seed).pick(conversations)
    await fuzz({
      cases: CASES,
      make: (seed) => mutated(unitsOf(chosen(seed), 'server'), new Random(seed), foreign),
      run: (units, seed) => feedClient(units, chosen(seed), seed),
    })
  })
})
