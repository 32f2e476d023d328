import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaslError } from '../../../src/amqp/errors.ts'
import { ScramClient } from '../../../src/amqp/sasl-scram-client.ts'
import type { ScramMechanism } from '../../../src/amqp/scram.ts'
import { SCRAM_EXAMPLES } from '../../support/scram-examples.ts'

const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ=='
const GOOD = `r=${NONCE}xyz,s=${SALT},i=4096`

const client = (options: { username?: string; password?: string } = {}, mechanism: ScramMechanism = 'SCRAM-SHA-256') =>
  new ScramClient(mechanism, { username: 'user', password: 'pencil', ...options }, NONCE)

const answer = async (exchange: ScramClient, challenge: string): Promise<string> =>
  (await exchange.respond(Buffer.from(challenge))).toString()

/** One whose turn it is to check the server. */
async function proving(): Promise<{ exchange: ScramClient; signature: string }> {
  const [example] = SCRAM_EXAMPLES.filter(({ mechanism }) => mechanism === 'SCRAM-SHA-256')
  assert(example)
  const exchange = client()
  await answer(exchange, example.serverFirst)
  return { exchange, signature: example.serverFinal }
}

const fault = (message: RegExp) => (error: unknown) => {
  assert(error instanceof SaslError)
  assert.equal(error.code, 'AMQP_SASL')
  assert.match(error.message, message)
  assert.doesNotMatch(error.message, /pencil/)
  return true
}

describe('a SCRAM client', () => {
  for (const { mechanism, source, nonce, clientFirst, serverFirst, clientFinal, serverFinal } of SCRAM_EXAMPLES)
    it(`says what ${source} says, byte for byte, and takes the signature in a challenge or with the outcome`, async () => {
      for (const how of ['challenge', 'outcome']) {
        const exchange = new ScramClient(mechanism, { username: 'user', password: 'pencil' }, nonce)
        assert.equal(exchange.start().toString(), clientFirst)
        assert.equal(await answer(exchange, serverFirst), clientFinal)
        if (how === 'challenge') assert.equal(await answer(exchange, serverFinal), '')
        exchange.finish(how === 'challenge' ? undefined : Buffer.from(serverFinal))
      }
    })

  it('has another nonce each time', () => {
    const nonces = [1, 2].map(() => new ScramClient('SCRAM-SHA-1', { username: 'u' }).start().toString())
    assert.match(nonces[0] ?? '', /^n,,n=u,r=[A-Za-z0-9+/]{24}$/)
    assert.notEqual(nonces[0], nonces[1])
  })

  it('escapes the comma and the equals sign of a user name', () => {
    assert.equal(client({ username: 'a=b,c' }).start().toString(), `n,,n=a=3Db=2Cc,r=${NONCE}`)
  })

  it('prepares user name and password, and sends none that cannot be', async () => {
    assert.equal(client({ username: 'I\u00adX\u2168' }).start().toString(), `n,,n=IXIX,r=${NONCE}`)
    const [prepared, plain] = await Promise.all(
      ['\u00aa\u00a0b', 'a b'].map((password) => answer(client({ password }), GOOD)),
    )
    assert.equal(prepared, plain)
    assert.throws(() => client({ username: 'a\u0007' }), fault(/user name has a character/))
    assert.throws(() => client({ password: 'pencil\u0000' }), fault(/password has a character/))
  })

  for (const [what, challenge, message] of [
    ['does not begin with ours', `r=other,s=${SALT},i=4096`, /nonce/],
    ['adds nothing to ours', `r=${NONCE},s=${SALT},i=4096`, /nonce/],
    ['has a character that no nonce has', `r=${NONCE}\u0007,s=${SALT},i=4096`, /nonce/],
  ] as const)
    it(`refuses a nonce that ${what}`, async () => {
      await assert.rejects(answer(client(), challenge), fault(message))
    })

  for (const iterations of ['4095', '1', '1000001', '9999999999'])
    it(`refuses ${iterations} iterations`, async () => {
      await assert.rejects(
        answer(client(), `r=${NONCE}x,s=${SALT},i=${iterations}`),
        fault(new RegExp(`asks for ${iterations} iterations, expected 4096 to 1000000`)),
      )
    })

  for (const iterations of ['', '0', '04096', '-4096', '4096.5', '1e5', '99999999999999999999', '4096\u0007'])
    it(`refuses ${JSON.stringify(iterations)} for a number of iterations`, async () => {
      await assert.rejects(
        answer(client(), `r=${NONCE}x,s=${SALT},i=${iterations}`),
        fault(/expected a number of iterations, found "/),
      )
    })

  for (const salt of ['', '*', 'QUI', 'QUI=\n', 'QUJ=', 'Q=UI', '=', 'a-_b'])
    it(`refuses ${JSON.stringify(salt)} for a salt`, async () => {
      await assert.rejects(answer(client(), `r=${NONCE}x,s=${salt},i=4096`), fault(/salt/))
    })

  it('takes extensions that are optional, and refuses one that is mandatory', async () => {
    assert.match(await answer(client(), `${GOOD},x=y`), /^c=biws,r=/)
    await assert.rejects(answer(client(), `m=x,${GOOD}`), fault(/an extension that is not known/))
  })

  for (const challenge of [
    '',
    ',',
    'r',
    `s=${SALT},r=${NONCE}x,i=4096`,
    `r=${NONCE}x,s=${SALT}`,
    `${GOOD},`,
    `v=${SALT}`,
  ])
    it(`refuses ${JSON.stringify(challenge)} for a challenge`, async () => {
      await assert.rejects(answer(client(), challenge), fault(/expected a message of the form r=,s=,i=/))
    })

  it('refuses a challenge that is no UTF-8', async () => {
    await assert.rejects(client().respond(Buffer.from([0x72, 0x3d, 0xff])), fault(/expected a message/))
  })

  it('says why the server refuses, with control characters made visible', async () => {
    const refused = { origin: 'remote', message: /refused the credentials \(SASL SCRAM-SHA-256: unknown-user\\u001b\)/ }
    await assert.rejects(answer(client(), 'e=unknown-user\u001b'), refused)
    await assert.rejects(async () => answer((await proving()).exchange, 'e=unknown-user\u001b'), refused)
    assert.equal(client().refusal(Buffer.from('e=invalid-proof')), 'invalid-proof')
    for (const other of [undefined, Buffer.from('v=x'), Buffer.alloc(0), Buffer.of(0xff)])
      assert.equal(client().refusal(other), undefined)
  })

  it('takes no signature but the right one', async () => {
    const { signature } = await proving()
    for (const wrong of ['v=', `v=${SALT}`, signature.replace('6rr', '7rr'), `${signature}=`, signature.slice(0, -4)]) {
      await assert.rejects(
        async () => answer((await proving()).exchange, wrong),
        fault(/signature of the peer is wrong/),
      )
      const { exchange } = await proving()
      assert.throws(() => exchange.finish(Buffer.from(wrong)), fault(/signature of the peer is wrong/))
    }
    for (const none of ['w', 'x=y', GOOD])
      await assert.rejects(
        async () => answer((await proving()).exchange, none),
        fault(/expected a message of the form v=/),
      )
  })

  it('takes no ok without the signature, before the proof, or after a wrong one', async () => {
    assert.throws(() => client().finish(undefined), fault(/ok before it had seen a proof/))
    assert.throws(() => client().finish(Buffer.from(`v=${SALT}`)), fault(/ok before it had seen a proof/))
    const { exchange } = await proving()
    assert.throws(() => exchange.finish(undefined), fault(/ok without the signature/))
    assert.throws(() => exchange.finish(Buffer.alloc(0)), fault(/ok without the signature/))
    await assert.rejects(answer(exchange, `v=${SALT}`), SaslError)
    assert.throws(() => exchange.finish(undefined), fault(/ok without the signature/))
  })

  it('answers two challenges and no third', async () => {
    const { exchange, signature } = await proving()
    await answer(exchange, signature)
    await assert.rejects(answer(exchange, signature), fault(/another challenge/))
  })
})
