import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Authenticate } from '../../../src/amqp/authentication.ts'
import { ConnectionError, SaslError } from '../../../src/amqp/errors.ts'
import type { TokenSource } from '../../../src/amqp/options.ts'
import { bearerErrorMessage } from '../../../src/amqp/sasl-bearer.ts'
import { bearerClient } from '../../../src/amqp/sasl-bearer-client.ts'
import { SaslOffer } from '../../../src/amqp/sasl-offer.ts'
import { checkOutcome } from '../../../src/amqp/sasl-outcome.ts'
import { defectsOf } from '../../support/defects.ts'
import { admissionOf, challengeOf, init, PEER, stepOf, talk } from '../../support/sasl-fixtures.ts'

const TOKEN = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=='
const MECHANISMS = ['OAUTHBEARER', 'XOAUTH2'] as const

const client = (mechanism: (typeof MECHANISMS)[number], source: TokenSource = () => TOKEN, username?: string) =>
  bearerClient(mechanism, source, username)
const offer = (authenticate: Authenticate) => ({ authenticate, mechanisms: [...MECHANISMS] })
const refused = (additionalData?: Buffer) => ({ type: 'sasl-outcome', code: 1, additionalData }) as const

const never: TokenSource = () => new Promise(() => {})

describe('a client with a token', () => {
  for (const [mechanism, username, message] of [
    ['OAUTHBEARER', undefined, `n,,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['OAUTHBEARER', 'user@example.com', `n,a=user@example.com,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['OAUTHBEARER', 'a=b,c', `n,a=a=3Db=2Cc,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['XOAUTH2', 'someuser@example.com', `user=someuser@example.com\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['XOAUTH2', undefined, `user=\x01auth=Bearer ${TOKEN}\x01\x01`],
  ] as const)
    it(`says in ${mechanism} ${username ? `for ${username}` : 'without a name'} what the mechanism says`, async () => {
      assert.equal((await client(mechanism, undefined, username).start()).toString(), message)
    })

  it('takes a token that comes later', async () => {
    assert.match((await client('XOAUTH2', async () => TOKEN).start()).toString(), /auth=Bearer vF9dft/)
  })

  it('sends no token that could not be one, and does not show it', async () => {
    for (const token of ['', 'a b', 'a\x01b', 'a\n', '\u00fc', 7, undefined] as string[])
      await assert.rejects(async () => client('OAUTHBEARER', () => token).start(), {
        name: 'SaslError',
        message: /^SASL OAUTHBEARER: the token (is empty, or has characters that no token has|callback gave no text)$/,
      })
    await assert.rejects(async () => client('XOAUTH2', undefined, 'a\x01auth=x').start(), SaslError)
  })

  it('ends with a ConnectionError when the callback fails, for another attempt may do', async () => {
    const cause = new Error('who gives tokens is away')
    const throwing = (): never => {
      throw cause
    }
    for (const source of [throwing, () => Promise.reject(cause)])
      await assert.rejects(
        async () => client('OAUTHBEARER', source).start(),
        (error) => error instanceof ConnectionError && !(error instanceof SaslError) && error.cause === cause,
      )
  })

  it('tells the callback when the connection is given up', async () => {
    let signal: AbortSignal | undefined
    const exchange = client('OAUTHBEARER', (given) => {
      signal = given
      return never(given)
    })
    void exchange.start()
    assert.equal(signal?.aborted, false)
    exchange.stop()
    assert.equal(signal?.aborted, true)
  })

  for (const [mechanism, answer] of [
    ['OAUTHBEARER', '\x01'],
    ['XOAUTH2', ''],
  ] as const)
    it(`answers the error of ${mechanism} so that the peer can end it, and says why it was refused`, async () => {
      const exchange = client(mechanism)
      await exchange.start()
      const error = { status: 'invalid_token', scope: 'queue\u001b[2J', 'openid-configuration': 'https://id.example' }
      assert.equal((await exchange.respond(Buffer.from(JSON.stringify(error)))).toString(), answer)
      assert.throws(() => checkOutcome(refused(), exchange), {
        name: 'SaslError',
        message:
          `the peer refused the credentials (SASL ${mechanism}: authentication failed, status "invalid_token", ` +
          'scope "queue\\u001b[2J", openid-configuration "https://id.example")',
      })
      assert.throws(() => exchange.finish(undefined), /ok after it had refused the token \(status "invalid_token"/)
      await assert.rejects(async () => exchange.respond(Buffer.from('{}')), /second challenge/)
    })

  it('never repeats the token that the peer repeats', async () => {
    const exchange = client('OAUTHBEARER')
    await exchange.start()
    await exchange.respond(Buffer.from(JSON.stringify({ status: `not ${TOKEN}`, scope: 7 })))
    assert.throws(() => checkOutcome(refused(), exchange), /status "not \*\*\*"\)$/)
  })

  it('reads an error in base64, and says so when it cannot read one', async () => {
    for (const [error, told] of [
      [Buffer.from('{"status":"401","schemes":"bearer"}').toString('base64'), /status "401"/],
      ['', /an error that cannot be read/],
      ['{"status":', /an error that cannot be read/],
      ['null', /an error that cannot be read/],
      ['[1]', /an error that cannot be read/],
      ['\xff', /an error that cannot be read/],
    ] as const) {
      const exchange = client('XOAUTH2')
      await exchange.start()
      await exchange.respond(Buffer.from(error))
      assert.throws(() => checkOutcome(refused(), exchange), told)
    }
  })
})

describe('a listener that takes tokens', () => {
  it('asks the authenticator with the token, and the name that was given with it, if any', async () => {
    const asked: unknown[] = []
    const authenticate: Authenticate = (...args) => asked.push(args.slice(0, 3)) > 0
    for (const mechanism of MECHANISMS)
      for (const username of [undefined, 'a=b,c']) {
        const message = (await client(mechanism, undefined, username).start()) as Buffer
        const { code, identity } = admissionOf(await stepOf(offer(authenticate), init(mechanism, message)))
        assert.deepEqual([code, identity], [0, { mechanism, username }])
      }
    assert.deepEqual(asked, [
      ['OAUTHBEARER', '', TOKEN],
      ['OAUTHBEARER', 'a=b,c', TOKEN],
      ['XOAUTH2', '', TOKEN],
      ['XOAUTH2', 'a=b,c', TOKEN],
    ])
  })

  it('lets in by the name that the token stands for', async () => {
    const options = offer(async () => ({ admittedAs: 'subject' }))
    const choice = init('OAUTHBEARER', `n,,\x01auth=Bearer ${TOKEN}\x01\x01`)
    assert.equal(admissionOf(await stepOf(options, choice)).identity?.username, 'subject')
  })

  it('takes the other forms of the message', async () => {
    for (const [mechanism, message] of [
      ['OAUTHBEARER', `y,,\x01host=server.example.com\x01port=143\x01auth=bearer ${TOKEN}\x01\x01`],
      ['OAUTHBEARER', `n,a=u,\x01auth=BEARER  ${TOKEN}\x01foo=bar baz\x01\x01`],
      ['XOAUTH2', `user=\x01auth=bearer ${TOKEN}\x01\x01`],
    ] as const)
      assert.equal(
        admissionOf(
          await stepOf(
            offer(() => true),
            init(mechanism, message),
          ),
        ).code,
        0,
        message,
      )
  })

  for (const [mechanism, message] of [
    ['OAUTHBEARER', ''],
    ['OAUTHBEARER', '\x01'],
    ['OAUTHBEARER', 'n,,\x01\x01'],
    ['OAUTHBEARER', `n,,\x01auth=Bearer ${TOKEN}`],
    ['OAUTHBEARER', `n,,\x01auth=Bearer ${TOKEN}\x01`],
    ['OAUTHBEARER', 'n,,\x01auth=Bearer \x01\x01'],
    ['OAUTHBEARER', `n,,\x01auth=Basic ${TOKEN}\x01\x01`],
    ['OAUTHBEARER', `n,,\x01auth=Bearer x\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['OAUTHBEARER', `n,,\x01auth=Bearer ${TOKEN}\x01oops\x01\x01`],
    ['OAUTHBEARER', `n,,x\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['OAUTHBEARER', `n,a==,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['OAUTHBEARER', `p=tls-unique,,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['OAUTHBEARER', `user=x\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['XOAUTH2', `n,,\x01auth=Bearer ${TOKEN}\x01\x01`],
    ['XOAUTH2', `user=x\x01auth=Bearer a b\x01\x01`],
  ] as const)
    it(`asks nobody about ${mechanism} ${JSON.stringify(message)}, and says that it is no request`, async () => {
      const options = offer(() => assert.fail('nobody is asked'))
      const error = challengeOf(await stepOf(options, init(mechanism, message)))
      assert.equal(JSON.parse(error.toString()).status, 'invalid_request')
    })

  it('tells why it refuses, and refuses whatever is answered to that', async () => {
    for (const mechanism of MECHANISMS)
      for (const decision of [false, { status: 'insufficient_scope', scope: 'rpc' }]) {
        const exchange = client(mechanism)
        const server = new SaslOffer(offer(() => decision)).exchange(init(mechanism, ''), PEER)
        assert(server)
        const { said, admission } = await talk(exchange, server)
        assert.deepEqual([admission.code, said.length], [1, 3])
        const told = JSON.parse(said[1] ?? '') as Record<string, unknown>
        assert.equal(told.status, decision === false ? 'invalid_token' : 'insufficient_scope')
        assert.equal(told.scope, decision === false ? undefined : 'rpc')
        assert.equal(told.schemes, mechanism === 'XOAUTH2' ? 'bearer' : undefined)
        assert.equal(admissionOf(await server.respond(Buffer.from(`n,,\x01auth=Bearer ${TOKEN}\x01\x01`))).code, 1)
      }
  })

  it('says "try again" when the authenticator fails, and reports that', async (t) => {
    const defects = defectsOf(t)
    const options = offer(() => Promise.reject(new Error('down')))
    const choice = init('XOAUTH2', `user=\x01auth=Bearer ${TOKEN}\x01\x01`)
    assert.equal(admissionOf(await stepOf(options, choice)).code, 4)
    assert.equal(defects.length, 1)
  })

  it('leaves out of its reason what no frame would hold', () => {
    const long = 'x'.repeat(600)
    const told = (refusal: Parameters<typeof bearerErrorMessage>[1]) =>
      JSON.parse(bearerErrorMessage('OAUTHBEARER', refusal).toString())
    assert.deepEqual(told({ status: 's', scope: 'rpc', openidConfiguration: long }), { status: 's', scope: 'rpc' })
    assert.deepEqual(told({ status: 's', scope: long, openidConfiguration: 'x' }), { status: 's' })
    assert.deepEqual(told({ status: long }), { status: 'invalid_token' })
  })
})
