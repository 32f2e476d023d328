// TCP cuts a stream wherever it likes: see test/support/chunking.ts.

import { describe, it } from 'node:test'
import { checkChunks } from '../../support/chunking.ts'
import { bytesOf, conversations } from '../../support/conversations.ts'
import { SEED } from '../../support/seed.ts'

for (const party of ['client', 'server'] as const)
  describe(`what a recorded ${party} said`, () => {
    for (const conversation of conversations)
      it(`has the same effect in any chunks: ${conversation.name}`, async () => {
        // At every byte of the short ones; the soak cuts all of them at every byte.
        const stride = bytesOf(conversation, party).length < 600 ? 1 : 61
        await checkChunks(conversation, party, stride, SEED)
      })
  })
