import { Socket } from 'node:net'
import { monotonicMs, startDeadline } from '../support/deadline.ts'
import { isLoopback } from '../support/loopback.ts'
import { ClientHandshake, SaslRequiredError } from './client-handshake.ts'
import { Connection } from './connection.ts'
import type { Dialed } from './dial.ts'
import { dial } from './dial.ts'
import { ConnectionError, printable } from './errors.ts'
import { checkOpenFields } from './open-fields.ts'
import { checkConnectOptions } from './option-checks.ts'
import type { ClientSaslOptions, ConnectOptions } from './options.ts'
import { CONNECTION_DEFAULTS } from './options.ts'
import type { ClientChannel } from './sasl-choice.ts'
import type { WebSocketSources } from './web-socket-dial.ts'
import { webSocketDial, webSocketSources } from './web-socket-dial.ts'

/**
 * Opens a connection: TCP, TLS and WebSocket when asked, SASL when there are credentials or the peer insists, and the Open exchange.
 *
 * @throws ConnectionError (code AMQP_CONNECTION): not reachable, refused, no answer within `connectTimeoutMs`.
 * @throws SaslError (code AMQP_SASL): the credentials were refused, or no mechanism is in common.
 * @throws EncodeError, TypeError or RangeError for options that cannot be: a property of no AMQP type, a port of 70 000, an unknown name.
 * @throws the reason of `signal` when it aborts.
 */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  return await connectWith(options, webSocketSources())
}

/** `sources`: what a WebSocket can be made with. */
export async function connectWith(options: ConnectOptions, sources: WebSocketSources): Promise<Connection> {
  checkConnectOptions(options)
  checkOpenFields(options, options.hostname)
  const { connectTimeoutMs = CONNECTION_DEFAULTS.connectTimeoutMs } = options
  const began = monotonicMs()
  const left = (): number => Math.max(1, connectTimeoutMs - (monotonicMs() - began))
  const open = options.webSocket === undefined ? () => dial(options) : await webSocketDial(options, sources)
  try {
    return await attempt(options, open, options.sasl, left())
  } catch (error) {
    if (!(error instanceof SaslRequiredError)) throw error
    return await attempt(options, open, {}, left()) // without a user name: what needs no more than there is
  }
}

/** `timeoutMs`: what is left of `connectTimeoutMs`. */
function attempt(
  options: ConnectOptions,
  open: () => Dialed,
  sasl: ClientSaslOptions | undefined,
  timeoutMs: number,
): Promise<Connection> {
  const { connectTimeoutMs = CONNECTION_DEFAULTS.connectTimeoutMs, signal } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const dialed = open()
    const { socket, peerName, ready } = dialed
    let connection: Connection | undefined
    let handshake: ClientHandshake | undefined
    let settled = false
    const settle = (): boolean => {
      if (settled) return false
      settled = true
      deadline.cancel()
      signal?.removeEventListener('abort', onAbort)
      return true
    }
    const fail = (error: unknown): void => {
      if (!settle()) return
      handshake?.stop()
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(signal?.reason)
    const onEarlyError = (error: Error): void =>
      fail(error instanceof ConnectionError ? error : unreachable(peerName, error))
    const deadline = startDeadline(timeoutMs, () => {
      const what = handshake?.missing ?? (connection ? 'it did not answer the Open' : 'no connection')
      fail(new ConnectionError(`${peerName}: ${what} within ${connectTimeoutMs} ms`, { origin: 'local' }))
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('error', onEarlyError) // stays: whatever a dead socket says later is no uncaught exception
    socket.once(ready, () => {
      if (settled) return
      socket.off('error', onEarlyError)
      connection = new Connection({
        ...options,
        socket,
        peerName,
        maxSaslFrameSize: sasl?.maxSaslFrameSize,
        opensFirst: true,
        handshake: (writer) => {
          handshake = new ClientHandshake(writer, sasl, channelOf(dialed, options))
          return handshake
        },
        onOpened: (opened) => {
          if (settle()) resolve(opened)
        },
        onGone: (_gone, error) => {
          const lost = error ?? new ConnectionError(`${peerName}: closed before it was open`, { origin: 'remote' })
          fail(!sasl && lost.origin === 'remote' && !handshake?.answered ? saslMayBeRequired(lost) : lost)
        },
      })
    })
  })
}

/** RabbitMQ 4.0 answers a bare AMQP header by closing; where our Open is in its way already, its own header is lost with that. */
function saslMayBeRequired(cause: ConnectionError): SaslRequiredError {
  return new SaslRequiredError(cause.message, { origin: 'remote', condition: cause.condition, cause })
}

function channelOf({ socket, host, secure }: Dialed, { hostname, tls }: ConnectOptions): ClientChannel {
  const address = socket instanceof Socket ? socket.remoteAddress : host
  return { host, hostname, certificate: hasCertificate(tls), confidential: secure || isLoopback(address ?? '') }
}

const hasCertificate = (tls: ConnectOptions['tls']): boolean =>
  typeof tls === 'object' && (tls.cert !== undefined || tls.pfx !== undefined)

/** OpenSSL says it with its source file and a line break. */
function reasonOf(error: Error): string {
  const plain = /wrong version number|unknown protocol|packet length too long/i.test(error.message)
  return plain ? 'TLS was meant, and what answers there does not speak it' : printable(error.message)
}

function unreachable(peerName: string, error: Error): ConnectionError {
  const errors: readonly Error[] = error instanceof AggregateError ? error.errors : [error]
  const reasons = errors.map(reasonOf).join('; ')
  return new ConnectionError(`${peerName}: cannot connect, ${reasons}`, {
    origin: 'local',
    condition: 'amqp:connection:forced',
    cause: error,
  })
}
