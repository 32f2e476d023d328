// Who comes into a router with a users file, and what each may do there.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type Connection, ConnectionError, type ConnectOptions, connect, SaslError } from '../../../src/amqp/index.ts'
import { type RouterLogEntry, type RouterOptions, setUserPassword, startRouter } from '../../../src/router/index.ts'
import { type Pem, selfSigned } from '../../support/certificates.ts'
import { Bus, message, until } from './bus.ts'

const folder = mkdtempSync(join(tmpdir(), 'router-users-'))
const users = join(folder, 'users.json')
const PASSWORD = 'correct horse'
const UNAUTHORIZED = { condition: 'amqp:unauthorized-access' }

let server: Pem
let alice: Pem
let stranger: Pem

before(async () => {
  ;[server, alice, stranger] = await Promise.all([selfSigned('localhost'), selfSigned('alice'), selfSigned('mallory')])
  for (const name of ['alice', 'bob', 'carol', 'rené']) await setUserPassword(users, name, PASSWORD)
  const file = JSON.parse(readFileSync(users, 'utf8'))
  file.users.bob.access = { send: ['rpc/#/call', 'jobs'], receive: ['events'] }
  file.users.carol.hosts = ['blue']
  writeFileSync(users, JSON.stringify(file))
})
after(() => rmSync(folder, { recursive: true }))

const startBus = (t: TestContext, options: RouterOptions = {}): Promise<Bus> => Bus.start(t, { users, ...options })

const as = (username: string, password = PASSWORD, ...mechanisms: string[]): ConnectOptions => ({
  sasl: { username, password, ...(mechanisms.length > 0 ? { mechanisms } : {}) },
})

describe('a router with a users file', { concurrency: 4 }, () => {
  for (const mechanism of ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']) {
    it(`lets its users in by ${mechanism}, and nobody else`, async (t) => {
      const bus = await startBus(t)
      await bus.connect(as('alice', PASSWORD, mechanism))
      await bus.connect(as('rené', PASSWORD, mechanism))
      const wrong = [as('alice', 'wrong', mechanism), as('mallory', PASSWORD, mechanism), as('alice', '', mechanism)]
      for (const options of wrong) await assert.rejects(bus.connect(options), SaslError)
    })
  }

  it('takes SCRAM where a client does not say how it would come in', async (t) => {
    const entries: unknown[] = []
    const bus = await startBus(t, { log: (entry) => entries.push(entry) })
    await bus.connect(as('alice'))
    await assert.rejects(bus.connect(as('alice', 'wrong')), SaslError)
    assert.match(JSON.stringify(entries), /SCRAM-SHA-512/)
    assert.doesNotMatch(JSON.stringify(entries), new RegExp(PASSWORD))
  })

  it('lets nobody in without SASL, nor by ANONYMOUS', async (t) => {
    const bus = await startBus(t)
    await assert.rejects(bus.connect(), SaslError)
    await assert.rejects(bus.connect({ sasl: {} }), SaslError)
  })

  it('takes the name of a certificate for a user, where it asks for certificates', async (t) => {
    const tls = { ...server, ca: [alice.cert, stranger.cert], requestCert: true, rejectUnauthorized: true }
    const bus = await startBus(t, { tls })
    const external = (client: Pem): ConnectOptions => ({
      host: 'localhost',
      tls: { ca: server.cert, ...client },
      sasl: { mechanisms: ['EXTERNAL'] },
    })
    assert.equal((await bus.connect(external(alice))).isOpen, true)
    await assert.rejects(bus.connect(external(stranger)), SaslError)
    // A password counts also with the certificate of somebody else.
    await bus.connect({ ...external(stranger), ...as('bob', PASSWORD, 'PLAIN') })
  })

  it('offers no mechanism but those that `sasl` names', async (t) => {
    const bus = await startBus(t, { sasl: { mechanisms: ['SCRAM-SHA-256'] } })
    await bus.connect(as('alice', PASSWORD, 'SCRAM-SHA-256'))
    await assert.rejects(bus.connect(as('alice', PASSWORD, 'PLAIN')), SaslError)
  })

  it('listens where other machines reach it', async (t) => {
    const router = await startRouter({ users, host: '0.0.0.0' })
    t.after(() => router.close())
    const connection = await connect({ host: '127.0.0.1', port: router.port, ...as('alice') })
    await connection.close()
  })

  it('carries the calls of a user while a crowd guesses at passwords', async (t) => {
    const bus = await startBus(t)
    const [sending, receiving] = [await bus.connect(as('alice')), await bus.connect(as('alice'))]
    const collector = await bus.collector({ address: 'calls' }, receiving)
    const sender = await bus.sender({ address: 'calls' }, sending)
    const guess = (n: number) => bus.connect(as(n % 2 ? 'alice' : `user-${n}`, `guess ${n}`, 'PLAIN'))
    // One that waits for too long is closed, as every handshake that takes too long is.
    const guesses = Array.from({ length: 200 }, (_, n) => assert.rejects(guess(n), ConnectionError))
    for (let n = 0; n < 100; n++) assert.equal((await sender.send(message(`call ${n}`))).type, 'accepted')
    assert.equal(collector.texts.length, 100)
    await Promise.all(guesses)
    await bus.connect(as('alice', PASSWORD, 'PLAIN'))
  })

  it('closes with logins on their way', async () => {
    const router = await startRouter({ users })
    const guess = () => connect({ host: router.host, port: router.port, ...as('alice', 'guess', 'PLAIN') })
    const guesses = Array.from({ length: 20 }, () => assert.rejects(guess()))
    await guess().catch(() => {})
    await router.close()
    await Promise.all(guesses)
  })
})

describe('the access rules of a user', { concurrency: 4 }, () => {
  const connected = async (t: TestContext): Promise<{ bus: Bus; bob: Connection; alice: Connection }> => {
    const bus = await startBus(t)
    return { bus, bob: await bus.connect(as('bob')), alice: await bus.connect(as('alice')) }
  }

  it('hold for each link, and its direction', async (t) => {
    const { bus, bob } = await connected(t)
    await bus.sender({ address: 'rpc/a/b/call' }, bob)
    await bus.receiver({ address: 'events.nova' }, bob)
    await assert.rejects(bus.sender({ address: 'events.nova' }, bob), UNAUTHORIZED)
    await assert.rejects(bus.sender({ address: 'rpc' }, bob), {
      ...UNAUTHORIZED,
      message: /this user may not send to "rpc"/,
    })
    await assert.rejects(bus.receiver({ address: 'jobs' }, bob), {
      ...UNAUTHORIZED,
      message: /this user may not receive from "jobs"/,
    })
    await assert.rejects(bus.sender({ address: '$management' }, bob), UNAUTHORIZED)
  })

  it('leave everything to a user without them', async (t) => {
    const { bus, alice } = await connected(t)
    await bus.receiver({ address: 'jobs' }, alice)
    await bus.sender({ address: '$management' }, alice)
  })

  it('hold for each message of a sender without an address', async (t) => {
    const { bus, bob, alice } = await connected(t)
    const jobs = await bus.collector({ address: 'jobs' }, alice)
    const others = await bus.collector({ address: 'events' }, alice)
    const sender = await bus.sender({ target: {} }, bob)
    const to = (address: string) => sender.send(message(address, address))
    assert.equal((await to('jobs')).type, 'accepted')
    const outcome = await to('events')
    assert.equal(outcome.type === 'rejected' && outcome.error?.condition, UNAUTHORIZED.condition)
    assert.equal((await to('$management')).type, 'rejected')
    assert.deepEqual([jobs.texts, others.texts], [['jobs'], []])
  })

  it('let a user have replies, and give them', async (t) => {
    const { bus, bob, alice } = await connected(t)
    const replies = await bus.collector({ source: { dynamic: true } }, bob)
    const address = replies.receiver.remoteSource?.address as string
    const back = await bus.collector({ source: { dynamic: true } }, alice)
    const backAddress = back.receiver.remoteSource?.address as string
    await (await bus.sender({ address }, alice)).send(message('to bob'))
    const anonymous = await bus.sender({ target: {} }, bob)
    await anonymous.send(message('to alice', backAddress))
    assert.deepEqual([replies.texts, back.texts], [['to bob'], ['to alice']])
    await assert.rejects(bus.receiver({ address: backAddress }, bob), UNAUTHORIZED)
  })

  it('are about addresses as clients write them, also with the manners of others', async (t) => {
    const bus = await startBus(t, { as: 'rabbitmq4' })
    const bob = await bus.connect(as('bob'))
    await assert.rejects(bus.sender({ address: '/queues/jobs' }, bob), UNAUTHORIZED)
    await assert.rejects(bus.sender({ address: '/management' }, bob), UNAUTHORIZED)
    const dynamic = { dynamic: true, capabilities: ['temporary-queue'] }
    const replies = await bus.collector({ source: dynamic }, await bus.connect(as('alice')))
    const sender = await bus.sender({ address: replies.receiver.remoteSource?.address }, bob)
    await sender.send(message('a reply'))
    assert.deepEqual(await replies.count(1), ['a reply'])

    const cpp = await startBus(t, { as: 'qpid-cpp' })
    const own = await cpp.collector({ source: { dynamic: true } }, await cpp.connect(as('alice')))
    const other = await cpp.connect(as('bob'))
    await (await cpp.sender({ address: own.receiver.remoteSource?.address }, other)).send(message('a reply'))
    await assert.rejects(cpp.sender({ address: 'unicast.t' }, other), UNAUTHORIZED)
  })

  it('may say which virtual hosts the user may open', async (t) => {
    const entries: RouterLogEntry[] = []
    const bus = await startBus(t, { log: (entry) => entries.push(entry) })
    const blue = await bus.connect({ ...as('carol'), hostname: 'blue' })
    await bus.sender({ address: 'x' }, blue)
    for (const hostname of ['red', 'localhost']) {
      const connection = await bus.connect({ ...as('carol'), hostname })
      assert.deepEqual((await connection.closed)?.condition, UNAUTHORIZED.condition, hostname)
    }
    await until(() => bus.router.counters.connections === 1)
    const messages = entries.map(({ event, message }) => event === 'connection.refused' && message)
    assert.match(messages.filter(Boolean).join('\n'), /virtual host "red", of "carol"\n.*"", of "carol"$/)
  })
})

describe('what stands beside a users file', () => {
  const refuses = (options: RouterOptions, message: string): Promise<void> =>
    assert.rejects(startRouter({ users, ...options }), { code: 'ROUTER_OPTIONS', message })

  it('may not say another way who comes in', async () => {
    const beside = 'stands beside users: one of them says who may come in'
    await refuses({ sasl: { authenticate: () => true } }, `sasl.authenticate: ${beside}`)
    await refuses({ sasl: { scramCredentials: () => undefined } }, `sasl.scramCredentials: ${beside}`)
    await refuses(
      { sasl: { required: false } },
      'sasl.required: expected true beside users: everybody has to be one of them',
    )
    const possible = 'sasl.mechanisms: expected some of SCRAM-SHA-512, SCRAM-SHA-256, PLAIN beside users'
    await refuses({ sasl: { mechanisms: ['ANONYMOUS'] } }, `${possible}; "ANONYMOUS" is not among them`)
    await refuses({ sasl: { mechanisms: ['EXTERNAL'] } }, `${possible}; EXTERNAL needs tls with requestCert`)
    await refuses({ sasl: { mechanisms: [] } }, 'sasl.mechanisms: expected at least one beside users')
  })

  it('does not help where nobody is in it', async () => {
    const empty = join(folder, 'empty.json')
    writeFileSync(empty, '{"users": {}}')
    await refuses(
      { users: empty },
      `users: ${empty}: expected at least one user, or nobody could come in (omsg passwd adds one)`,
    )
  })
})
