// A listener's port for WebSocket: an HTTP server that upgrades what asks for AMQP and serves nothing else.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpServer, STATUS_CODES } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Deadline } from '../support/deadline.ts'
import { startDeadline } from '../support/deadline.ts'
import type { ListenOptions } from './options.ts'
import { CONNECTION_DEFAULTS, LISTEN_DEFAULTS } from './options.ts'
import type { WebSocketListening } from './web-socket-options.ts'
import { WEB_SOCKET_DEFAULTS, webSocketListening } from './web-socket-options.ts'
import type { LoadWebSocketPackage } from './web-socket-package.ts'
import { packageMissing } from './web-socket-package.ts'
import { WebSocketStream } from './web-socket-stream.ts'

/** What a peer may send before its Open, all of it: a message is kept until it is whole, and who has said nothing yet has no more memory set aside. */
const MAX_OPENING_BYTES = 256 * 1024

/** A peer that speaks AMQP: over `stream`, which goes over `socket`. `opened` is to be called when its Open is there. */
export type AcceptWebSocket = (socket: Socket, stream: Duplex, opened: () => void) => void

/** @throws TypeError or RangeError for options that cannot be; ConnectionError when the package ws is missing. */
export async function webSocketServer(
  options: ListenOptions,
  load: LoadWebSocketPackage,
  accept: AcceptWebSocket,
): Promise<Server> {
  const listening = webSocketListening(options.webSocket)
  const packaged = await load()
  if (!packaged) throw packageMissing('a listener for WebSocket')
  const { maxPayload } = listening
  const endpoint = new packaged.WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    closeTimeout: CONNECTION_DEFAULTS.closeTimeoutMs,
    handleProtocols: () => SUBPROTOCOL,
  })
  const handshakeTimeout = options.handshakeTimeoutMs ?? LISTEN_DEFAULTS.handshakeTimeoutMs
  const server = options.tls
    ? createHttpsServer({ handshakeTimeout, ...options.tls }, answerPlainRequest)
    : createHttpServer(answerPlainRequest)
  const deadlines = new WeakMap<Duplex, Deadline>()
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    const deadline = startDeadline(handshakeTimeout, () => socket.destroy())
    deadlines.set(socket, deadline)
    socket.once('close', () => deadline.cancel())
  })
  server.on('upgrade', (request, socket, head) => {
    const refused = refusalOf(request, listening)
    if (refused) return refuse(socket, ...refused)
    endpoint.handleUpgrade(request, socket, head, (webSocket) => {
      deadlines.get(socket)?.cancel()
      const stream = new WebSocketStream(webSocket, { maxPayload, carrier: socket })
      accept(request.socket, stream, limitOpening(request.socket))
    })
  })
  return server
}

const [SUBPROTOCOL] = WEB_SOCKET_DEFAULTS.protocols as readonly [string]

const EXPECTED = `expected a WebSocket with the subprotocol ${SUBPROTOCOL} (AMQP 1.0)`

function answerPlainRequest(_: IncomingMessage, response: ServerResponse): void {
  const headers = { connection: 'upgrade, close', upgrade: 'websocket', 'content-type': 'text/plain; charset=utf-8' }
  response.writeHead(426, headers).end(`${EXPECTED}\n`)
}

/** What of the upgrade is not the business of the package ws. Undefined: nothing is wrong. */
function refusalOf(
  { headers, url = '' }: IncomingMessage,
  { path, origins }: WebSocketListening,
): [status: number, why: string] | undefined {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return [426, EXPECTED]
  if (path !== undefined && url.split('?', 1)[0] !== path) return [404, 'there is no WebSocket at this path']
  const origin = headers.origin ?? headers['sec-websocket-origin']
  if (origin !== undefined && !(typeof origin === 'string' && origins.has(origin)))
    return [403, 'pages of this origin may not connect']
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  return offered?.includes(SUBPROTOCOL) ? undefined : [400, EXPECTED]
}

function refuse(socket: Duplex, status: number, why: string): void {
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  const upgrade = status === 426 ? 'upgrade: websocket\r\n' : ''
  const fields = `connection: close\r\n${upgrade}content-type: text/plain; charset=utf-8\r\ncontent-length: ${why.length + 1}`
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields}\r\n\r\n${why}\n`)
}

/** Cuts off who sends too much before its Open. Returns what lifts the limit. */
function limitOpening(socket: Socket): () => void {
  const check = (): void => {
    if (socket.bytesRead > MAX_OPENING_BYTES)
      socket.destroy(new Error(`more than ${MAX_OPENING_BYTES} bytes came before the Open`))
  }
  socket.on('data', check)
  return () => void socket.off('data', check)
}
