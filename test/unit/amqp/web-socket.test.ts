// Our client and our listener over WebSocket: what holds over TCP holds here as well.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { before, describe, it, type TestContext } from 'node:test'
import { connect } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import type { Delivery } from '../../../src/amqp/delivery.ts'
import { listen } from '../../../src/amqp/listener.ts'
import type { ConnectOptions, ListenOptions } from '../../../src/amqp/options.ts'
import type { Outcome } from '../../../src/codec/delivery-state.ts'
import type { Message } from '../../../src/codec/sections.ts'
import { assertServes, Reported, startListener, until } from '../../support/amqp-fixtures.ts'
import { certificate, type Pem } from '../../support/certificate.ts'
import { dial } from '../../support/scripted-peer.ts'
import { closed, closeOf, scriptedWebSocketServer, webSocketClientOf } from '../../support/web-socket-peers.ts'

const MEGABYTE = 1024 * 1024

/** A client of ours at a listener of ours, open, and the listener's end of the connection. */
async function bothEnds(
  t: TestContext,
  listenOptions: ListenOptions = {},
  connectOptions: ConnectOptions = {},
): Promise<{ client: Connection; server: Connection; ended: unknown[] }> {
  const opened: Connection[] = []
  const ended: unknown[] = []
  const listener = await startListener(t, {
    webSocket: true,
    onConnection: (connection) => opened.push(connection),
    onConnectionClosed: (_, error) => ended.push(error),
    ...listenOptions,
  })
  const scheme = listenOptions.tls ? 'wss' : 'ws'
  const client = await connect({ webSocket: `${scheme}://localhost:${listener.port}/amqp`, ...connectOptions })
  t.after(() => client.abort(new Error('the test is over')))
  assert(opened[0])
  return { client, server: opened[0], ended }
}

/** Options of a receiver that accepts everything. */
const taking = (see: (message: Message) => void): { onDelivery(delivery: Delivery): void } => ({
  onDelivery: (delivery) => {
    see(delivery.message)
    delivery.accept()
  },
})

describe('AMQP over WebSocket', () => {
  it('opens, carries messages in both directions and closes in order', async (t) => {
    const seen: unknown[] = []
    const receive = taking((message) => seen.push(message.body))
    const { client, server, ended } = await bothEnds(t, {
      onLink: (request) => {
        if (request.role === 'sender') request.acceptReceiver(receive)
        else
          request.acceptSender({}).submit({ body: { type: 'value', value: 'down' } }, { settled: true }, new Reported())
      },
    })
    assert.match(client.remoteAddress, /^localhost:\d+$/)
    assert.match(server.remoteAddress, /^127\.0\.0\.1:\d+$/)
    const session = await client.openSession()
    const sender = await session.attachSender({ address: 'q' })
    assert.equal((await sender.send({ body: { type: 'value', value: 'up' } })).type, 'accepted')
    await session.attachReceiver({ address: 'q', ...receive })
    await until(() => seen.length === 2)
    assert.deepEqual(seen, [
      { type: 'value', value: 'up' },
      { type: 'value', value: 'down' },
    ])
    await client.close()
    assert.equal(await client.closed, undefined)
    await until(() => ended.length === 1)
  })

  it('carries messages of 10 MB in both directions', async (t) => {
    const bytes = Buffer.alloc(10 * MEGABYTE, 'AMQP over WebSocket ')
    const message = { body: { type: 'data', chunks: [bytes] } } as const
    const isWhole = ({ body }: Message): boolean => body?.type === 'data' && bytes.equals(Buffer.concat(body.chunks))
    const arrived: boolean[] = []
    const receive = taking((message) => arrived.push(isWhole(message)))
    const sent: Promise<Outcome>[] = []
    const { client } = await bothEnds(t, {
      onLink: (request) => {
        if (request.role === 'sender') request.acceptReceiver(receive)
        else sent.push(request.acceptSender({}).send(message))
      },
    })
    const session = await client.openSession()
    const sender = await session.attachSender({ address: 'q' })
    assert.equal((await sender.send(message)).type, 'accepted')
    await session.attachReceiver({ address: 'q', ...receive })
    await until(() => sent.length === 1)
    assert.equal((await sent[0])?.type, 'accepted')
    assert.deepEqual(arrived, [true, true])
  })

  it('lets in with PLAIN, and refuses', async (t) => {
    const sasl = { authenticate: (_: string, name: string, password: string) => name + password === 'alicesecret' }
    const alice = { sasl: { username: 'alice', password: 'secret' } }
    assert.equal((await bothEnds(t, { sasl }, alice)).server.username, 'alice')
    await assert.rejects(bothEnds(t, { sasl }, { sasl: { username: 'bob', password: 'x' } }), { code: 'AMQP_SASL' })
  })

  it('starts anew with ANONYMOUS when the peer insists on SASL', async (t) => {
    const { client } = await bothEnds(t, { sasl: { required: true } })
    assert.equal(client.isOpen, true)
  })

  it('starts anew with ANONYMOUS when the peer closes the WebSocket instead of an answer', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const connecting = connect({ webSocket: server.url })
    const first = await server.accept()
    await first.peer.expectHeader()
    first.webSocket.close()
    const { peer } = await server.accept()
    await peer.expectHeader(3)
    peer.sendHeader(3)
    peer.send({ type: 'sasl-mechanisms', saslServerMechanisms: ['ANONYMOUS'] })
    await peer.expect('sasl-init')
    peer.send({ type: 'sasl-outcome', code: 0 })
    await peer.openAsServer()
    ;(await connecting).abort(new Error('done'))
  })

  it('tells a silent peer why it is cut off', async (t) => {
    const listener = await startListener(t, { webSocket: true, idleTimeoutMs: 100 })
    const { peer } = await webSocketClientOf(t, listener)
    const { error } = await peer.expectLater('close')
    assert.equal(error?.description, 'nothing was received for 100 ms')
    await peer.expectEnd()
    await until(() => listener.connections.size === 0)
  })

  it('sends empty frames in time for the peer', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const connecting = connect({ webSocket: server.url })
    const { peer } = await server.accept()
    await peer.openAsServer({ idleTimeOut: 100 })
    await peer.expectEmptyFrame()
    await peer.expectEmptyFrame()
    ;(await connecting).abort(new Error('done'))
  })

  it('is lost with its reason when either end is cut off', async (t) => {
    const { client, server } = await bothEnds(t)
    server.abort(new Error('enough'))
    const lost = await client.closed
    assert.deepEqual([lost?.origin, lost?.condition], ['remote', 'amqp:connection:forced'])
    assert.match(lost?.message ?? '', /^localhost:\d+: /)
    const again = await bothEnds(t)
    again.client.abort(new Error('enough'))
    assert.equal((await again.server.closed)?.origin, 'remote')
  })
})

describe('AMQP over WebSocket over TLS', () => {
  let server: Pem
  let alice: Pem

  before(async () => {
    server = await certificate('localhost')
    alice = await certificate('alice')
  })

  const tlsOf = (more = {}) => ({ cert: server.cert, key: server.private, ...more })

  it('opens for who trusts the certificate, and for nobody else', async (t) => {
    const { client } = await bothEnds(t, { tls: tlsOf() }, { tls: { ca: server.cert } })
    assert.equal(client.isOpen, true)
    await assert.rejects(bothEnds(t, { tls: tlsOf() }), {
      code: 'AMQP_CONNECTION',
      message: /^localhost:\d+: cannot connect, self.signed certificate$/,
    })
    const other = { ca: server.cert, servername: 'other.example' }
    await assert.rejects(bothEnds(t, { tls: tlsOf() }, { tls: other }), /does not match certificate's altnames/)
  })

  it('takes a client certificate, whose subject SASL EXTERNAL makes the user', async (t) => {
    const tls = tlsOf({ ca: alice.cert, requestCert: true })
    const own = { ca: server.cert, cert: alice.cert, key: alice.private }
    const opened = await bothEnds(t, { tls, sasl: { mechanisms: ['EXTERNAL'] } }, { tls: own, sasl: {} })
    assert.equal(opened.server.username, 'alice')
    await assert.rejects(bothEnds(t, { tls }, { tls: { ca: server.cert } }), { code: 'AMQP_CONNECTION' })
  })

  it('is no answer to a client without TLS, nor a listener without to one with', async (t) => {
    const secure = await startListener(t, { webSocket: true, tls: tlsOf() })
    await assert.rejects(connect({ webSocket: `ws://localhost:${secure.port}/` }), { code: 'AMQP_CONNECTION' })
    const plain = await startListener(t, { webSocket: true })
    await assert.rejects(connect({ webSocket: `wss://localhost:${plain.port}/` }), { code: 'AMQP_CONNECTION' })
  })
})

describe('a listener', () => {
  it('serves TCP alone unless it is asked for WebSocket', async (t) => {
    const listener = await startListener(t, { webSocket: false })
    await assertServes(t, listener)
    await assert.rejects(connect({ webSocket: `ws://127.0.0.1:${listener.port}/` }), { code: 'AMQP_CONNECTION' })
  })

  it('for WebSocket that is closed closes its connections in order and lets nothing open', async (t) => {
    const listener = await listen({ webSocket: true })
    const { peer, webSocket } = await webSocketClientOf(t, listener)
    const silent = connectTcp({ host: '127.0.0.1', port: listener.port })
    await once(silent, 'connect')
    const halfway = await dial(t, listener.port)
    halfway.sendRaw(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nUpgra'))
    const closing = listener.close()
    const close = await peer.expect('close')
    assert.deepEqual([close.error?.condition, close.error?.description], ['amqp:connection:forced', 'shutting down'])
    peer.send({ type: 'close' })
    const ends = [closeOf(webSocket), closed(silent)]
    await closing
    await Promise.all(ends)
    await listener.close()
    const late = connectTcp({ host: '127.0.0.1', port: listener.port })
    const [error] = await once(late, 'error')
    assert.equal(error.code, 'ECONNREFUSED')
  })
})
