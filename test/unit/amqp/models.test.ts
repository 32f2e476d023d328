// Both ends of a link against models of what the specification says of them.

import { describe, it } from 'node:test'
import { checkReceivers } from '../../support/receiver-model.ts'
import { SEED } from '../../support/seed.ts'
import { checkSenders } from '../../support/sender-model.ts'
import { checkSlowPeers } from '../../support/slow-peer-model.ts'

describe('for any row of actions', () => {
  it('a sender keeps to what it was granted, holds nothing back, and reports each submission once', async () => {
    await checkSenders(300, SEED)
  })

  it('a sender delivers everything in order to a peer that reads when it likes, and encodes little ahead', async () => {
    await checkSlowPeers(60, SEED)
  })

  it('a receiver never has more granted and held than its window, never runs dry, and settles each delivery once', async () => {
    await checkReceivers(300, SEED)
  })
})
