import type { Duplex } from 'node:stream'
import type { Connection } from './connection.ts'
import type { ConnectionError } from './errors.ts'
import type { Handshake, HandshakeWriter } from './handshake.ts'
import type { EndpointOptions } from './options.ts'

/** How a connection comes to be: connect.ts and listener.ts say it. */
export interface ConnectionStart extends EndpointOptions {
  readonly socket: Duplex
  /** How it is called in errors, e.g. `localhost:5672`. */
  readonly peerName: string
  readonly hostname?: string | undefined
  readonly maxSaslFrameSize?: number | undefined
  /** Both ends may send their Open as soon as their handshake is done; the accepting side waits for the peer's. */
  readonly opensFirst: boolean
  readonly handshake: (writer: HandshakeWriter) => Handshake
  readonly onOpened?: ((connection: Connection) => void) | undefined
  readonly onGone?: ((connection: Connection, error: ConnectionError | undefined) => void) | undefined
}
