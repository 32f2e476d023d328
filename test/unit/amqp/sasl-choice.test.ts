import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SaslError } from '../../../src/amqp/errors.ts'
import type { ClientSaslOptions } from '../../../src/amqp/options.ts'
import { type ClientChannel, chooseExchange } from '../../../src/amqp/sasl-choice.ts'
import type { ClientExchange } from '../../../src/amqp/sasl-exchange.ts'
import { checkOutcome } from '../../../src/amqp/sasl-outcome.ts'
import { nextTurn } from '../../support/amqp-fixtures.ts'
import { PROTECTED } from '../../support/sasl-fixtures.ts'
import { warningsOf } from '../../support/warnings.ts'

const user = { username: 'alice', password: 'secret' }
const token = (): string => 'ey.J0'
const ALL = [
  'ANONYMOUS',
  'PLAIN',
  'XOAUTH2',
  'OAUTHBEARER',
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
  'SCRAM-SHA-512',
  'EXTERNAL',
]

const choose = (offered: readonly string[], options: ClientSaslOptions, channel: Partial<ClientChannel> = {}) =>
  chooseExchange(offered, options, { ...PROTECTED, ...channel })
const chosen = (...args: Parameters<typeof choose>): string => choose(...args).mechanism
const sentBy = async (exchange: ClientExchange): Promise<string> => (await exchange.start()).toString()

describe('the mechanism that a client chooses', () => {
  it('is PLAIN with a user name when nothing stronger is offered, ANONYMOUS without', () => {
    assert.equal(chosen(['ANONYMOUS', 'PLAIN'], user), 'PLAIN')
    assert.equal(chosen(['ANONYMOUS', 'PLAIN'], {}), 'ANONYMOUS')
  })

  it('is the strongest that is offered, whatever the order', () => {
    assert.equal(chosen(ALL, user), 'SCRAM-SHA-512')
    assert.equal(chosen(['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'], user), 'SCRAM-SHA-256')
    assert.equal(chosen(['PLAIN', 'SCRAM-SHA-1'], user), 'SCRAM-SHA-1')
    assert.equal(chosen(ALL, { ...user, mechanisms: ['PLAIN', 'scram-sha-1'] }), 'SCRAM-SHA-1')
    assert.equal(chosen(['SCRAM-SHA-256-PLUS', 'PLAIN'], user), 'PLAIN')
  })

  it('is one for tokens with a token, and no other', () => {
    assert.equal(chosen(ALL, { token }), 'OAUTHBEARER')
    assert.equal(chosen(['XOAUTH2', 'PLAIN', 'ANONYMOUS'], { token, ...user }), 'XOAUTH2')
    assert.throws(() => choose(['PLAIN', 'ANONYMOUS'], { token, username: 'alice' }), {
      message: /offers PLAIN ANONYMOUS, allowed here: OAUTHBEARER XOAUTH2$/,
    })
  })

  it('is PLAIN with the token for a password when PLAIN is named', async () => {
    const options = { username: 'alice', token, mechanisms: ['PLAIN', 'SCRAM-SHA-256'] }
    assert.equal(chosen(ALL, options), 'PLAIN')
    assert.equal(await sentBy(choose(ALL, options)), '\0alice\0ey.J0')
    const both = { ...options, password: 'secret' }
    assert.equal(await sentBy(choose(['PLAIN'], both)), '\0alice\0ey.J0')
    assert.equal(chosen(ALL, both), 'SCRAM-SHA-256')
  })

  it('is never ANONYMOUS with a user name or a token, unless that is allowed by name', () => {
    for (const options of [user, { token }]) {
      assert.throws(() => choose(['ANONYMOUS'], options), SaslError)
      const allowed = { ...options, mechanisms: ['PLAIN', 'OAUTHBEARER', 'ANONYMOUS'] }
      assert.equal(chosen(['ANONYMOUS'], allowed), 'ANONYMOUS')
      assert.notEqual(chosen(ALL, allowed), 'ANONYMOUS')
    }
  })

  it('is EXTERNAL by name or with a certificate, and never instead of the credentials that were given', () => {
    assert.throws(() => choose(['EXTERNAL'], {}), SaslError)
    assert.equal(chosen(['EXTERNAL'], { mechanisms: ['external'] }), 'EXTERNAL')
    assert.equal(chosen(ALL, {}, { certificate: true }), 'EXTERNAL')
    assert.equal(chosen(['PLAIN', 'ANONYMOUS'], {}, { certificate: true }), 'ANONYMOUS')
    assert.equal(chosen(['EXTERNAL', 'PLAIN'], user, { certificate: true }), 'PLAIN')
  })

  it('carries the credentials as RFC 4616 says', async () => {
    assert.equal(await sentBy(choose(['PLAIN'], user)), '\0alice\0secret')
    assert.throws(() => choose(['PLAIN'], { username: 'a\0b' }), /NUL character/)
  })

  it('tells what was offered when there is none in common, with control characters made visible', () => {
    assert.throws(() => choose(['GSSAPI', 'X\u001b[2J'], user), {
      code: 'AMQP_SASL',
      message: /offers GSSAPI X\\u001b\[2J, allowed here: SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1 PLAIN$/,
    })
    assert.throws(() => choose([], { mechanisms: ['PLAIN'] }), /offers nothing.*none that has its credentials/)
    assert.throws(() => choose(['GSSAPI'], { mechanisms: ['GSSAPI', 'PLAIN'], ...user }), /allowed here: PLAIN$/)
  })
})

describe('a secret over a connection that others may read', () => {
  it('is sent with a warning, once for each host, that does not hold it', async (t) => {
    const warnings = warningsOf(t, 'OsloMessagingSecurity')
    for (const host of ['one.example', 'one.example', 'two.example'])
      assert.equal(chosen(['PLAIN'], user, { confidential: false, host }), 'PLAIN')
    for (const mechanism of ['OAUTHBEARER', 'XOAUTH2'])
      assert.equal(chosen([mechanism], { token }, { confidential: false, host: mechanism }), mechanism)
    await nextTurn()
    assert.deepEqual(
      warnings.map((warning) => /^SASL (\S+) sends a secret unencrypted to (\S+): use TLS/.exec(warning)?.slice(1)),
      [
        ['PLAIN', 'one.example'],
        ['PLAIN', 'two.example'],
        ['OAUTHBEARER', 'OAUTHBEARER'],
        ['XOAUTH2', 'XOAUTH2'],
      ],
    )
    assert.doesNotMatch(warnings.join(), /secret\b(?! unencrypted)|alice|ey\.J0/)
  })

  it('is sent without a warning when that is meant, when it is protected, and where it is none', async (t) => {
    const warnings = warningsOf(t, 'OsloMessagingSecurity')
    chosen(['PLAIN'], { ...user, allowCleartextSecrets: true }, { confidential: false, host: 'three.example' })
    chosen(['PLAIN'], user, { host: 'three.example' })
    chosen(['SCRAM-SHA-256'], user, { confidential: false, host: 'three.example' })
    chosen(['ANONYMOUS'], {}, { confidential: false, host: 'three.example' })
    await nextTurn()
    assert.deepEqual(warnings, [])
  })

  it('is not sent when that is forbidden', async (t) => {
    const warnings = warningsOf(t, 'OsloMessagingSecurity')
    const bare = { confidential: false, host: 'four.example' }
    const forbidden = { ...user, allowCleartextSecrets: false }
    assert.equal(chosen(ALL, forbidden, bare), 'SCRAM-SHA-512')
    assert.equal(chosen(['PLAIN'], forbidden), 'PLAIN')
    assert.throws(() => choose(['PLAIN'], forbidden, bare), {
      code: 'AMQP_SASL',
      message:
        /offers PLAIN, allowed here: SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1; PLAIN only over TLS \(allowCleartextSecrets\)$/,
    })
    assert.throws(() => choose(ALL, { token, allowCleartextSecrets: false }, bare), {
      message: /allowed here: nothing; OAUTHBEARER XOAUTH2 only over TLS/,
    })
    await nextTurn()
    assert.deepEqual(warnings, [])
  })
})

describe('the outcome', () => {
  const outcome = (code: number) => ({ type: 'sasl-outcome', code, additionalData: undefined }) as const
  const plain = choose(['PLAIN'], user)

  it('refuses with the reason that it gives', () => {
    assert.doesNotThrow(() => checkOutcome(outcome(0), plain))
    for (const [code, reason] of [
      [1, /authentication failed/],
      [3, /permanent/],
      [9, /outcome 9/],
    ] as const)
      assert.throws(() => checkOutcome(outcome(code), plain), { name: 'SaslError', message: reason })
  })

  it('is no fault of the credentials when the peer could not check them', () => {
    for (const code of [2, 4])
      assert.throws(() => checkOutcome(outcome(code), plain), {
        name: 'ConnectionError',
        message: /could not check the credentials/,
      })
  })
})
