// Our client and what a server may do to it before, with and after the WebSocket. The server is ws or a bare socket.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { connect } from '../../../src/amqp/connect.ts'
import type { Connection } from '../../../src/amqp/connection.ts'
import { ConnectionError } from '../../../src/amqp/errors.ts'
import type { ConnectOptions } from '../../../src/amqp/options.ts'
import { until } from '../../support/amqp-fixtures.ts'
import { mulberry32, mutated } from '../../support/damage.ts'
import { defectsOf } from '../../support/defects.ts'
import { frameBytes, headerBytes } from '../../support/scripted-peer.ts'
import { bareServer, closed, closeOf, scriptedWebSocketServer } from '../../support/web-socket-peers.ts'

const OPENING = Buffer.concat([headerBytes(), frameBytes({ type: 'open', containerId: 'scripted' })])

async function statusServer(t: TestContext, status: number, headers = {}): Promise<number> {
  const server = createHttpServer((_, response) => response.writeHead(status, headers).end('go away'))
  server.on('upgrade', (_, socket) => {
    socket.end(`HTTP/1.1 ${status} \u001b[2Jno\r\nwww-authenticate: Basic\r\ncontent-length: 0\r\n\r\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  t.after(() => server.closeAllConnections())
  return (server.address() as AddressInfo).port
}

/** A client of ours that is open, and the WebSocket at the other end. */
async function opened(
  t: TestContext,
  options: ConnectOptions = {},
): Promise<{ connection: Connection; webSocket: WebSocket }> {
  const server = await scriptedWebSocketServer(t)
  const connecting = connect({ webSocket: server.url, ...options })
  const { peer, webSocket } = await server.accept()
  await peer.openAsServer()
  const connection = await connecting
  t.after(() => connection.abort(new Error('the test is over')))
  return { connection, webSocket }
}

describe('the WebSocket of a client', () => {
  it('asks as the url and the headers say, and keeps user name and password out of the url', async (t) => {
    const server = await scriptedWebSocketServer(t, { subprotocol: 'AMQPWSB10' })
    const url = `ws://alice:s%40cret@127.0.0.1:${server.port}/$servicebus/websocket?sb=1#part`
    const connecting = connect({
      webSocket: { url, headers: { 'X-Tenant': 'one' }, protocols: ['amqp', 'AMQPWSB10'] },
    })
    const { peer, request } = await server.accept()
    await peer.openAsServer()
    ;(await connecting).abort(new Error('done'))
    assert(request)
    const { url: path, headers } = request
    assert.equal(path, '/$servicebus/websocket?sb=1')
    assert.equal(headers.authorization, `Basic ${Buffer.from('alice:s@cret').toString('base64')}`)
    assert.equal(headers['x-tenant'], 'one')
    assert.equal(headers.host, `127.0.0.1:${server.port}`)
    assert.equal(headers['sec-websocket-protocol'], 'amqp,AMQPWSB10')
    assert.equal(headers['sec-websocket-extensions'], undefined, 'no compression is asked for')
  })

  it('takes the bytes of AMQP cut at every place, in two messages and in one for each byte', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const cuts = Array.from({ length: OPENING.length - 1 }, (_, n) => [n + 1])
    const everywhere = cuts.map(([cut]) => cut as number)
    for (const places of [[], ...cuts, everywhere]) {
      const connecting = connect({ webSocket: server.url })
      const { peer, webSocket } = await server.accept()
      await peer.expectHeader()
      let start = 0
      for (const place of [...places, OPENING.length]) {
        webSocket.send(OPENING.subarray(start, place))
        start = place
      }
      const connection = await connecting
      assert.equal(connection.remote.containerId, 'scripted')
      connection.abort(new Error('done'))
    }
  })

  it('takes messages that come in fragments, and empty ones', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const connecting = connect({ webSocket: server.url })
    const { webSocket } = await server.accept()
    webSocket.send(Buffer.alloc(0))
    for (const [n, byte] of OPENING.entries()) webSocket.send(Buffer.of(byte), { fin: n === OPENING.length - 1 })
    const connection = await connecting
    connection.abort(new Error('done'))
  })

  it('sends no message of more than 64 KiB, whatever the size of what it writes', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const connecting = connect({ webSocket: server.url })
    const { peer, webSocket } = await server.accept()
    const lengths: number[] = []
    webSocket.on('message', (data: Buffer) => lengths.push(data.length))
    await peer.openAsServer()
    const connection = await connecting
    const [session] = await Promise.all([connection.openSession(), peer.beginAsServer({ incomingWindow: 1000 })])
    const [sender] = await Promise.all([session.attachSender({ address: 'q' }), peer.attachAsServer()])
    const flow = { nextIncomingId: 0, incomingWindow: 1000, nextOutgoingId: 0, outgoingWindow: 1000, deliveryCount: 0 }
    peer.send({ type: 'flow', ...flow, handle: sender.handle, linkCredit: 10 })
    const sending = sender.send({ body: { type: 'data', chunks: [Buffer.alloc(1_000_000)] } }, { settled: true })
    assert.equal((await sending).type, 'accepted')
    const closing = connection.close()
    await peer.expectLater('close')
    peer.send({ type: 'close' })
    await closing
    assert(Math.max(...lengths) <= 65_535)
    assert(lengths.reduce((sum, length) => sum + length) > 1_000_000)
  })
})

describe('a WebSocket that cannot be had', () => {
  for (const [status, condition, text] of [
    [401, 'amqp:unauthorized-access', '401 Unauthorized'],
    [403, 'amqp:unauthorized-access', '403 Forbidden'],
    [404, 'amqp:not-found', '404 Not Found'],
    [200, 'amqp:connection:forced', '200 OK'],
    [301, 'amqp:connection:forced', '301 Moved Permanently'],
    [503, 'amqp:connection:forced', '503 Service Unavailable'],
    [799, 'amqp:connection:forced', '799'],
  ] as const)
    it(`because of status ${text} is an error that says so`, async (t) => {
      const port = await statusServer(t, status, { location: 'ws://127.0.0.1:1/' })
      await assert.rejects(connect({ webSocket: `ws://me:secret@127.0.0.1:${port}/secret?token=secret` }), {
        name: 'ConnectionError',
        code: 'AMQP_CONNECTION',
        origin: 'remote',
        condition,
        message: `127.0.0.1:${port}: the server refused the WebSocket with HTTP status ${text}`,
      })
    })

  it('because the subprotocol was not chosen is an error that says which was', async (t) => {
    const none = await scriptedWebSocketServer(t, { subprotocol: false })
    await assert.rejects(connect({ webSocket: none.url }), {
      code: 'AMQP_CONNECTION',
      message: `127.0.0.1:${none.port}: the server was offered the WebSocket subprotocol amqp and chose none`,
    })
    const { webSocket } = await none.accept()
    await until(() => webSocket.readyState === WebSocket.CLOSED)
    const other = await scriptedWebSocketServer(t, { subprotocol: 'mqtt' })
    await assert.rejects(connect({ webSocket: other.url }), { message: /subprotocol amqp and chose "mqtt"$/ })
  })

  for (const [what, answer] of [
    ['AMQP without WebSocket', 'AMQP\0\u0001\0\0'],
    ['an upgrade to something else', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'],
    [
      'a wrong key',
      'HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-protocol: amqp\r\nsec-websocket-accept: x\r\n\r\n',
    ],
    ['a header that never ends', `HTTP/1.1 101 x\r\n${'x: y\r\n'.repeat(10_000)}`],
    ['nothing but the end', ''],
  ] as const)
    it(`because the answer is ${what} is an error`, async (t) => {
      const port = await bareServer(t, (socket) => socket.once('data', () => socket.end(answer, 'latin1')))
      const webSocket = `ws://me:secret@127.0.0.1:${port}/?token=secret`
      await assert.rejects(connect({ webSocket }), (error: Error) => {
        assert(error instanceof ConnectionError)
        assert.match(error.message, new RegExp(`^127\\.0\\.0\\.1:${port}: `))
        assert.doesNotMatch(String(error.stack) + String((error.cause as Error)?.stack), /secret/)
        return true
      })
    })

  it('because nobody listens, or nobody has that name, is an error that says where', async () => {
    await assert.rejects(connect({ webSocket: 'ws://me:secret@127.0.0.1:1/' }), {
      code: 'AMQP_CONNECTION',
      message: '127.0.0.1:1: cannot connect, connect ECONNREFUSED 127.0.0.1:1',
    })
    await assert.rejects(connect({ webSocket: 'ws://[::1]:1/' }), { message: /^\[::1\]:1: cannot connect, / })
    await assert.rejects(connect({ webSocket: 'ws://no-such-host.invalid/' }), {
      message: /^no-such-host\.invalid:80: cannot connect, getaddrinfo /,
    })
  })

  for (const [scheme, what] of [
    ['ws', 'the upgrade'],
    ['wss', 'the TLS handshake'],
  ] as const) {
    it(`because nobody answers ${what} is an error in time, and nothing stays open`, async (t) => {
      const sockets: Socket[] = []
      const port = await bareServer(t, (socket) => sockets.push(socket.resume()))
      await assert.rejects(connect({ webSocket: `${scheme}://127.0.0.1:${port}/`, connectTimeoutMs: 100 }), {
        code: 'AMQP_CONNECTION',
        message: `127.0.0.1:${port}: no connection within 100 ms`,
      })
      const [socket] = sockets
      if (socket) await closed(socket)
    })

    it(`because the signal aborts before ${what} is answered has the signal's reason`, async (t) => {
      const controller = new AbortController()
      const ends: Promise<void>[] = []
      const reason = new Error('changed my mind')
      const port = await bareServer(t, (socket) => {
        ends.push(closed(socket))
        socket.once('data', () => controller.abort(reason))
      })
      const { signal } = controller
      const webSocket = `${scheme}://127.0.0.1:${port}/`
      await assert.rejects(connect({ webSocket, signal }), (error) => error === reason)
      await Promise.all(ends)
      await assert.rejects(connect({ webSocket, signal }), (error) => error === reason)
    })
  }

  it('because the server upgrades and says no more is an error in time', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const connecting = connect({ webSocket: server.url, connectTimeoutMs: 1_500 })
    const failed = assert.rejects(connecting, { message: /: it did not answer the Open within 1500 ms$/ })
    const { peer } = await server.accept()
    await peer.expectHeader()
    await failed
    await peer.expect('open')
    await peer.expectEnd()
  })
})

describe('a client whose peer', () => {
  it('sends a text message has its connection closed as a violation, and says so with code 1003', async (t) => {
    const { connection, webSocket } = await opened(t)
    const close = closeOf(webSocket)
    webSocket.send('AMQP is text, is it not?')
    const error = await connection.closed
    assert.deepEqual([error?.origin, error?.condition], ['local', 'amqp:connection:framing-error'])
    assert.match(error?.message ?? '', /: WebSocket: the peer sent a text message, and AMQP is sent in binary ones$/)
    assert.equal(await close, '1003 a text message, and AMQP is sent in binary ones')
  })

  it('sends a message that is too large has its connection closed as a violation, with code 1009', async (t) => {
    const server = await scriptedWebSocketServer(t)
    const connecting = connect({ webSocket: { url: server.url, maxPayload: 1000 } })
    const { peer, webSocket } = await server.accept()
    await peer.openAsServer()
    const connection = await connecting
    const close = closeOf(webSocket)
    webSocket.send(Buffer.alloc(1001))
    const error = await connection.closed
    assert.deepEqual([error?.origin, error?.condition], ['local', 'amqp:connection:framing-error'])
    assert.match(error?.message ?? '', /WebSocket: Max payload size exceeded$/)
    assert.equal(await close, '1009')
  })

  for (const [code, reason, text] of [
    [1001, '', 'code 1001 (going away)'],
    [1008, 'no \u001b[2Jroom', 'code 1008 (policy violation), "no \\u001b[2Jroom"'],
    [1000, 'that is all', 'code 1000 (normal closure), "that is all"'],
    [4001, 'x', 'code 4001, "x"'],
  ] as const)
    it(`closes the WebSocket with ${code} and ${reason ? 'a' : 'no'} reason hears of that`, async (t) => {
      const { connection, webSocket } = await opened(t)
      webSocket.close(code, reason)
      const error = await connection.closed
      assert.deepEqual([error?.origin, error?.condition], ['remote', 'amqp:connection:forced'])
      assert.equal(error?.message, `${connection.remoteAddress}: the peer closed the WebSocket with ${text}`)
    })

  for (const [how, end] of [
    ['closes the WebSocket without a reason', (webSocket: WebSocket) => webSocket.close()],
    ['cuts it off', (webSocket: WebSocket) => webSocket.terminate()],
  ] as const)
    it(`${how} hears that the connection was lost`, async (t) => {
      const { connection, webSocket } = await opened(t)
      end(webSocket)
      const error = await connection.closed
      assert.deepEqual([error?.origin, error?.condition], ['remote', 'amqp:connection:forced'])
    })
})

describe('random damage to what a server sends', () => {
  const serverFrame = (opcode: number, payload: Buffer, fin = true): Buffer =>
    Buffer.concat([Buffer.of((fin ? 0x80 : 0) | opcode, payload.length), payload])
  const frames = Buffer.concat([
    serverFrame(2, OPENING.subarray(0, 5), false),
    serverFrame(9, Buffer.from('ping')),
    serverFrame(0, OPENING.subarray(5)),
    serverFrame(2, frameBytes({ type: 'close', error: { condition: 'amqp:internal-error', description: 'bye' } })),
    serverFrame(8, Buffer.concat([Buffer.of(0x03, 0xf0), Buffer.from('bye')])),
  ])

  /** A right answer to the upgrade. */
  function answerTo(request: string): Buffer {
    const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1]
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    const fields = ['upgrade: websocket', 'connection: upgrade', `sec-websocket-accept: ${accept}`]
    const lines = ['HTTP/1.1 101 Switching Protocols', ...fields, 'sec-websocket-protocol: amqp', '', '']
    return Buffer.from(lines.join('\r\n'))
  }

  it('is an error of connect, or of the connection, and of nothing else', async (t) => {
    const defects = defectsOf(t)
    const random = mulberry32(20261126)
    const port = await bareServer(t, (socket) => {
      socket.once('data', (chunk) => {
        const answer = answerTo(chunk.toString('latin1'))
        const damaged = random() < 0.3 ? mutated(answer, random) : answer
        socket.end(Buffer.concat([damaged, mutated(frames, random)]))
      })
    })
    const ends = { opened: 0, failed: 0 }
    for (let n = 0; n < 300; n++) {
      try {
        const connection = await connect({ webSocket: `ws://127.0.0.1:${port}/` })
        ends.opened += 1
        await connection.closed
      } catch (error) {
        ends.failed += 1
        assert(error instanceof ConnectionError)
      }
    }
    assert(ends.opened > 50 && ends.failed > 50, `${ends.opened} opened, ${ends.failed} failed`)
    assert.deepEqual(defects, [])
  })
})
