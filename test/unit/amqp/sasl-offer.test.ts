import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Authenticate, AuthenticationDecision } from '../../../src/amqp/authentication.ts'
import { listen } from '../../../src/amqp/listener.ts'
import type { ServerSaslOptions } from '../../../src/amqp/options.ts'
import { type PeerChannel, SaslOffer } from '../../../src/amqp/sasl-offer.ts'
import { nextTurn } from '../../support/amqp-fixtures.ts'
import { defectsOf } from '../../support/defects.ts'
import { admissionOf, challengeOf, codeOf, init, PEER, stepOf } from '../../support/sasl-fixtures.ts'
import { warningsOf } from '../../support/warnings.ts'

const admitAll = { authenticate: () => true }
const scramCredentials = () => undefined
const offered = (options: ServerSaslOptions, channel: Partial<PeerChannel> = {}): readonly string[] =>
  new SaslOffer(options).mechanismsFor({ ...PEER, ...channel })

describe('a listener', () => {
  it('offers what it can check, else ANONYMOUS', () => {
    assert.deepEqual(offered(admitAll), ['PLAIN'])
    assert.deepEqual(offered({ scramCredentials }), ['SCRAM-SHA-256'])
    assert.deepEqual(offered({ ...admitAll, scramCredentials }), ['SCRAM-SHA-256', 'PLAIN'])
    assert.deepEqual(offered({}), ['ANONYMOUS'])
  })

  it('offers EXTERNAL only where it is named, to who has a subject', () => {
    assert.deepEqual(offered({}, { subject: 'alice' }), ['ANONYMOUS'])
    assert.deepEqual(offered(admitAll, { subject: 'alice' }), ['PLAIN'])
    assert.deepEqual(offered({ mechanisms: ['EXTERNAL', 'PLAIN'] }), ['PLAIN'])
    assert.deepEqual(offered({ mechanisms: ['EXTERNAL', 'PLAIN'] }, { subject: 'alice' }), ['EXTERNAL', 'PLAIN'])
  })

  it('offers what sends a secret only where nobody else can read it, unless told otherwise', async (t: TestContext) => {
    const warnings = warningsOf(t, 'OsloMessagingSecurity')
    const bare = { confidential: false }
    const all = { ...admitAll, scramCredentials, mechanisms: ['PLAIN', 'OAUTHBEARER', 'XOAUTH2', 'SCRAM-SHA-1'] }
    assert.deepEqual(offered(all, bare), ['SCRAM-SHA-1'])
    assert.deepEqual(offered({ ...all, allowCleartextSecrets: true }, bare), all.mechanisms)
    await nextTurn()
    assert.deepEqual(warnings, [])
    assert.deepEqual(offered(admitAll, bare), [])
    assert.deepEqual(offered(admitAll, bare), [])
    assert.equal(await codeOf(admitAll, init('PLAIN', '\0a\0b'), bare), 1)
    await nextTurn()
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /a listener has nothing to offer but SASL PLAIN.*allowCleartextSecrets/)
  })

  it('insists on SASL when it must know who comes', () => {
    const required = (options: ServerSaslOptions): boolean => new SaslOffer(options).required
    for (const options of [admitAll, { scramCredentials }, { mechanisms: ['EXTERNAL'] }, { required: true }])
      assert.equal(required(options), true)
    for (const options of [{}, { mechanisms: ['EXTERNAL', 'ANONYMOUS'] }, { ...admitAll, required: false }])
      assert.equal(required(options), false)
  })

  it('lets in whom the authenticator knows, at once when that decides at once', async () => {
    const options = {
      authenticate: (_: string, name: string, password: string) => name === 'alice' && password === 'x',
    }
    const choice = init('PLAIN', '\0alice\0x')
    assert.deepEqual(new SaslOffer(options).exchange(choice, PEER)?.start(choice.initialResponse as Buffer), {
      code: 0,
      identity: { mechanism: 'PLAIN', username: 'alice' },
    })
    assert.equal(await codeOf(options, init('PLAIN', '\0alice\0y')), 1)
    assert.equal(await codeOf({ authenticate: async () => true }, init('PLAIN', '\0alice\0y')), 0)
  })

  it('tells the authenticator the virtual host that is meant, and where the peer is', async () => {
    const asked: unknown[] = []
    const authenticate: Authenticate = (...args) => asked.push(args) > 0
    await stepOf({ authenticate }, init('PLAIN', '\0alice\0x', 'vhost.example'), { remoteAddress: '192.0.2.7:1' })
    await stepOf({ authenticate, mechanisms: ['ANONYMOUS'] }, init('ANONYMOUS'))
    assert.deepEqual(asked, [
      ['PLAIN', 'alice', 'x', { hostname: 'vhost.example', remoteAddress: '192.0.2.7:1' }],
      ['ANONYMOUS', '', '', { hostname: undefined, remoteAddress: PEER.remoteAddress }],
    ])
  })

  it('lets in by the name that the authenticator gives', async () => {
    for (const decision of [{ admittedAs: 'Alice' }, Promise.resolve({ admittedAs: 'Alice' })]) {
      const { identity } = admissionOf(await stepOf({ authenticate: () => decision }, init('PLAIN', '\0alice\0x')))
      assert.deepEqual(identity, { mechanism: 'PLAIN', username: 'Alice' })
    }
  })

  it('refuses mechanisms that it has not offered', async () => {
    assert.equal(await codeOf(admitAll, init('ANONYMOUS')), 1)
    assert.equal(await codeOf({}, init('PLAIN', '\0a\0b')), 1)
    assert.equal(await codeOf({ mechanisms: ['PLAIN'] }, init('PLAIN', '\0a\0b')), 1)
    assert.equal(await codeOf({ scramCredentials }, init('SCRAM-SHA-512', 'n,,n=a,r=b')), 1)
    assert.equal(await codeOf({}, init('toString')), 1)
  })

  it('refuses a PLAIN response that is none, and acting for somebody else', async () => {
    for (const response of ['', 'alice', '\0alice', '\0\0x', '\0a\0b\0c', 'bob\0alice\0x'])
      assert.equal(await codeOf(admitAll, init('PLAIN', response)), 1, JSON.stringify(response))
    assert.equal(await codeOf(admitAll, init('PLAIN', Buffer.from([0, 0xff, 0, 0x78]))), 1)
    assert.equal(await codeOf(admitAll, init('PLAIN', 'alice\0alice\0x')), 0)
  })

  it('asks who says nothing with its choice to begin', async () => {
    const choice = init('PLAIN')
    const exchange = new SaslOffer(admitAll).exchange(choice, PEER)
    assert.equal(challengeOf((await exchange?.start(Buffer.alloc(0))) ?? { code: 1 }).length, 0)
    assert.equal(admissionOf((await exchange?.respond(Buffer.from('\0alice\0x'))) ?? { code: 1 }).code, 0)
    assert.equal(admissionOf((await exchange?.respond(Buffer.from('\0alice\0x'))) ?? { code: 0 }).code, 1)
  })

  it('lets nobody in when the authenticator fails, reports that, and says try again', async (t) => {
    const defects = defectsOf(t)
    const thrown = new Error('no database')
    const failing: Authenticate[] = [
      () => {
        throw thrown
      },
      () => Promise.reject(thrown),
    ]
    for (const authenticate of failing) assert.equal(await codeOf({ authenticate }, init('PLAIN', '\0a\0b')), 4)
    assert.deepEqual(
      defects.map(({ where, error }) => [where, error]),
      [
        ['authenticate', thrown],
        ['authenticate', thrown],
      ],
    )
  })

  it('lets nobody in when the authenticator does not decide', async (t) => {
    const defects = defectsOf(t)
    const none = [undefined, null, 1, 'yes', {}, { username: 'alice' }, { admittedAs: 7 }, Promise.resolve(undefined)]
    for (const answer of none) {
      const authenticate = () => answer as unknown as AuthenticationDecision
      assert.equal(await codeOf({ authenticate }, init('PLAIN', '\0a\0b')), 4)
    }
    assert.equal(defects.length, none.length)
  })

  it('does not start with mechanisms that could let nobody in', async () => {
    const refused = (sasl: object, message: RegExp, name = 'TypeError') =>
      assert.rejects(listen({ sasl: sasl as ServerSaslOptions }), { name, message })
    await refused({ mechanisms: ['SCRAM-SHA256'], scramCredentials }, /unknown name "SCRAM-SHA256".*"SCRAM-SHA-256"\?/)
    await refused({ mechanisms: ['plain'], ...admitAll }, /did you mean "PLAIN"\?/)
    await refused({ mechanisms: ['SCRAM-SHA-1'], ...admitAll }, /SCRAM-SHA-1 needs scramCredentials/)
    await refused({ mechanisms: ['XOAUTH2'], scramCredentials }, /XOAUTH2 needs authenticate/)
    await refused({ authenticate: 'me:secret' }, /^sasl of listen: authenticate: expected a function, not a string$/)
    await refused({ scramCredentials, scramDecoy: { key: Buffer.alloc(15) } }, /at least 16 bytes/)
    await refused({ scramCredentials, scramDecoy: { salt: 1 } }, /unknown name "salt"/)
    await refused({ scramCredentials, scramDecoy: { iterations: 1000 } }, /4096 to 1000000/, 'RangeError')
    for (const maxSaslFrameSize of [511, 1_048_577, 600.5, Number.NaN])
      await refused({ maxSaslFrameSize }, /maxSaslFrameSize: expected a whole number from 512/, 'RangeError')
  })
})
