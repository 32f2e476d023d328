import assert from 'node:assert/strict'
import { before, describe, it, type TestContext } from 'node:test'
import { generate } from 'selfsigned'
import { connect } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import type { ServerSaslOptions } from '../../../src/amqp/options.ts'
import { startListener } from '../../support/amqp-fixtures.ts'
import { codeOf, init } from '../../support/sasl-fixtures.ts'

interface Pem {
  readonly cert: string
  readonly private: string
}

/** A certificate that signs itself. */
const certificate = (commonName: string): Promise<Pem> =>
  generate([{ name: 'commonName', value: commonName }], {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  } as never) as unknown as Promise<Pem>

let server: Pem
let alice: Pem
let stranger: Pem

before(async () => {
  server = await certificate('localhost')
  alice = await certificate('alice')
  stranger = await certificate('alice') // by the name only
})

/** A listener that knows alice's certificate, and what connecting to it with another's, or none, comes to. */
async function connecting(t: TestContext, sasl: ServerSaslOptions, client: Pem | undefined, more = {}) {
  const opened: Connection[] = []
  const tls = { cert: server.cert, key: server.private, ca: alice.cert, requestCert: true, rejectUnauthorized: false }
  const { port } = await startListener(t, { tls, sasl, onConnection: (connection) => opened.push(connection) })
  const own = client ? { cert: client.cert, key: client.private } : {}
  const connection = await connect({ host: 'localhost', port, tls: { ca: server.cert, ...own }, ...more })
  t.after(() => connection.abort(new Error('the test is over')))
  return opened[0]?.username
}

const EXTERNAL = { mechanisms: ['EXTERNAL'] }

describe('SASL EXTERNAL', () => {
  it('makes the common name of the client certificate the user, whether asked for by name or not', async (t) => {
    assert.equal(await connecting(t, EXTERNAL, alice), 'alice')
    assert.equal(await connecting(t, EXTERNAL, alice, { sasl: EXTERNAL }), 'alice')
    assert.equal(await connecting(t, EXTERNAL, alice, { sasl: {} }), 'alice')
  })

  it('lets nobody in who has no certificate, or one of an unknown authority', async (t) => {
    const both = { mechanisms: ['EXTERNAL', 'PLAIN'], authenticate: () => true }
    await assert.rejects(connecting(t, both, undefined), { code: 'AMQP_SASL', message: /the peer offers PLAIN,/ })
    // It is named where nothing else is, since the list may not be empty.
    await assert.rejects(connecting(t, EXTERNAL, undefined), { code: 'AMQP_SASL', message: /the peer offers EXTERNAL/ })
    const refused = { code: 'AMQP_SASL', message: /the peer refused the credentials/ }
    await assert.rejects(connecting(t, EXTERNAL, stranger, { sasl: EXTERNAL }), refused)
    await assert.rejects(connecting(t, EXTERNAL, undefined, { sasl: EXTERNAL }), refused)
  })

  it('asks the authenticator, with the name and without password', async (t) => {
    const asked: unknown[] = []
    const decide = (ok: boolean) => (mechanism: string, name: string, password: string) => {
      asked.push([mechanism, name, password])
      return ok
    }
    assert.equal(await connecting(t, { ...EXTERNAL, authenticate: decide(true) }, alice), 'alice')
    const refused = connecting(t, { ...EXTERNAL, authenticate: decide(false) }, alice)
    await assert.rejects(refused, { code: 'AMQP_SASL', message: /refused the credentials/ })
    assert.deepEqual(asked, [
      ['EXTERNAL', 'alice', ''],
      ['EXTERNAL', 'alice', ''],
    ])
  })

  it('is for the subject itself, not for acting as somebody else', async () => {
    const code = (response: string | undefined, subject?: string) =>
      codeOf(EXTERNAL, init('EXTERNAL', response), { subject })
    assert.equal(await code(undefined, 'alice'), 0)
    assert.deepEqual(
      [
        await code('', 'alice'),
        await code('alice', 'alice'),
        await code('bob', 'alice'),
        await code(''),
        await code('alice'),
      ],
      [0, 0, 1, 1, 1],
    )
  })
})
