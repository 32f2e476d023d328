// rhea over WebSocket, as client of our listener and as server of our client. It sends one WebSocket message for each write of its own.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { ConnectionOptions, Container, EventContext, Connection as RheaConnection } from 'rhea'
import rhea from 'rhea'
import { WebSocket, WebSocketServer } from 'ws'
import { connect } from '../../../src/amqp/connect.ts'
import type { ConnectOptions, ListenOptions } from '../../../src/amqp/options.ts'
import type { Session } from '../../../src/amqp/session.ts'
import { Reported, startListener, until } from '../../support/amqp-fixtures.ts'
import { certificate } from '../../support/certificate.ts'

const BIG = 'x'.repeat(3_000_000)

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A client of rhea at a listener of ours. */
async function rheaClient(
  t: TestContext,
  listen: ListenOptions,
  options: object = {},
  tls?: object,
): Promise<RheaConnection> {
  const listener = await startListener(t, { webSocket: true, ...listen })
  const container = rhea.create_container()
  const dial = container.websocket_connect(WebSocket as never)
  const url = `${tls ? 'wss' : 'ws'}://localhost:${listener.port}/amqp`
  const connection_details = dial(url, ['binary', 'AMQPWSB10', 'amqp'] as never, { ...tls }) as never
  const connection = container.connect({
    connection_details,
    reconnect: false,
    ...options,
  } as object as ConnectionOptions)
  connection.on('error', () => {})
  connection.on('disconnected', () => {})
  t.after(() => connection.close())
  return connection
}

/** A session of ours at a server of rhea. */
async function rheaServer(
  t: TestContext,
  prepare: (container: Container) => void,
  options: ConnectOptions = {},
): Promise<Session> {
  const container = rhea.create_container()
  for (const event of ['connection_error', 'error', 'disconnected']) container.on(event, () => {})
  prepare(container)
  const server = createServer()
  const endpoint = new WebSocketServer({ server, handleProtocols: () => 'amqp' })
  endpoint.on('connection', (socket) => {
    t.after(() => socket.terminate())
    container.websocket_accept(socket as unknown as Socket, {} as ConnectionOptions)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const { port } = server.address() as AddressInfo
  const connection = await connect({ webSocket: `ws://127.0.0.1:${port}/`, ...options })
  t.after(() => connection.close())
  return await connection.openSession()
}

describe('rhea over WebSocket as client of our listener', () => {
  it('sends and receives, in one frame and in many, and closes in order', async (t) => {
    const lengths: number[] = []
    const ended: (Error | undefined)[] = []
    const outcomes = new Reported()
    const connection = await rheaClient(t, {
      onConnectionClosed: (_, error) => ended.push(error),
      onLink: (request) => {
        if (request.role === 'sender')
          request.acceptReceiver({
            onDelivery: (delivery) => {
              const { body } = delivery.message
              lengths.push(body?.type === 'value' ? textOf(body.value).length : -1)
              delivery.accept()
            },
          })
        else {
          const sender = request.acceptSender({})
          for (const value of ['one', BIG])
            sender.submit({ body: { type: 'value', value } }, { settled: false }, outcomes)
        }
      },
    })
    let accepted = 0
    connection.on('accepted', () => {
      accepted += 1
    })
    const sender = connection.open_sender('queue')
    await once(sender, 'sendable')
    for (const body of ['one', BIG]) sender.send({ body })
    await until(() => accepted === 2)
    assert.deepEqual(lengths, [3, BIG.length])
    const bodies: string[] = []
    connection.open_receiver('queue').on('message', ({ message }: EventContext) => bodies.push(textOf(message?.body)))
    await until(() => outcomes.calls.filter((call) => call === 'accepted').length === 2)
    assert.deepEqual(
      bodies.map(({ length }) => length),
      [3, BIG.length],
    )
    connection.close()
    await until(() => ended.length === 1)
    assert.match(ended[0]?.message ?? '', /closed by the peer, without giving a reason$/)
  })

  it('comes in with PLAIN, and over TLS with its certificate, or not at all', async (t) => {
    const users: (string | undefined)[] = []
    const onConnection: ListenOptions['onConnection'] = ({ username }) => users.push(username)
    const authenticate = (_: string, name: string, password: string): boolean => name + password === 'alicesecret'
    const plain = { onConnection, sasl: { authenticate } }
    await once(await rheaClient(t, plain, { username: 'alice', password: 'secret' }), 'connection_open')
    const refused = await rheaClient(t, plain, { username: 'bob', password: 'x' })
    await new Promise((resolve) => refused.once('disconnected', resolve))
    const [server, alice] = [await certificate('localhost'), await certificate('alice')]
    const tls = { cert: server.cert, key: server.private, ca: alice.cert, requestCert: true }
    const external = { onConnection, tls, sasl: { mechanisms: ['EXTERNAL'] } }
    const mechanisms = rhea.sasl.client_mechanisms()
    mechanisms.enable_external()
    const own = { ca: server.cert, cert: alice.cert, key: alice.private }
    await once(await rheaClient(t, external, { sasl_mechanisms: mechanisms }, own), 'connection_open')
    assert.deepEqual(users, ['alice', 'alice'])
  })
})

describe('rhea over WebSocket as server of our client', () => {
  it('takes messages and gives them, in one frame and in many', async (t) => {
    const taken: number[] = []
    let sent = false
    const session = await rheaServer(t, (container) => {
      container.on('receiver_open', ({ receiver }: EventContext) => receiver?.set_target({ address: 'queue' }))
      container.on('sender_open', ({ sender }: EventContext) => sender?.set_source({ address: 'queue' }))
      container.on('message', ({ message }: EventContext) => taken.push(textOf(message?.body).length))
      container.on('sendable', ({ sender }: EventContext) => {
        if (!sender || sent) return
        sent = true
        for (const body of ['one', BIG]) sender.send({ body })
      })
    })
    const sender = await session.attachSender({ address: 'queue' })
    for (const value of ['one', BIG])
      assert.equal((await sender.send({ body: { type: 'value', value } })).type, 'accepted')
    assert.deepEqual(taken, [3, BIG.length])
    const seen: number[] = []
    await session.attachReceiver({
      address: 'queue',
      onDelivery: (delivery) => {
        const { body } = delivery.message
        seen.push(body?.type === 'value' ? textOf(body.value).length : -1)
        delivery.accept()
      },
    })
    await until(() => seen.length === 2)
    assert.deepEqual(seen, [3, BIG.length])
    await session.connection.close()
    assert.equal(await session.connection.closed, undefined)
  })

  it('lets us in with PLAIN, and with ANONYMOUS when it insists on SASL', async (t) => {
    const admit = (container: Container): void => {
      container.sasl_server_mechanisms.enable_plain(
        (name: string, password: string) => name + password === 'alicesecret',
      )
    }
    const alice = { sasl: { username: 'alice', password: 'secret' } }
    assert.equal((await rheaServer(t, admit, alice)).connection.username, 'alice')
    await assert.rejects(rheaServer(t, admit, { sasl: { username: 'bob', password: 'x' } }), { code: 'AMQP_SASL' })
    const anonymous = (container: Container): void => container.sasl_server_mechanisms.enable_anonymous()
    assert.equal((await rheaServer(t, anonymous)).connection.isOpen, true)
  })
})
