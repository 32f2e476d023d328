// The mechanisms that rhea knows: XOAUTH2 as a client of our listener; as a server of our client those that are given to it.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { Connection as RheaConnection } from 'rhea'
import rhea from 'rhea'
import type { Authenticate } from '../../../src/amqp/authentication.ts'
import { connect } from '../../../src/amqp/connect.ts'
import type { ClientSaslOptions, ServerSaslOptions } from '../../../src/amqp/options.ts'
import { startListener } from '../../support/amqp-fixtures.ts'

async function rheaClient(t: TestContext, sasl: ServerSaslOptions, options: object): Promise<RheaConnection> {
  const { port } = await startListener(t, { sasl })
  const connection = rhea.create_container().connect({ host: '127.0.0.1', port, reconnect: false, ...options })
  for (const event of ['error', 'disconnected']) connection.on(event, () => {})
  t.after(() => connection.close())
  return connection
}

/** What a mechanism of rhea's server is: a step without an outcome is a challenge. */
interface RheaMechanism {
  outcome: boolean | undefined
  username?: string
  start(response: Buffer | undefined, hostname: string | undefined): Buffer | undefined
  step(response: Buffer): undefined
}

/** A rhea server with one mechanism, and our attempt to come in. */
async function comeIn(
  t: TestContext,
  name: string,
  mechanism: RheaMechanism,
  sasl: ClientSaslOptions,
  hostname?: string,
): Promise<string | undefined> {
  const container = rhea.create_container()
  for (const event of ['connection_error', 'error', 'disconnected']) container.on(event, () => {})
  Object.assign(container.sasl_server_mechanisms, { [name]: () => mechanism })
  const server = container.listen({ port: 0, host: '127.0.0.1' }) as unknown as Server
  await once(server, 'listening')
  t.after(() => void server.close())
  const { port } = server.address() as AddressInfo
  const connection = await connect({ host: '127.0.0.1', port, sasl, hostname })
  t.after(() => connection.close())
  return connection.username
}

describe('rhea as client of our listener', () => {
  it('comes in with XOAUTH2, and says which host it means', async (t) => {
    const asked: unknown[] = []
    const authenticate: Authenticate = (mechanism, username, token, { hostname }) => {
      asked.push([mechanism, username, hostname])
      return token === 'good'
    }
    const sasl = { mechanisms: ['XOAUTH2', 'PLAIN'], authenticate }
    const bearer = { username: 'alice', sasl_init_hostname: 'vhost.example' }
    const connection = await rheaClient(t, sasl, { ...bearer, token: 'good' })
    await once(connection, 'connection_open')
    assert.deepEqual(asked, [['XOAUTH2', 'alice', 'vhost.example']])
  })
})

describe('rhea as server of our client', () => {
  /** Takes one message, and says in a challenge why it does not. */
  const bearerServer = (good: string, heard: string[]): RheaMechanism => ({
    outcome: undefined,
    start(response, hostname) {
      heard.push(String(response), String(hostname))
      if (response?.toString() === good) this.outcome = true
      return this.outcome ? undefined : Buffer.from('{"status":"invalid_token","scope":"rpc"}')
    },
    step(response) {
      heard.push(response.toString())
      this.outcome = false
      return undefined
    },
  })

  for (const [mechanism, message, answer] of [
    ['OAUTHBEARER', 'n,a=alice,\x01auth=Bearer good\x01\x01', '\x01'],
    ['XOAUTH2', 'user=alice\x01auth=Bearer good\x01\x01', ''],
  ] as const)
    it(`lets us in with ${mechanism}, or says why not`, async (t) => {
      const heard: string[] = []
      const sasl = { username: 'alice', token: () => 'good' }
      assert.equal(await comeIn(t, mechanism, bearerServer(message, heard), sasl, 'vhost.example'), 'alice')
      assert.deepEqual(heard, [message, 'vhost.example'])
      const refused = comeIn(t, mechanism, bearerServer('other', heard), sasl)
      await assert.rejects(refused, {
        code: 'AMQP_SASL',
        message: /authentication failed, status "invalid_token", scope "rpc"/,
      })
      assert.equal(heard.at(-1), answer)
    })
})
