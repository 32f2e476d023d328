// What may come to a port for WebSocket: browsers, other protocols, and those who mean harm. Whatever it is, the next one is served.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import type { Listener } from '../../../src/amqp/listener.ts'
import type { ListenOptions } from '../../../src/amqp/options.ts'
import { startListener, until } from '../../support/amqp-fixtures.ts'
import { certificate } from '../../support/certificate.ts'
import { mulberry32, mutated } from '../../support/damage.ts'
import { defectsOf } from '../../support/defects.ts'
import { frameBytes, headerBytes } from '../../support/scripted-peer.ts'
import {
  assertServesWebSocket,
  closed,
  closeOf,
  dialWebSocket,
  rawAnswer,
  webSocketClientOf,
} from '../../support/web-socket-peers.ts'

const webSocketListener = (t: TestContext, options: ListenOptions = {}): Promise<Listener> =>
  startListener(t, { webSocket: true, ...options })

async function tcp(t: TestContext, { port }: Listener, ca?: string): Promise<Socket> {
  const socket = ca ? connectTls({ host: 'localhost', port, ca }) : connectTcp({ host: '127.0.0.1', port })
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, ca ? 'secureConnect' : 'connect')
  return socket
}

const UPGRADE = {
  host: 'localhost',
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'amqp',
}

/** The text of a request; fields that are undefined are left out. */
function requestOf(fields: Readonly<Record<string, string | undefined>>, first = 'GET / HTTP/1.1'): string {
  const lines = Object.entries({ ...UPGRADE, ...fields }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return `${[first, ...lines].join('\r\n')}\r\n\r\n`
}

/** A frame as a client has to mask it; the mask is zero, so the bytes are as they are. */
function maskedFrame(
  opcode: number,
  payload: Buffer,
  { fin = true, mask = true, length = payload.length } = {},
): Buffer {
  const head = Buffer.from([
    (fin ? 0x80 : 0) | opcode,
    (mask ? 0x80 : 0) | 127,
    ...Buffer.alloc(8),
    ...Buffer.alloc(mask ? 4 : 0),
  ])
  if (opcode >= 8) return Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | length, 0, 0, 0, 0), payload])
  head.writeUInt32BE(Math.floor(length / 2 ** 32), 2)
  head.writeUInt32BE(length % 2 ** 32, 6)
  return Buffer.concat([head, payload])
}

/** A socket over which the upgrade has been answered. */
async function upgraded(t: TestContext, listener: Listener, ca?: string): Promise<Socket> {
  const socket = await tcp(t, listener, ca)
  socket.write(requestOf({}))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 .*sec-websocket-protocol: amqp\r\n/is)
  return socket
}

describe('a port for WebSocket', () => {
  for (const [what, request] of [
    ['a page', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['something posted', 'POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc'],
    ['two pages at once', 'GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ] as const)
    it(`answers ${what} with 426, tells what it expects, and hangs up`, async (t) => {
      const listener = await webSocketListener(t)
      const answer = await rawAnswer(await tcp(t, listener), request)
      assert.match(answer, /^HTTP\/1\.1 426 Upgrade Required\r\n/)
      assert.match(answer, /\r\nupgrade: websocket\r\n/i)
      assert.match(answer, /\r\nconnection: upgrade, close\r\n/i)
      assert.match(answer, /expected a WebSocket with the subprotocol amqp \(AMQP 1\.0\)\n/)
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
      await assertServesWebSocket(t, listener)
    })

  for (const [what, status, fields, first] of [
    ['an upgrade to another protocol', 426, { upgrade: 'h2c' }],
    ['another subprotocol', 400, { 'sec-websocket-protocol': 'mqtt, AMQP' }],
    ['no subprotocol', 400, { 'sec-websocket-protocol': undefined }],
    ['no key', 400, { 'sec-websocket-key': undefined }],
    ['another version of WebSocket', 400, { 'sec-websocket-version': '7' }],
    ['another path', 404, {}, 'GET /other?x=/amqp HTTP/1.1'],
    ['a longer path', 404, {}, 'GET /amqp/ HTTP/1.1'],
    ['another method', 405, {}, 'PUT /amqp HTTP/1.1'],
    ['a page of some site', 403, { origin: 'https://evil.example' }],
    ['a page that hides its origin', 403, { origin: 'null' }],
    ['two origins', 403, { origin: 'https://ok.example, https://evil.example' }],
    ['an old browser', 403, { 'sec-websocket-version': '8', 'sec-websocket-origin': 'https://evil.example' }],
  ] as const)
    it(`refuses ${what} with ${status}`, async (t) => {
      const listener = await webSocketListener(t, { webSocket: { path: '/amqp', origins: ['https://ok.example'] } })
      const answer = await rawAnswer(await tcp(t, listener), requestOf(fields, first ?? 'GET /amqp?x HTTP/1.1'))
      assert.equal(answer.slice(0, 13), `HTTP/1.1 ${status} `)
      assert.doesNotMatch(answer, /evil/)
      assert.equal(listener.connections.size, 0)
    })

  it('serves its path, and pages of the origins that are named', async (t) => {
    const listener = await webSocketListener(t, { webSocket: { path: '/amqp', origins: ['https://ok.example'] } })
    const headers = { origin: 'https://ok.example', 'sec-websocket-protocol': 'mqtt, amqp' }
    const socket = await tcp(t, listener)
    socket.write(requestOf(headers, 'GET /amqp?who=me HTTP/1.1'))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 101 .*sec-websocket-protocol: amqp\r\n/is)
    const { peer } = await dialWebSocket(t, listener, '/amqp')
    await peer.openAsClient()
  })

  it('refuses pages of every site when no origins are named', async (t) => {
    const listener = await webSocketListener(t)
    const answer = await rawAnswer(await tcp(t, listener), requestOf({ origin: 'http://localhost' }))
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/)
  })

  it('agrees on no compression', async (t) => {
    const listener = await webSocketListener(t)
    const webSocket = new WebSocket(`ws://127.0.0.1:${listener.port}/`, 'amqp', { perMessageDeflate: true })
    t.after(() => webSocket.terminate())
    await once(webSocket, 'open')
    assert.equal(webSocket.extensions, '')
  })

  for (const [what, bytes] of [
    ['AMQP without WebSocket', headerBytes()],
    ['TLS', Buffer.from('160301020001000001fc0303', 'hex')],
    ['noise', Buffer.from('\0\u00ff\u0010nothing\r\n\r\n', 'latin1')],
    ['headers without end', Buffer.from(`GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(10_000)}`)],
    ['a tunnel', Buffer.from('CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n')],
  ] as const)
    it(`hangs up on ${what}`, async (t) => {
      const listener = await webSocketListener(t)
      const socket = await tcp(t, listener)
      socket.write(bytes)
      await closed(socket)
      await assertServesWebSocket(t, listener)
    })

  it('cuts off who does not finish the upgrade in time', async (t) => {
    const listener = await webSocketListener(t, { handshakeTimeoutMs: 50 })
    const silent = await tcp(t, listener)
    const slow = await tcp(t, listener)
    slow.write('GET / HTTP/1.1\r\nhost: x\r\nupgrade: web')
    await Promise.all([closed(silent), closed(slow)])
    assert.equal(listener.connections.size, 0)
  })

  it('cuts off who upgrades and does not open in time', async (t) => {
    const listener = await webSocketListener(t, { handshakeTimeoutMs: 1_500 })
    const { peer: silent } = await dialWebSocket(t, listener)
    const { peer: halfway } = await dialWebSocket(t, listener)
    halfway.sendHeader()
    await silent.expectEnd()
    await halfway.expectHeader()
    await halfway.expectEnd()
    await assertServesWebSocket(t, listener)
  })

  it('cuts off who makes TLS and then asks for nothing', async (t) => {
    const pem = await certificate('localhost')
    const tls = { cert: pem.cert, key: pem.private }
    const listener = await webSocketListener(t, { handshakeTimeoutMs: 1_000, tls })
    const socket = await tcp(t, listener, pem.cert)
    await closed(socket)
  })

  it('does not cut off who has opened in time', async (t) => {
    const listener = await webSocketListener(t, { handshakeTimeoutMs: 1_500 })
    const { peer } = await webSocketClientOf(t, listener)
    await closed(await tcp(t, listener))
    peer.send({ type: 'end' })
    await peer.expect('end')
  })

  it('takes no more connections than it may, whatever they have come to', async (t) => {
    const listener = await webSocketListener(t, { maxConnections: 1 })
    const first = await webSocketClientOf(t, listener)
    const second = await tcp(t, listener)
    await closed(second)
    const close = closeOf(first.webSocket)
    first.peer.send({ type: 'close' })
    await first.peer.expect('close')
    assert.equal(await close, '1000')
    await until(() => listener.connections.size === 0)
    await assertServesWebSocket(t, listener)
  })
})

describe('a peer that has a WebSocket and', () => {
  it('sends text is told 1003 and closed, before it has opened and after', async (t) => {
    const listener = await webSocketListener(t)
    for (const dialed of [await dialWebSocket(t, listener), await webSocketClientOf(t, listener)]) {
      const close = closeOf(dialed.webSocket)
      dialed.webSocket.send('AMQP')
      assert.equal(await close, '1003 a text message, and AMQP is sent in binary ones')
    }
    await until(() => listener.connections.size === 0)
    await assertServesWebSocket(t, listener)
  })

  it('sends a message that is too large is told 1009 and closed', async (t) => {
    const errors: (Error | undefined)[] = []
    const listener = await webSocketListener(t, {
      webSocket: { maxPayload: 2000 },
      onConnectionClosed: (_, error) => errors.push(error),
    })
    const { webSocket } = await webSocketClientOf(t, listener)
    const close = closeOf(webSocket)
    webSocket.send(Buffer.alloc(2001))
    assert.equal(await close, '1009')
    await until(() => errors.length === 1)
    assert.match(errors[0]?.message ?? '', /WebSocket: Max payload size exceeded$/)
    await assertServesWebSocket(t, listener)
  })

  it('announces more than there can be is closed at the announcement', async (t) => {
    const listener = await webSocketListener(t)
    const socket = await upgraded(t, listener)
    socket.write(maskedFrame(2, Buffer.alloc(0), { length: 2 ** 40 }))
    await closed(socket)
    await assertServesWebSocket(t, listener)
  })

  it('sends one large message before its Open is cut off long before it is whole, with TLS and without', async (t) => {
    const pem = await certificate('localhost')
    for (const tls of [undefined, { cert: pem.cert, key: pem.private }]) {
      const listener = await webSocketListener(t, { tls, handshakeTimeoutMs: 3_600_000 })
      const socket = await upgraded(t, listener, tls && pem.cert)
      socket.write(maskedFrame(2, headerBytes(), { length: 16 * 1024 * 1024 }))
      socket.write(Buffer.alloc(1024 * 1024))
      await closed(socket)
    }
  })

  it('has opened may send messages as large as there may be', async (t) => {
    const listener = await webSocketListener(t)
    const { peer, webSocket } = await webSocketClientOf(t, listener)
    const frames = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0, 0, 0, 8, 2, 0, 0, 0])))
    webSocket.send(Buffer.concat([frames, frameBytes({ type: 'end' })]))
    await peer.expect('end')
  })

  it('sends its bytes one by one, and fragments without end, is served as long as there is an end', async (t) => {
    const listener = await webSocketListener(t)
    const { peer, webSocket } = await dialWebSocket(t, listener)
    const opening = Buffer.concat([headerBytes(), frameBytes({ type: 'open', containerId: 'scripted' })])
    for (const byte of opening) webSocket.send(Buffer.of(byte))
    await peer.expectHeader()
    await peer.expect('open')
    const close = closeOf(webSocket)
    for (let n = 0; n < 20_000; n++) webSocket.send(Buffer.alloc(0), { fin: false })
    assert.match(await close, /^1008/)
    await assertServesWebSocket(t, listener)
  })

  it('pings it is answered, and one that floods it with pings is cut off', async (t) => {
    const listener = await webSocketListener(t)
    const { peer, webSocket } = await webSocketClientOf(t, listener)
    webSocket.ping('are you there?')
    assert.equal(String((await once(webSocket, 'pong'))[0]), 'are you there?')
    const socket = await upgraded(t, listener)
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => maskedFrame(9, Buffer.alloc(125))))
    const flood = (): void => {
      while (!socket.destroyed && socket.write(pings));
    }
    socket.on('drain', flood)
    flood()
    await closed(socket)
    peer.send({ type: 'end' })
    await peer.expect('end')
    await assertServesWebSocket(t, listener)
  })

  for (const [what, bytes] of [
    ['an unmasked frame', maskedFrame(2, headerBytes(), { mask: false })],
    ['an opcode that there is not', maskedFrame(3, Buffer.alloc(1))],
    ['a continuation of nothing', maskedFrame(0, Buffer.alloc(1))],
    ['a close frame with a code that there is not', maskedFrame(8, Buffer.of(0, 5))],
    ['a compressed frame', Buffer.concat([Buffer.of(0xc2, 0x81, 0, 0, 0, 0), Buffer.alloc(1)])],
    ['noise', Buffer.from('ffffffffffffffffffffffffffffffff', 'hex')],
  ] as const)
    it(`sends ${what} is closed`, async (t) => {
      const defects = defectsOf(t)
      const listener = await webSocketListener(t)
      const socket = await upgraded(t, listener)
      socket.write(bytes)
      await closed(socket)
      await assertServesWebSocket(t, listener)
      assert.deepEqual(defects, [])
    })

  it('ends its half of the socket is let go, whether it has opened or not', async (t) => {
    const listener = await webSocketListener(t)
    const early = await upgraded(t, listener)
    early.end()
    await closed(early)
    const late = await upgraded(t, listener)
    const opening = Buffer.concat([headerBytes(), frameBytes({ type: 'open', containerId: 'scripted' })])
    late.write(maskedFrame(2, opening))
    await until(() => listener.connections.size === 1)
    late.end()
    await closed(late)
    await until(() => listener.connections.size === 0)
    await assertServesWebSocket(t, listener)
  })

  it('breaks off without a word, or closes the WebSocket without a Close, is lost', async (t) => {
    const errors: (Error | undefined)[] = []
    const listener = await webSocketListener(t, { onConnectionClosed: (_, error) => errors.push(error) })
    const first = await webSocketClientOf(t, listener)
    first.webSocket.terminate()
    await until(() => errors.length === 1)
    const second = await webSocketClientOf(t, listener)
    second.webSocket.close(1001, 'the page is closed')
    await until(() => errors.length === 2)
    assert.match(errors[1]?.message ?? '', /closed the WebSocket with code 1001 \(going away\), "the page is closed"$/)
    await assertServesWebSocket(t, listener)
  })

  it('sends frames that are none has its connection closed in order, in the terms of AMQP', async (t) => {
    const listener = await webSocketListener(t)
    const { peer, webSocket } = await webSocketClientOf(t, listener)
    const close = closeOf(webSocket)
    peer.sendRaw(Buffer.from([0, 0, 0, 7, 2, 0, 0, 0]))
    const { error } = await peer.expect('close')
    assert.equal(error?.condition, 'amqp:connection:framing-error')
    assert.equal(await close, '1000')
  })
})

describe('random damage to the bytes of a WebSocket', () => {
  const MUTANTS = 300
  const open = frameBytes({ type: 'open', containerId: 'scripted' })
  const begin = frameBytes({ type: 'begin', nextOutgoingId: 0, incomingWindow: 10, outgoingWindow: 10 })
  const conversation = Buffer.concat([
    Buffer.from(requestOf({})),
    maskedFrame(2, headerBytes()),
    maskedFrame(2, open.subarray(0, 9), { fin: false }),
    maskedFrame(9, Buffer.from('ping')),
    maskedFrame(0, open.subarray(9)),
    maskedFrame(2, Buffer.concat([begin, frameBytes({ type: 'end' })])),
    maskedFrame(10, Buffer.alloc(0)),
    maskedFrame(2, frameBytes({ type: 'close' })),
    maskedFrame(8, Buffer.of(0x03, 0xe8)),
  ])

  it('ends its own connection and nothing else', async (t) => {
    const defects = defectsOf(t)
    let opened = 0
    const listener = await webSocketListener(t, { onConnection: () => void opened++ })
    const random = mulberry32(20261125)
    for (let n = 0; n < MUTANTS; n++) {
      const socket = await tcp(t, listener)
      const gone = closed(socket)
      socket.end(mutated(conversation, random))
      await gone
    }
    await until(() => listener.connections.size === 0)
    assert(opened > MUTANTS / 4, `only ${opened} conversations got as far as their Open`)
    assert.deepEqual(defects, [])
    await assertServesWebSocket(t, listener)
  })
})
