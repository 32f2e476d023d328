import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions as TlsClientOptions } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import type { ConnectOptions } from './options.ts'
import { CONNECTION_DEFAULTS } from './options.ts'

/** A way to the peer that is being made. */
export interface Dialed {
  readonly socket: Duplex
  /** Whom it leads to, by name or address. */
  readonly host: string
  /** TLS is between. */
  readonly secure: boolean
  /** How it is called in errors, e.g. `localhost:5672`. */
  readonly peerName: string
  /** What the socket emits when bytes may go. */
  readonly ready: 'connect' | 'secureConnect'
}

/** TCP, with TLS when asked. */
export function dial(options: ConnectOptions): Dialed {
  const { tls } = options
  const host = options.host ?? CONNECTION_DEFAULTS.host
  const port = options.port ?? (tls ? CONNECTION_DEFAULTS.tlsPort : CONNECTION_DEFAULTS.port)
  return {
    socket: openSocket(host, port, tls, []),
    host,
    secure: Boolean(tls),
    peerName: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ready: tls ? 'secureConnect' : 'connect',
  }
}

/** `applications`: what TLS says will be spoken over it (ALPN). */
export function openSocket(
  host: string,
  port: number,
  tls: boolean | TlsClientOptions | undefined,
  applications: string[],
): Socket {
  const socket = tls
    ? connectTls({
        host,
        port,
        ALPNProtocols: applications,
        ...(isIp(host) ? {} : { servername: host }),
        ...(tls === true ? {} : tls),
      })
    : connectTcp({ host, port })
  // Without it a request waits up to 40 ms for the peer's delayed acknowledgement of the one before.
  socket.setNoDelay(true)
  return socket
}

const isIp = (host: string): boolean => /^[\d.]+$|:/.test(host)
