import type { Server, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import type { ErrorCondition } from '../codec/delivery-state.ts'
import { startDeadline } from '../support/deadline.ts'
import { guarded } from '../support/guarded.ts'
import { isLoopback } from '../support/loopback.ts'
import { reportDefect } from '../support/report-defect.ts'
import { Connection } from './connection.ts'
import { type AmqpErrorDetails, ConnectionError } from './errors.ts'
import { checkOpenFields } from './open-fields.ts'
import { checkListenOptions } from './option-checks.ts'
import type { ListenOptions } from './options.ts'
import { LISTEN_DEFAULTS } from './options.ts'
import { SaslOffer } from './sasl-offer.ts'
import { ServerHandshake } from './server-handshake.ts'
import type { LoadWebSocketPackage } from './web-socket-package.ts'
import { loadWebSocketPackage } from './web-socket-package.ts'
import { webSocketServer } from './web-socket-server.ts'

const SHUTTING_DOWN: ErrorCondition = Object.freeze({
  condition: 'amqp:connection:forced',
  description: 'shutting down',
})

const TOO_MANY: AmqpErrorDetails = Object.freeze({ origin: 'local', condition: 'amqp:resource-limit-exceeded' })

/** Accepts connections. */
export class Listener {
  /** The address that is listened on. */
  readonly host: string
  readonly port: number
  readonly #server: Server
  readonly #sockets: ReadonlySet<Socket>
  readonly #connections: Set<Connection>

  /** @internal */
  constructor(server: Server, connections: Set<Connection>, sockets: ReadonlySet<Socket>) {
    const address = server.address()
    if (address === null || typeof address === 'string')
      throw new ConnectionError('the listener has no port', { origin: 'local' })
    this.host = address.address
    this.port = address.port
    this.#server = server
    this.#connections = connections
    this.#sockets = sockets
  }

  /** Those that are open now. */
  get connections(): ReadonlySet<Connection> {
    return this.#connections
  }

  /** Stops listening and closes every connection in order. Resolves when all are gone. Idempotent; never rejects. */
  async close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    await Promise.all([...this.#connections].map((connection) => connection.close(SHUTTING_DOWN)))
    for (const socket of this.#sockets) socket.destroy()
    await stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/**
 * Listens for connections. Resolves when the port is bound.
 *
 * @throws ConnectionError when it cannot be: in use, not allowed, no such address.
 * @throws EncodeError, TypeError or RangeError for options that cannot be.
 */
export async function listen(options: ListenOptions = {}): Promise<Listener> {
  return await listenWith(options, loadWebSocketPackage)
}

/** `load`: where the package ws comes from. */
export async function listenWith(options: ListenOptions, load: LoadWebSocketPackage): Promise<Listener> {
  checkListenOptions(options)
  checkOpenFields(options)
  const connections = new Set<Connection>()
  const sockets = new Set<Socket>()
  const offer = new SaslOffer(options.sasl ?? {})
  const accept = (socket: Socket, stream: Duplex = socket, opened?: () => void): void => {
    if (!server.listening)
      socket.destroy() // it is being closed
    else if (!socket.destroyed) serve({ socket, stream, opened }, options, offer, { connections, server })
  }
  const server = options.webSocket
    ? await webSocketServer(options, load, accept)
    : options.tls
      ? createTlsServer(
          { handshakeTimeout: options.handshakeTimeoutMs ?? LISTEN_DEFAULTS.handshakeTimeoutMs, ...options.tls },
          (socket) => accept(socket),
        )
      : createTcpServer({ noDelay: true }, (socket) => accept(socket))
  const refused = new WeakSet<Socket>()
  const refuse = (socket: Socket, error: Error): void => {
    if (refused.has(socket)) return // TLS tells of its end once more
    refused.add(socket)
    guarded('onRefused', () => options.onRefused?.({ remoteAddress: addressOf(socket), error }))
  }
  const host = options.host ?? LISTEN_DEFAULTS.host
  const port = options.port ?? LISTEN_DEFAULTS.port
  // With TLS a connection is handed over when its handshake is done; until then it is known here only.
  server.prependListener('connection', (socket: Socket) => {
    if (sockets.size >= (options.maxConnections ?? LISTEN_DEFAULTS.maxConnections)) {
      refuse(socket, new ConnectionError('there are as many connections as there may be', TOO_MANY))
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return await new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ConnectionError(`cannot listen on ${host}:${port}, ${error.message}`, { origin: 'local', cause: error }),
      )
    })
    server.on('tlsClientError', (error, socket) => refuse(socket, error)) // it is gone already
    server.listen({ host, port }, () => {
      server.removeAllListeners('error')
      server.on('error', (error) => reportDefect(`the listener on ${host}:${port}`, error))
      resolve(new Listener(server, connections, sockets))
    })
  })
}

/** Who has come in. */
interface Peer {
  readonly socket: Socket
  /** What AMQP goes over: the socket itself, or the WebSocket over it. */
  readonly stream: Duplex
  /** To be called when its Open is there. */
  readonly opened: (() => void) | undefined
}

function serve(
  { socket, stream, opened: onOpen }: Peer,
  options: ListenOptions,
  offer: SaslOffer,
  { connections, server }: { readonly connections: Set<Connection>; readonly server: Server },
): void {
  socket.setNoDelay(true)
  const remoteAddress = addressOf(socket)
  const confidential = socket instanceof TLSSocket || isLoopback(socket.remoteAddress ?? '')
  const handshakeTimeoutMs = options.handshakeTimeoutMs ?? LISTEN_DEFAULTS.handshakeTimeoutMs
  const deadline = startDeadline(handshakeTimeoutMs, () => {
    connection.abort(new Error(`no Open within ${handshakeTimeoutMs} ms`))
  })
  let handshake: ServerHandshake | undefined
  const connection = new Connection({
    ...options,
    socket: stream,
    peerName: remoteAddress,
    maxSaslFrameSize: options.sasl?.maxSaslFrameSize,
    opensFirst: false,
    handshake: (writer) => {
      handshake = new ServerHandshake(writer, offer, { remoteAddress, subject: subjectOf(socket), confidential })
      return handshake
    },
    onOpened: (opened) => {
      deadline.cancel()
      if (!server.listening) return void opened.close(SHUTTING_DOWN) // it was in its handshake when the listener closed
      onOpen?.()
      connections.add(opened)
      guarded('onConnection', () => options.onConnection?.(opened))
    },
    onGone: (gone, error) => {
      deadline.cancel()
      handshake?.stop()
      if (connections.delete(gone)) guarded('onConnectionClosed', () => options.onConnectionClosed?.(gone, error))
      else if (error) guarded('onRefused', () => options.onRefused?.({ remoteAddress, error, ...handshake?.claimed }))
    },
  })
}

const addressOf = (socket: Socket): string => `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`

/** Who the peer is by its TLS client certificate, if it has shown one and TLS has verified it. */
function subjectOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  // Several common names come as an array: then it is not said which one is meant.
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' && name !== '' ? name : undefined
}
