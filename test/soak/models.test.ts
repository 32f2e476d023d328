// The properties of test/unit/amqp/, looked for at length.

import { describe, it } from 'node:test'
import { checkChunks } from '../support/chunking.ts'
import { conversations } from '../support/conversations.ts'
import { checkReceivers } from '../support/receiver-model.ts'
import { SEED } from '../support/seed.ts'
import { checkSenders } from '../support/sender-model.ts'
import { checkSlowPeers } from '../support/slow-peer-model.ts'

describe('for very many rows of actions', () => {
  it('senders do what their models say', () => checkSenders(5_000, SEED + 1))

  it('senders do so with peers that read when they like', () => checkSlowPeers(300, SEED + 1))

  it('receivers do what their models say', () => checkReceivers(5_000, SEED + 1))
})

describe('what was recorded', () => {
  for (const party of ['client', 'server'] as const)
    for (const conversation of conversations)
      it(`has the same effect wherever it is cut: the ${party} of ${conversation.name}`, async () => {
        await checkChunks(conversation, party, conversation.name === 'ours-frames' ? 5 : 1, SEED + 1)
      })
})
