// Whatever bytes the other end sends, an exchange ends in a refusal of its own kind.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SaslError } from '../../../src/amqp/errors.ts'
import { bearerClient } from '../../../src/amqp/sasl-bearer-client.ts'
import { SaslOffer } from '../../../src/amqp/sasl-offer.ts'
import { ScramClient } from '../../../src/amqp/sasl-scram-client.ts'
import { init, PEER } from '../../support/sasl-fixtures.ts'

const MECHANISMS = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'XOAUTH2', 'PLAIN']

/** Bytes, and what looks like messages: pieces of them in any order. */
const scramPiece = fc.constantFrom('n,', 'y,', 'a=', ',', 'n=u', 'r=', 'NONCE', 's=', 'QUJD', 'i=', '4096', 'm=x', 'v=')
const bearerPiece = fc.constantFrom('user=', '\x01', 'auth=', 'Bearer ', 'x', '=2C', '=', '\0', 'e=', 'p=x,', 'c=biws')
const message = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.array(fc.oneof(scramPiece, bearerPiece), { maxLength: 16 }).map((pieces) => Buffer.from(pieces.join(''))),
)

const RUNS = { numRuns: 2_000 }

describe('hostile bytes', () => {
  it('let nobody in at a listener, and do not make it throw', async () => {
    const options = { mechanisms: MECHANISMS, authenticate: () => false, scramCredentials: () => undefined }
    const offer = new SaslOffer(options)
    const inputs = [fc.constantFrom(...MECHANISMS), fc.option(message), message] as const
    await fc.assert(
      fc.asyncProperty(...inputs, async (mechanism, first, second) => {
        const exchange = offer.exchange(init(mechanism, first ?? undefined), PEER)
        assert(exchange)
        let step = await exchange.start(first ?? Buffer.alloc(0))
        for (let rounds = 0; 'challenge' in step; rounds++) {
          assert(rounds < 4, 'it comes to an end')
          assert(step.challenge.length <= 450, 'it fits a frame')
          step = await exchange.respond(second)
        }
        assert.equal(step.code, 1)
      }),
      RUNS,
    )
  })

  it('make a client refuse with a SaslError, or answer once', async () => {
    await fc.assert(
      fc.asyncProperty(message, async (challenge) => {
        const scram = new ScramClient('SCRAM-SHA-1', { username: 'u', password: 'p' }, 'NONCE')
        await scram.respond(challenge).catch((error: unknown) => assert(error instanceof SaslError))
        assert.throws(() => scram.finish(challenge), SaslError)
        const bearer = bearerClient('OAUTHBEARER', () => 'token')
        await bearer.start()
        assert.equal((await bearer.respond(challenge)).length, 1)
        assert.throws(() => bearer.finish(undefined), SaslError)
      }),
      RUNS,
    )
  })
})
