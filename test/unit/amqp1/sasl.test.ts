// What the user and the password of a transport url are used for.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { makeScramCredentials, type ScramCredentials, type ServerSaslOptions } from '../../../src/amqp/index.ts'
import { MessageDeliveryFailureError } from '../../../src/messaging/errors.ts'
import { envelope, failureOf, serveEcho, testDriver, testRelay } from './drivers.ts'

let joe: ScramCredentials

before(async () => {
  joe = await makeScramCredentials('SCRAM-SHA-256', 'sec/ret', { iterations: 4096 })
})

/** A bus that offers both, and what it was asked. */
function scramAndPlain(asked: string[]): ServerSaslOptions {
  return {
    authenticate: (mechanism, username, password) => {
      asked.push(`${mechanism} ${username}`)
      return username === 'joe' && password === 'sec/ret'
    },
    scramCredentials: (mechanism, username) => {
      asked.push(`${mechanism} ${username}`)
      return username === 'joe' ? joe : undefined
    },
  }
}

test('the password of the url does not leave the client where the bus knows SCRAM', async (t) => {
  const asked: string[] = []
  const relay = await testRelay(t, { sasl: scramAndPlain(asked) })
  const url = `amqp://joe:sec%2Fret@127.0.0.1:${relay.port}`
  await serveEcho(testDriver(t, url))
  const client = testDriver(t, url)
  assert.deepEqual(await client.call({ topic: 'tt' }, envelope('echo', { n: 1 }), { timeoutMs: 5000 }), { n: 1 })
  assert.deepEqual(asked, ['SCRAM-SHA-256 joe', 'SCRAM-SHA-256 joe'])
  assert.deepEqual(
    [...relay.connections].map(({ username }) => username),
    ['joe', 'joe'],
  )
})

test('sasl_mechanisms chooses among what the bus offers', async (t) => {
  const asked: string[] = []
  const relay = await testRelay(t, { sasl: scramAndPlain(asked) })
  for (const saslMechanisms of ['PLAIN', 'DIGEST-MD5 SCRAM-SHA-256 SCRAM-SHA-1']) {
    const driver = testDriver(t, `amqp://joe:sec%2Fret@127.0.0.1:${relay.port}`, { saslMechanisms })
    await serveEcho(driver, 'tt', saslMechanisms.slice(0, 5))
  }
  assert.deepEqual(asked, ['PLAIN joe', 'SCRAM-SHA-256 joe'])
})

test('a wrong password is told at once, without it', async (t) => {
  const relay = await testRelay(t, { sasl: scramAndPlain([]) })
  const client = testDriver(t, `amqp://joe:wrong@127.0.0.1:${relay.port}`)
  const error = (await failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 30_000 }))) as Error
  assert.match(error.message, /refused the credentials \(SASL SCRAM-SHA-256: authentication failed\)/)
  assert.doesNotMatch(error.message, /wrong/)
})

test('a token for a password goes where a password goes, however long, and by its mechanism when that is named', async (t) => {
  const token = 'ey.J0-'.repeat(300)
  const asked: string[] = []
  const authenticate = (mechanism: string, username: string, given: string): boolean => {
    asked.push(`${mechanism} ${username}`)
    return given === token
  }
  const relay = await testRelay(t, { sasl: { mechanisms: ['PLAIN', 'OAUTHBEARER'], authenticate } })
  for (const saslMechanisms of ['', 'OAUTHBEARER'])
    await serveEcho(testDriver(t, `amqp://joe:${token}@127.0.0.1:${relay.port}`, { saslMechanisms }))
  assert.deepEqual(asked, ['PLAIN joe', 'OAUTHBEARER joe'])
})

test('a password that is no token goes where a password goes, also where a mechanism for tokens is named', async (t) => {
  const relay = await testRelay(t, { sasl: { authenticate: (_mechanism, _name, given) => given === 'p\u00e4ss wort' } })
  const saslMechanisms = 'OAUTHBEARER PLAIN'
  await serveEcho(testDriver(t, `amqp://joe:p%C3%A4ss%20wort@127.0.0.1:${relay.port}`, { saslMechanisms }))
})

test('sasl_default_realm is appended to the user, unless the user has a realm', async (t) => {
  const asked: string[] = []
  const authenticate = (mechanism: string, username: string, given: string): boolean => {
    asked.push(`${mechanism} ${username}`)
    return given === 'secret'
  }
  const relay = await testRelay(t, { sasl: { authenticate } })
  for (const user of ['joe', 'joe@other'])
    await serveEcho(testDriver(t, `amqp://${user}:secret@127.0.0.1:${relay.port}`, { saslDefaultRealm: 'myrealm' }))
  assert.deepEqual(asked, ['PLAIN joe@myrealm', 'PLAIN joe@other'])
})

test('mechanisms of which the bus has none are told at once', async (t) => {
  const relay = await testRelay(t, { sasl: scramAndPlain([]) })
  const client = testDriver(t, `amqp://joe:secret@127.0.0.1:${relay.port}`, { saslMechanisms: 'EXTERNAL ANONYMOUS' })
  const error = await failureOf(client.call({ topic: 'tt' }, envelope('echo'), { timeoutMs: 30_000 }))
  assert.ok(error instanceof MessageDeliveryFailureError)
  assert.match(error.message, /EXTERNAL|ANONYMOUS|mechanism/)
})
