// Every mechanism from our client to our listener, in clear text and over TLS.

import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { before, describe, it, type TestContext } from 'node:test'
import { generate } from 'selfsigned'
import type { AuthenticationContext } from '../../../src/amqp/authentication.ts'
import { connect } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import { makeScramCredentials, type ScramCredentials, type ScramMechanism } from '../../../src/amqp/index.ts'
import type { ConnectOptions, ListenOptions, ServerSaslOptions } from '../../../src/amqp/options.ts'
import { nextTurn, startListener } from '../../support/amqp-fixtures.ts'
import { warningsOf } from '../../support/warnings.ts'

const ALL = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'OAUTHBEARER', 'XOAUTH2', 'PLAIN', 'ANONYMOUS']
const SCRAM: readonly ScramMechanism[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1']
const alice = { username: 'alice', password: 'p\u00e4ssword' }
/** Longer than a frame of SASL has without one. */
const TOKEN = `ey.${'x'.repeat(2000)}.J0`
const bearer = { token: async () => TOKEN }
const isBearer = (mechanism: string): boolean => mechanism === 'OAUTHBEARER' || mechanism === 'XOAUTH2'

let tls: { readonly cert: string; readonly private: string }
const stored = new Map<string, ScramCredentials>()

before(async () => {
  tls = (await generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  } as never)) as unknown as typeof tls
  for (const mechanism of SCRAM)
    stored.set(mechanism, await makeScramCredentials(mechanism, alice.password, { iterations: 4096 }))
})

/** What the listener was asked. */
interface Asked {
  readonly mechanism: string
  readonly context: AuthenticationContext
}

/** A listener that knows alice, by her password and by her token. */
function knowingAlice(asked: Asked[], mechanisms: readonly string[] = ALL): ServerSaslOptions {
  return {
    mechanisms,
    authenticate: async (mechanism, username, secret, context) => {
      asked.push({ mechanism, context })
      if (mechanism === 'PLAIN') return username === alice.username && secret === alice.password
      if (mechanism === 'ANONYMOUS') return true
      return secret === TOKEN ? { admittedAs: 'alice' } : { status: 'invalid_token', scope: 'rpc' }
    },
    scramCredentials: async (mechanism, username, context) => {
      asked.push({ mechanism, context })
      return username === alice.username ? stored.get(mechanism) : undefined
    },
  }
}

async function meet(t: TestContext, listen: ListenOptions, options: ConnectOptions) {
  const opened: Connection[] = []
  const { port } = await startListener(t, { ...listen, onConnection: (connection) => opened.push(connection) })
  const connection = await connect({ host: 'localhost', port, ...options })
  t.after(() => connection.abort(new Error('the test is over')))
  return opened[0]?.username
}

for (const secure of [false, true])
  describe(`SASL ${secure ? 'over TLS' : 'in clear text on the loopback'}`, () => {
    const ends = () => ({
      listen: secure ? { tls: { cert: tls.cert, key: tls.private } } : {},
      options: secure ? { tls: { ca: tls.cert } } : {},
    })

    for (const mechanism of ALL)
      it(`${mechanism} lets in who may, by name`, async (t) => {
        const asked: Asked[] = []
        const { listen, options } = ends()
        const sasl = { ...(isBearer(mechanism) ? bearer : alice), mechanisms: [mechanism] }
        const username = await meet(
          t,
          { ...listen, sasl: knowingAlice(asked) },
          { ...options, sasl, hostname: 'vhost.example' },
        )
        assert.equal(username, mechanism === 'ANONYMOUS' ? undefined : 'alice')
        assert.deepEqual(
          asked.map(({ mechanism: name, context }) => [name, context.hostname]),
          [[mechanism, 'vhost.example']],
        )
        assert.match(asked[0]?.context.remoteAddress ?? '', /^(::ffff:)?127\.0\.0\.1:\d+$|^::1:\d+$/)
      })

    it('uses the strongest of what is offered, and refuses who may not come in', async (t) => {
      const { listen, options } = ends()
      for (let from = 0; from < SCRAM.length; from++) {
        const asked: Asked[] = []
        const offered = ALL.slice(from).reverse()
        const sasl = knowingAlice(asked, offered)
        assert.equal(await meet(t, { ...listen, sasl }, { ...options, sasl: alice }), 'alice')
        for (const wrong of [{ password: 'wrong' }, { username: 'bob' }, { password: '' }])
          await assert.rejects(meet(t, { ...listen, sasl }, { ...options, sasl: { ...alice, ...wrong } }), {
            code: 'AMQP_SASL',
            message: new RegExp(`refused the credentials \\(SASL ${SCRAM[from]}: authentication failed\\)`),
          })
        assert.deepEqual([...new Set(asked.map(({ mechanism }) => mechanism))], [SCRAM[from]])
      }
    })

    it('tells why a token is refused, and never shows it', async (t) => {
      const { listen, options } = ends()
      for (const mechanism of ['OAUTHBEARER', 'XOAUTH2']) {
        const sasl = { token: async () => 'expired', mechanisms: [mechanism] }
        await assert.rejects(meet(t, { ...listen, sasl: knowingAlice([]) }, { ...options, sasl }), (error: Error) => {
          assert.match(error.message, /authentication failed, status "invalid_token", scope "rpc"\)$/)
          return !error.message.includes('expired')
        })
      }
    })
  })

/** An address of this machine that is not its loopback. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

describe('SASL beyond the loopback', { skip: outside === undefined && 'this machine has the loopback only' }, () => {
  const host = outside as string

  it('offers what sends a secret over TLS, or when told so, and not otherwise', async (t) => {
    const asked: Asked[] = []
    const offered = ['PLAIN', 'OAUTHBEARER']
    const sasl = knowingAlice(asked, offered)
    const allowed = { ...sasl, allowCleartextSecrets: true }
    await assert.rejects(meet(t, { host, sasl }, { host, sasl: alice }), {
      code: 'AMQP_CONNECTION',
      message: /the peer closed the socket before its Open/,
    })
    assert.equal(asked.length, 0)
    assert.equal(await meet(t, { host: '0.0.0.0', sasl }, { host: '127.0.0.1', sasl: alice }), 'alice')
    const server = { cert: tls.cert, key: tls.private }
    const client = { ca: tls.cert, servername: 'localhost', checkServerIdentity: () => undefined }
    assert.equal(await meet(t, { host, sasl, tls: server }, { host, sasl: alice, tls: client }), 'alice')
    assert.equal(
      await meet(t, { host, sasl: allowed }, { host, sasl: { ...alice, allowCleartextSecrets: true } }),
      'alice',
    )
  })

  it('warns a client once that its secret can be read, or lets it send none', async (t) => {
    const warnings = warningsOf(t, 'OsloMessagingSecurity')
    const asked: Asked[] = []
    const sasl = { ...knowingAlice(asked, ['PLAIN', 'XOAUTH2']), allowCleartextSecrets: true }
    await meet(t, { host, sasl }, { host, sasl: alice })
    await meet(t, { host, sasl }, { host, sasl: bearer })
    await nextTurn()
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', new RegExp(`^SASL PLAIN sends a secret unencrypted to ${host}: `))
    for (const credentials of [alice, bearer])
      await assert.rejects(meet(t, { host, sasl }, { host, sasl: { ...credentials, allowCleartextSecrets: false } }), {
        code: 'AMQP_SASL',
        message: /only over TLS \(allowCleartextSecrets\)/,
      })
    assert.equal(asked.length, 2)
  })

  it('has no secret to send with SCRAM', async (t) => {
    const warnings = warningsOf(t, 'OsloMessagingSecurity')
    const sasl = knowingAlice([])
    const strict = { ...alice, allowCleartextSecrets: false }
    assert.equal(await meet(t, { host, sasl }, { host, sasl: strict }), 'alice')
    await nextTurn()
    assert.deepEqual(warnings, [])
  })
})
