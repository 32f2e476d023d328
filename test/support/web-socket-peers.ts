// The other end of a WebSocket, made with the package ws and nothing of ours: a scripted peer over it, and the WebSocket itself for
// what no stream can do.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import type { TestContext } from 'node:test'
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws'
import type { Listener } from '../../src/amqp/listener.ts'
import { ScriptedPeer } from './scripted-peer.ts'

export interface WebSocketPeer {
  readonly webSocket: WebSocket
  readonly peer: ScriptedPeer
  /** What asked for the WebSocket; at a client, nothing. */
  readonly request: IncomingMessage | undefined
}

const peerOver = (webSocket: WebSocket, request?: IncomingMessage): WebSocketPeer => ({
  webSocket,
  peer: new ScriptedPeer(createWebSocketStream(webSocket) as unknown as Socket),
  request,
})

export interface ScriptedWebSocketServer {
  readonly port: number
  readonly url: string
  accept(): Promise<WebSocketPeer>
}

/** Gone when the test is over. `subprotocol`: what it chooses; false: none. */
export async function scriptedWebSocketServer(
  t: TestContext,
  { subprotocol = 'amqp' }: { subprotocol?: string | false } = {},
): Promise<ScriptedWebSocketServer> {
  const peers: WebSocketPeer[] = []
  const waiters: ((peer: WebSocketPeer) => void)[] = []
  const server = createServer()
  const endpoint = new WebSocketServer({ server, handleProtocols: () => subprotocol })
  endpoint.on('connection', (webSocket, request) => {
    const peer = peerOver(webSocket, request)
    const waiter = waiters.shift()
    if (waiter) waiter(peer)
    else peers.push(peer)
    t.after(() => webSocket.terminate())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `ws://127.0.0.1:${port}/`,
    accept: async () => peers.shift() ?? (await new Promise<WebSocketPeer>((resolve) => waiters.push(resolve))),
  }
}

/** A port where something else than WebSocket is spoken, or nothing at all: `serve` gets each socket. Gone when the test is over. */
export async function bareServer(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer((socket) => {
    t.after(() => socket.destroy())
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A scripted client of a listener of ours. Gone when the test is over. */
export async function dialWebSocket(t: TestContext, { port }: Listener, path = '/'): Promise<WebSocketPeer> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, 'amqp', { perMessageDeflate: false })
  t.after(() => webSocket.terminate())
  await once(webSocket, 'open')
  return peerOver(webSocket)
}

/** The same, open and with a session. */
export async function webSocketClientOf(t: TestContext, listener: Listener): Promise<WebSocketPeer> {
  const dialed = await dialWebSocket(t, listener)
  await dialed.peer.openAsClient()
  await dialed.peer.beginAsClient()
  return dialed
}

/** A listener for WebSocket works as long as one can go on over it: opens one more and closes it. */
export async function assertServesWebSocket(t: TestContext, listener: Listener): Promise<void> {
  const { peer } = await webSocketClientOf(t, listener)
  peer.send({ type: 'close' })
  await peer.expect('close')
  await peer.expectEnd()
}

/** Resolves when a socket is closed, however that comes, and if it was already. */
export async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise<void>((resolve) => void socket.once('close', () => resolve()))
}

/** How a WebSocket that is open ends: `1003 AMQP is binary`. */
export async function closeOf(webSocket: WebSocket): Promise<string> {
  assert.equal(webSocket.readyState, WebSocket.OPEN)
  const [code, reason] = (await once(webSocket, 'close')) as [number, Buffer]
  return `${code} ${reason.toString()}`.trimEnd()
}

/** What an HTTP server answers to a request that is written out by hand, until it ends the connection: all of it. */
export async function rawAnswer(socket: Socket, request: string): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.write(request)
  await closed(socket)
  const answer = Buffer.concat(chunks).toString('latin1')
  assert.match(answer, /^HTTP\/1\.1 \d{3} /)
  return answer
}
