// What can be said about a connection, a session and a link. Defaults stand here and nowhere else.

import type { ConnectionOptions as TlsClientOptions, TlsOptions as TlsServerOptions } from 'node:tls'
import type { Source, Target } from '../codec/terminus.ts'
import type { AmqpValue } from '../codec/types.ts'
import type { Connection } from './connection.ts'
import type { Delivery } from './delivery.ts'
import type { LinkError } from './errors.ts'
import type { LinkRequest } from './link-request.ts'
import type { ScramMechanism } from './scram.ts'
import type { ScramCredentials } from './scram-credentials.ts'
import type { Sender } from './sender.ts'
import type { Session } from './session.ts'

/** What both ends of a connection can say. */
export interface EndpointOptions {
  /** Who we are (Open.container-id). Default: a random name. */
  readonly containerId?: string | undefined
  /** What else the peer should know about us (Open.properties). */
  readonly properties?: Readonly<Record<string, AmqpValue>> | undefined
  readonly offeredCapabilities?: readonly string[] | undefined
  /** The largest frame that we accept, in bytes. At least 512. Default 65 536. */
  readonly maxFrameSize?: number | undefined
  /** The highest channel number in use, so one less than the number of sessions. Default 32 767. */
  readonly channelMax?: number | undefined
  /** Links per session, less one. Default 4 095. */
  readonly handleMax?: number | undefined
  /** Milliseconds without any frame after which the peer counts as gone; half of it is advertised. 0: never. Default 0. */
  readonly idleTimeoutMs?: number | undefined
  /** The largest message that we accept, in bytes. Default 128 MiB. */
  readonly maxMessageSize?: number | undefined
  /** The peer attaches a link. Without it every such link is refused with `amqp:not-allowed`. */
  readonly onLink?: ((request: LinkRequest) => void) | undefined
  /** The peer began a session. */
  readonly onSession?: ((session: Session) => void) | undefined
}

/**
 * Gives a token, e.g. one of OAuth 2; asked for each connection anew. `signal` aborts when the connection is given up, and what
 * comes after that counts no more.
 */
export type TokenSource = (signal: AbortSignal) => string | Promise<string>

export interface ClientSaslOptions {
  /**
   * Allowed mechanisms, e.g. `['EXTERNAL']`; of those that the peer offers too the strongest is used. Default: OAUTHBEARER and
   * XOAUTH2 with a token, SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1 and PLAIN with a user name, else EXTERNAL with a TLS client
   * certificate, else ANONYMOUS. With a token PLAIN is used by name only, and sends the token in the place of the password.
   */
  readonly mechanisms?: readonly string[] | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly token?: TokenSource | undefined
  /**
   * Whether PLAIN, OAUTHBEARER and XOAUTH2, which send the secret itself, may do so over a connection that is neither TLS nor
   * within this machine. Default: yes, with a process warning for each host. True: without one. False: they are not used.
   */
  readonly allowCleartextSecrets?: boolean | undefined
  /** The largest SASL frame that we accept, in bytes, 512 to 1 MiB. Default 16 384. */
  readonly maxSaslFrameSize?: number | undefined
}

export interface ConnectOptions extends EndpointOptions {
  /** Default `localhost`. */
  readonly host?: string | undefined
  /** Default 5672, with TLS 5671. */
  readonly port?: number | undefined
  /** TLS from the first byte; an object goes to `tls.connect`. */
  readonly tls?: boolean | TlsClientOptions | undefined
  /** Absent: the bare AMQP header first, and SASL ANONYMOUS when the peer insists on SASL or closes without an answer. */
  readonly sasl?: ClientSaslOptions | undefined
  /** Open.hostname, and that of SASL: the virtual host that is meant. */
  readonly hostname?: string | undefined
  /** Milliseconds for TCP, TLS, SASL and the Open exchange together. Default 30 000. */
  readonly connectTimeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Of whom a callback is asked. */
export interface AuthenticationContext {
  /** The virtual host that the peer means (sasl-init.hostname). Text from the network. */
  readonly hostname: string | undefined
  /** Address and port of the peer. */
  readonly remoteAddress: string
}

/** Lets the peer in by that name instead of the one that it gave, e.g. by the subject of its token. */
export interface AdmittedAs {
  readonly admittedAs: string
}

/** Lets the peer not in; OAUTHBEARER and XOAUTH2 tell it why (RFC 7628, section 3.2.2). */
export interface RefusedWith {
  /** `invalid_token`, which `false` means too, or `insufficient_scope`. */
  readonly status: string
  readonly scope?: string | undefined
  /** Where the issuer of good tokens is described. */
  readonly openidConfiguration?: string | undefined
}

export type AuthenticationDecision = boolean | AdmittedAs | RefusedWith

/**
 * Decides who may come in. Called with the mechanism, for PLAIN with user name and password, for OAUTHBEARER and XOAUTH2 with
 * the token, and the user name that the peer says it is for, which may be empty and is nobody's word but the peer's, and for
 * EXTERNAL with the subject's common name of a TLS client certificate that was verified. SCRAM does not ask it.
 */
export type Authenticate = (
  mechanism: string,
  username: string,
  password: string,
  context: AuthenticationContext,
) => AuthenticationDecision | Promise<AuthenticationDecision>

/** What is kept of a user's password for that mechanism, as `makeScramCredentials` made it; undefined: there is no such user. */
export type ScramLookup = (
  mechanism: ScramMechanism,
  username: string,
  context: AuthenticationContext,
) => ScramCredentials | undefined | Promise<ScramCredentials | undefined>

export interface ScramDecoyOptions {
  /** The iterations of real users. Default: those of `makeScramCredentials`. */
  readonly iterations?: number | undefined
  /** At least 16 secret bytes. Default: random ones, so that a decoy does not outlive the listener and is no other's. */
  readonly key?: Uint8Array | undefined
}

export interface ServerSaslOptions {
  /**
   * Offered mechanisms. Default: SCRAM-SHA-256 when `scramCredentials` is given, PLAIN when `authenticate` is, ANONYMOUS when
   * neither. EXTERNAL is offered to who has shown a TLS client certificate that was verified and has a common name; so `tls`
   * needs `requestCert` and `ca`. Those that send the secret itself: see `allowCleartextSecrets`.
   */
  readonly mechanisms?: readonly string[] | undefined
  readonly authenticate?: Authenticate | undefined
  readonly scramCredentials?: ScramLookup | undefined
  /** What a user that does not exist seems to have, so that SCRAM does not tell who exists. */
  readonly scramDecoy?: ScramDecoyOptions | undefined
  /** True: PLAIN, OAUTHBEARER and XOAUTH2 are offered also where neither TLS nor the loopback protects the secret. Default false. */
  readonly allowCleartextSecrets?: boolean | undefined
  /**
   * False: a peer that starts without SASL is served too. Default: true when `authenticate` or `scramCredentials` is given, or
   * EXTERNAL without ANONYMOUS.
   */
  readonly required?: boolean | undefined
  /** The largest SASL frame that we accept, in bytes, 512 to 1 MiB. Default 16 384; a long token needs more. */
  readonly maxSaslFrameSize?: number | undefined
}

export interface ListenOptions extends EndpointOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default 0: a free one, see `Listener.port`. */
  readonly port?: number | undefined
  readonly tls?: TlsServerOptions | undefined
  readonly sasl?: ServerSaslOptions | undefined
  /** Milliseconds within which a peer must have sent its Open. Default 10 000. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Connections at a time; more are closed at once. Default 10 000. */
  readonly maxConnections?: number | undefined
  /** A peer has opened a connection. */
  readonly onConnection?: ((connection: Connection) => void) | undefined
  /** An open connection has ended; `undefined`: orderly. */
  readonly onConnectionClosed?: ((connection: Connection, error: Error | undefined) => void) | undefined
}

/** How a session is begun. */
export interface SessionOptions {
  /** Milliseconds for the peer's answer. Default 30 000. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the attach of either kind of link can say. */
export interface LinkOptions {
  /** Unique per direction between the two containers. Default: a random name. */
  readonly name?: string | undefined
  /** Shorthand for `{address}` as both source and target. */
  readonly address?: string | undefined
  readonly source?: Source | undefined
  readonly target?: Target | undefined
  readonly properties?: Readonly<Record<string, AmqpValue>> | undefined
  readonly desiredCapabilities?: readonly string[] | undefined
  /** 0 unsettled, 1 settled, 2 mixed (part 2, 2.8.2). Default 2, or what the peer asks when it attaches. */
  readonly sndSettleMode?: number | undefined
  /** 0 first, 1 second (part 2, 2.8.3). Default 0, or what the peer asks when it attaches. */
  readonly rcvSettleMode?: number | undefined
  /** The largest message that this end accepts, in bytes. Default: the connection's. */
  readonly maxMessageSize?: number | undefined
  /** Milliseconds for the peer's answer. Default 30 000. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called once when the link is gone, whoever ended it; `undefined`: we did. */
  readonly onClosed?: ((error: LinkError | undefined) => void) | undefined
}

export interface SenderOptions extends LinkOptions {
  /** Messages that may wait for credit before `submit` refuses more. Default 65 536. */
  readonly maxQueued?: number | undefined
  /** Credit went from none to some. */
  readonly onCredit?: ((sender: Sender) => void) | undefined
}

export interface ReceiverOptions extends LinkOptions {
  /** Takes each delivery, synchronously. Without it deliveries wait for the asynchronous iterator. */
  readonly onDelivery?: ((delivery: Delivery) => void) | undefined
  /** Deliveries granted and held together; returned as they are settled. 0: only `addCredit` grants. Default 100. */
  readonly creditWindow?: number | undefined
}

export const CONNECTION_DEFAULTS = Object.freeze({
  host: 'localhost',
  port: 5672,
  tlsPort: 5671,
  maxFrameSize: 65_536,
  channelMax: 32_767,
  handleMax: 4_095,
  idleTimeoutMs: 0,
  maxMessageSize: 128 * 1024 * 1024,
  connectTimeoutMs: 30_000,
  /** How long `close()` waits for the peer's Close. */
  closeTimeoutMs: 5_000,
})

export const LISTEN_DEFAULTS = Object.freeze({
  host: '127.0.0.1',
  port: 0,
  handshakeTimeoutMs: 10_000,
  maxConnections: 10_000,
})

export const LINK_DEFAULTS = Object.freeze({ timeoutMs: 30_000, creditWindow: 100, maxQueued: 65_536 })

/** Transfer frames that a peer may send before we give it more session window (part 2, 2.5.6). */
export const SESSION_WINDOW = 8_192

/** The specification's own limit of a SASL frame is `specified` (part 5, 5.3.1). */
export const SASL_FRAME_SIZE = Object.freeze({ specified: 512, accepted: 16_384, largest: 1_048_576 })

/** The largest frame that is taken before the peer's Open: nobody who has said nothing yet has more memory set aside. */
export const MAX_OPENING_FRAME = 65_536

/** Our frames are never larger, whatever the peer takes: senders take turns by frames. */
export const MAX_OUTGOING_FRAME = 65_536

/** Bytes encoded or handed to the socket and not yet taken by the peer, beyond which nothing more is encoded ahead. */
export const OUTPUT_HIGH_WATER = 256 * 1024

/**
 * Bytes that wait for a peer that does not read, beyond which it is given up. Transfers, credit and settlements stop at
 * OUTPUT_HIGH_WATER; only answers that the peer itself provokes (to echo, attach, begin) can come up to this.
 */
export const OUTPUT_LIMIT = 8 * 1024 * 1024
