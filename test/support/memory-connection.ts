// Connections over sockets that need no network, made as connect.ts and listener.ts make them.

import type { Duplex } from 'node:stream'
import { ClientHandshake } from '../../src/amqp/client-handshake.ts'
import { Connection } from '../../src/amqp/connection.ts'
import { ConnectionError } from '../../src/amqp/errors.ts'
import type { ConnectOptions, ListenOptions } from '../../src/amqp/options.ts'
import { SaslOffer } from '../../src/amqp/sasl-offer.ts'
import { ServerHandshake } from '../../src/amqp/server-handshake.ts'

const CHANNEL = { host: 'localhost', hostname: undefined, certificate: false, confidential: true }
const PEER = { remoteAddress: 'memory', subject: undefined, confidential: true }

/** The accepting side. */
export function acceptOver(socket: Duplex, options: ListenOptions = {}): Connection {
  return new Connection({
    ...options,
    socket,
    peerName: 'the peer',
    opensFirst: false,
    handshake: (writer) => new ServerHandshake(writer, new SaslOffer(options.sasl ?? {}), PEER),
    onOpened: (opened) => options.onConnection?.(opened),
    onGone: (gone, error) => options.onConnectionClosed?.(gone, error),
  })
}

/** The side that begins; the promise settles as that of `connect`. */
export function connectOver(
  socket: Duplex,
  options: ConnectOptions = {},
): { connection: Connection; opened: Promise<Connection> } {
  const { promise, resolve, reject } = withResolvers<Connection>()
  const connection = new Connection({
    ...options,
    socket,
    peerName: 'the peer',
    opensFirst: true,
    handshake: (writer) => new ClientHandshake(writer, options.sasl, CHANNEL),
    onOpened: resolve,
    onGone: (_, error) => reject(error ?? new ConnectionError('closed before it was open', { origin: 'remote' })),
  })
  return { connection, opened: promise }
}

function withResolvers<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: unknown) => void
} {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
