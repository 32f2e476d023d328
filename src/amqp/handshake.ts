// What comes before the Open: protocol headers and, inside a SASL layer, who we are (AMQP 1.0 part 2, 2.2; part 5, 5.3).
// One class a side, client-handshake.ts and server-handshake.ts; both end with `done` or `fail`, and never touch the socket but
// through HandshakeWriter.

import type { ProtocolId } from '../codec/frame.ts'
import type { Performative } from '../codec/performatives.ts'
import type { SaslPerformative } from '../codec/sasl-frames.ts'
import { ConnectionError } from './errors.ts'
import type { Identity } from './sasl-exchange.ts'

export interface HandshakeWriter {
  writeHeader(protocolId: ProtocolId): void
  writeSasl(frame: SaslPerformative): void
  /** The next bytes of the peer are a protocol header. */
  expectHeader(): void
  done(identity: Identity | undefined): void
  /** Ends the connection; what was written before still leaves. */
  fail(error: ConnectionError): void
}

export interface Handshake {
  start(): void
  /** `version`: the only one there is, is 1.0.0. */
  onHeader(protocolId: number, version: string): void
  onSasl(frame: Performative): void
  /** What the peer sent is no AMQP. The connection ends; the handshake may still say what would be accepted. */
  onBroken(): void
  /** The connection has ended: what is still awaited counts no more. */
  stop(): void
}

/** The only version there is. */
export const VERSION = '1.0.0'

export const unexpected = (what: string): ConnectionError =>
  new ConnectionError(`the peer sent ${what} during the handshake`, {
    origin: 'local',
    condition: 'amqp:connection:framing-error',
  })
