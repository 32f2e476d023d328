// How a connection is protected: what it knows of TLS, of the peer's certificates and of SASL.

import type { Duplex } from 'node:stream'
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { Identity } from './sasl-exchange.ts'

export interface CertificateFacts {
  /** Its common name, else all that its subject says. Text of the peer's: print it with care. */
  readonly subject: string
  readonly issuer: string
  /** The names and addresses that it is for, as `DNS:localhost, IP Address:127.0.0.1`; undefined: it names none. */
  readonly names: string | undefined
  readonly validTo: Date
}

export interface TlsFacts {
  /** As `TLSv1.3`. */
  readonly protocol: string
  readonly cipher: string
  /** The peer's own certificate first, then who issued it, as far as is known. Empty: it showed none. */
  readonly chain: readonly CertificateFacts[]
}

/** How SASL went. */
export interface SaslFacts {
  /** The mechanism that was used. */
  readonly mechanism: string
  /** Those that the peer offered; none where the peer was the client. Texts of the peer's: print them with care. */
  readonly offered: readonly string[]
}

export interface ConnectionSecurity {
  /**
   * Undefined: there is none, or it is that of a WebSocket (`wss://`): there it ends below the stream of messages, which does not
   * know of it, and Node's own WebSocket shows nothing of it either.
   */
  readonly tls: TlsFacts | undefined
  /** Undefined: it was not spoken. */
  readonly sasl: SaslFacts | undefined
}

export const securityOf = (socket: Duplex, identity: Identity | undefined): ConnectionSecurity => ({
  tls: tlsFacts(socket),
  sasl: identity && { mechanism: identity.mechanism, offered: identity.offered ?? [] },
})

/** No chain is longer, and none that goes round in a circle ends. */
const LONGEST_CHAIN = 10

function tlsFacts(socket: Duplex): TlsFacts | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher()?.name ?? 'unknown',
    chain: chainOf(socket.getPeerCertificate(true)),
  }
}

function chainOf(first: DetailedPeerCertificate): CertificateFacts[] {
  const chain: CertificateFacts[] = []
  const seen = new Set<DetailedPeerCertificate>()
  // Node gives an object without fields where there is no certificate.
  for (let one = first; one?.subject && !seen.has(one) && chain.length < LONGEST_CHAIN; one = one.issuerCertificate) {
    seen.add(one)
    chain.push({
      subject: nameOf(one.subject),
      issuer: nameOf(one.issuer),
      names: one.subjectaltname,
      validTo: new Date(one.valid_to),
    })
  }
  return chain
}

const nameOf = (name: DetailedPeerCertificate['subject']): string =>
  [name.CN].flat()[0] ||
  Object.entries(name)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
