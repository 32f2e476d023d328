// The client's way through a WebSocket: by the package ws when it is installed, else by the WebSocket that Node has from
// version 22 on, with what that can do.

import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Dialed } from './dial.ts'
import { openSocket } from './dial.ts'
import { ConnectionError, printable } from './errors.ts'
import type { ConnectOptions } from './options.ts'
import { CONNECTION_DEFAULTS } from './options.ts'
import type { WebSocketTarget } from './web-socket-options.ts'
import { webSocketTarget } from './web-socket-options.ts'
import type { LoadWebSocketPackage, WebSocketPackage } from './web-socket-package.ts'
import { loadWebSocketPackage, packageMissing } from './web-socket-package.ts'
import type { WebSocketLike } from './web-socket-stream.ts'
import { WebSocketStream } from './web-socket-stream.ts'

/** The WebSocket of pages. Node's takes headers as well, where pages only have protocols. */
export type GlobalWebSocket = new (
  url: URL,
  protocols: string[] | { readonly protocols: string[]; readonly headers: Readonly<Record<string, string>> },
) => WebSocketLike & { binaryType: string; readonly protocol: string }

/** Where WebSockets come from. */
export interface WebSocketSources {
  readonly load: LoadWebSocketPackage
  readonly global: GlobalWebSocket | undefined
}

export const webSocketSources = (): WebSocketSources => ({
  load: loadWebSocketPackage,
  global: (globalThis as { readonly WebSocket?: GlobalWebSocket }).WebSocket,
})

/**
 * What makes the WebSocket, once or more than once.
 *
 * @throws TypeError or RangeError for options that cannot be; ConnectionError when there is nothing that can do it.
 */
export async function webSocketDial(options: ConnectOptions, sources: WebSocketSources): Promise<() => Dialed> {
  const target = webSocketTarget(options)
  const { peerName, host } = target
  const way = { peerName, host, secure: target.tls !== undefined, ready: 'connect' as const }
  const packaged = await sources.load()
  if (packaged) return () => ({ socket: dialPackaged(target, packaged), ...way })
  const { global } = sources
  if (!global) throw packageMissing(`${peerName}: WebSocket on this version of Node`)
  if (typeof target.tls === 'object') throw packageMissing(`${peerName}: WebSocket with options of TLS`)
  return () => ({ socket: dialGlobal(target, global), ...way })
}

function dialPackaged(target: WebSocketTarget, { WebSocket }: WebSocketPackage): Duplex {
  let carrier: Socket | undefined
  const socket = new WebSocket(target.url, [...target.protocols], {
    headers: target.headers,
    createConnection: () => {
      carrier = openSocket(target.host, target.port, target.tls, ['http/1.1'])
      return carrier
    },
    perMessageDeflate: false,
    maxPayload: target.maxPayload,
    closeTimeout: CONNECTION_DEFAULTS.closeTimeoutMs,
  })
  const stream = new WebSocketStream(socket, { maxPayload: target.maxPayload, carrier })
  socket.on('unexpected-response', (_, response) => stream.destroy(refusal(target, response)))
  socket.on('upgrade', ({ headers }) => checkProtocol(stream, target, headers['sec-websocket-protocol'] ?? ''))
  return stream
}

function dialGlobal(target: WebSocketTarget, GlobalSocket: GlobalWebSocket): Duplex {
  const { headers } = target
  const protocols = [...target.protocols]
  const socket = new GlobalSocket(target.url, Object.keys(headers).length > 0 ? { protocols, headers } : protocols)
  socket.binaryType = 'arraybuffer'
  // First in turn, so that nothing is ready that was not agreed on.
  socket.addEventListener('open', () => checkProtocol(stream, target, socket.protocol))
  const stream = new WebSocketStream(socket, { maxPayload: target.maxPayload })
  return stream
}

/** AMQP WSB 1.0, 2.1: without the subprotocol whoever answers may speak anything. */
function checkProtocol(stream: Duplex, { peerName, protocols }: WebSocketTarget, chosen: string): void {
  if (protocols.includes(chosen)) return
  const found = chosen === '' ? 'none' : `"${printable(chosen)}"`
  const message = `${peerName}: the server was offered the WebSocket subprotocol ${protocols.join(' or ')} and chose ${found}`
  stream.destroy(new ConnectionError(message, { origin: 'remote', condition: 'amqp:connection:forced' }))
}

const CONDITIONS: Readonly<Record<number, string>> = {
  401: 'amqp:unauthorized-access',
  403: 'amqp:unauthorized-access',
  404: 'amqp:not-found',
}

function refusal({ peerName }: WebSocketTarget, { statusCode = 0 }: IncomingMessage): ConnectionError {
  const status = `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd()
  return new ConnectionError(`${peerName}: the server refused the WebSocket with HTTP status ${status}`, {
    origin: 'remote',
    condition: CONDITIONS[statusCode] ?? 'amqp:connection:forced',
  })
}
