// What can be said about a connection, a session and a link. Defaults stand here and nowhere else.

import type { ConnectionOptions as TlsClientOptions, TlsOptions as TlsServerOptions } from 'node:tls'
import type { Source, Target } from '../codec/terminus.ts'
import type { AmqpValue } from '../codec/types.ts'
import type { Authenticate, ScramLookup } from './authentication.ts'
import type { Connection } from './connection.ts'
import type { Delivery } from './delivery.ts'
import type { LinkError } from './errors.ts'
import type { LinkRequest } from './link-request.ts'
import type { RefusedConnection } from './refused-connection.ts'
import type { Sender } from './sender.ts'
import type { Session } from './session.ts'
import type { WebSocketConnectOptions, WebSocketListenOptions } from './web-socket-options.ts'

/**
 * How much a connection believes and holds, whatever its peer does. What goes beyond ends the link, session or connection
 * that did it, with the condition that the specification has for it; nothing is allocated for what a peer only claims.
 */
export interface LimitOptions {
  /** The largest frame that we accept, in bytes. At least 512. Default 65 536. */
  readonly maxFrameSize?: number | undefined
  /** The largest message that we accept, in bytes; a link may say less. 0: any. Default 128 MiB. */
  readonly maxMessageSize?: number | undefined
  /** Memory for messages whose last frame is not there yet, in bytes, over all links. Default twice `maxMessageSize`. */
  readonly maxIncomplete?: number | undefined
  /**
   * Memory for what the peer says about its sessions and links (Begin and Attach), in bytes over all that are there: about what it
   * takes here, as an empty list is one byte in a frame. Default 16 MiB.
   */
  readonly maxDescriptions?: number | undefined
  /** The highest channel number in use, so one less than the number of sessions. Default 4 095. */
  readonly channelMax?: number | undefined
  /** Links per session, less one. Default 4 095. */
  readonly handleMax?: number | undefined
  /** Links that the peer may attach over all sessions; more are refused, twice as many end the connection. Default 16 384. */
  readonly maxLinks?: number | undefined
  /** Transfer frames that the peer may send on a session before we give it more window (part 2, 2.5.6). Default 8 192. */
  readonly incomingWindow?: number | undefined
  /** How deep received lists, maps, arrays and described values may be nested. Default 32. */
  readonly maxDepth?: number | undefined
  /** The longest string or symbol that is decoded, in bytes. Default 128 MiB. */
  readonly maxStringLength?: number | undefined
  /** Array elements without bytes of their own (null, true, empty list) that one frame or section may claim. Default 65 536. */
  readonly maxZeroWidthElements?: number | undefined
  /**
   * Items that the lists, maps and arrays of one frame's performative may have together, whatever they are nested in: a map of
   * numbers that were chosen for it takes the square of their count to read. The sections of messages have no such limit. Default 1 024.
   */
  readonly maxItems?: number | undefined
  /** Bytes encoded or with the socket and not yet taken by the peer, beyond which nothing more is encoded ahead. Default 256 KiB. */
  readonly sendBuffer?: number | undefined
  /**
   * Bytes that wait for a peer that does not read, beyond which it is given up. Transfers, credit and settlements stop at
   * `sendBuffer`; only answers that the peer itself provokes can come up to this. Default 8 MiB.
   */
  readonly maxSendBuffer?: number | undefined
}

/** What both ends of a connection can say. */
export interface EndpointOptions extends LimitOptions {
  /** Who we are (Open.container-id). Default: a random name. */
  readonly containerId?: string | undefined
  /** What else the peer should know about us (Open.properties). The keys are symbols on the wire. */
  readonly properties?: Readonly<Record<string, AmqpValue>> | undefined
  /** What this end can do (Open.offered-capabilities). */
  readonly offeredCapabilities?: readonly string[] | undefined
  /** What this end would use if the peer has it (Open.desired-capabilities). */
  readonly desiredCapabilities?: readonly string[] | undefined
  /** Languages of the texts that we send, by preference (Open.outgoing-locales). Default: en-US, as the specification says. */
  readonly outgoingLocales?: readonly string[] | undefined
  /** Languages that we would like the peer's texts in, by preference (Open.incoming-locales). */
  readonly incomingLocales?: readonly string[] | undefined
  /** Milliseconds without any frame after which the peer counts as gone; half of it is advertised. 0: never. Default 0. */
  readonly idleTimeoutMs?: number | undefined
  /**
   * Every frame as a line of text, for people: true writes them to standard error, a function gets them. Secrets are masked,
   * control characters escaped, payloads only counted. Default: true when the environment has `OSLO_MESSAGING_TRACE=1`.
   */
  readonly trace?: boolean | ((line: string) => void) | undefined
  /**
   * The peer attaches a link: accept or refuse it, at once or later. When it throws or rejects before it has, the link is
   * refused with `amqp:internal-error`. Default: every such link is refused with `amqp:not-allowed`.
   */
  readonly onLink?: ((request: LinkRequest) => void) | undefined
  /** The peer has begun a session, which is open by now; who does not want it ends it. */
  readonly onSession?: ((session: Session) => void) | undefined
}

/**
 * Gives a token, e.g. one of OAuth 2; asked for each connection anew. `signal` aborts when the connection is given up, and what
 * comes after that counts no more.
 */
export type TokenSource = (signal: AbortSignal) => string | Promise<string>

/** How a client shows who it is. `{}` is SASL too: ANONYMOUS, or EXTERNAL with a TLS client certificate. */
export interface ClientSaslOptions {
  /**
   * Allowed mechanisms, e.g. `['EXTERNAL']`; of those that the peer offers too the strongest is used. Default: OAUTHBEARER and
   * XOAUTH2 with a token, SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1 and PLAIN with a user name, else EXTERNAL with a TLS client
   * certificate, else ANONYMOUS. With a token PLAIN is used by name only, and sends the token in the place of the password.
   */
  readonly mechanisms?: readonly string[] | undefined
  /** Who we are, for SCRAM and PLAIN; with a token, whose it is; with ANONYMOUS what the peer may write into its log. */
  readonly username?: string | undefined
  /** For SCRAM, which does not send it, and for PLAIN, which sends it as it is. Never in an error, a log or the trace. */
  readonly password?: string | undefined
  /** Gives the token for OAUTHBEARER and XOAUTH2. Default: none. */
  readonly token?: TokenSource | undefined
  /**
   * Whether PLAIN, OAUTHBEARER and XOAUTH2, which send the secret itself, may do so over a connection that is neither TLS nor
   * within this machine. Default: yes, with a process warning for each host. True: without one. False: they are not used.
   */
  readonly allowCleartextSecrets?: boolean | undefined
  /** The largest SASL frame that we accept, in bytes, 512 to 1 MiB. Default 16 384. */
  readonly maxSaslFrameSize?: number | undefined
}

/** What `connect` takes. */
export interface ConnectOptions extends EndpointOptions {
  /** Name or address of the peer. Default `localhost`. */
  readonly host?: string | undefined
  /** TCP port of the peer. Default 5672, with TLS 5671. */
  readonly port?: number | undefined
  /** TLS from the first byte; an object goes to `tls.connect`, as `ca`, `cert` and `key`. Default: plain TCP. */
  readonly tls?: boolean | TlsClientOptions | undefined
  /**
   * AMQP over WebSocket, by its url: `ws://host:port/path`, or `wss://` with TLS, for which `tls` may say more. It takes the place
   * of `host` and `port`. Needs the package ws, or the WebSocket that Node 22 has, which knows no options of TLS. Default: plain TCP.
   */
  readonly webSocket?: string | URL | WebSocketConnectOptions | undefined
  /** Who we are. Default: no SASL at first, and SASL ANONYMOUS when the peer insists on SASL or closes without an answer. */
  readonly sasl?: ClientSaslOptions | undefined
  /** The virtual host that is meant (Open.hostname, and that of SASL). Default: not said. */
  readonly hostname?: string | undefined
  /** Milliseconds for TCP, TLS, WebSocket, SASL and the Open exchange together. Default 30 000. */
  readonly connectTimeoutMs?: number | undefined
  /** Gives the attempt up; `connect` rejects with its reason. Once open, the connection does not heed it. */
  readonly signal?: AbortSignal | undefined
}

export interface ScramDecoyOptions {
  /** The iterations of real users. Default: those of `makeScramCredentials`. */
  readonly iterations?: number | undefined
  /** At least 16 secret bytes. Default: random ones, so that a decoy does not outlive the listener and is no other's. */
  readonly key?: Uint8Array | undefined
}

/** Whom a listener lets in. Without `authenticate` everybody, with or without SASL. */
export interface ServerSaslOptions {
  /**
   * Offered mechanisms. Default: SCRAM-SHA-256 when `scramCredentials` is given, PLAIN when `authenticate` is, ANONYMOUS when
   * neither. EXTERNAL is offered to who has shown a TLS client certificate that was verified and has a common name; so `tls`
   * needs `requestCert` and `ca`. Those that send the secret itself: see `allowCleartextSecrets`.
   */
  readonly mechanisms?: readonly string[] | undefined
  /**
   * Decides who may come in; may take its time, which counts as `handshakeTimeoutMs`. One that throws or rejects lets nobody in
   * and is reported as a defect. Default: PLAIN lets nobody in, every other mechanism everybody.
   */
  readonly authenticate?: Authenticate | undefined
  /** Finds what is kept of a user's password, for the SCRAM mechanisms; may take its time. Default: no SCRAM. */
  readonly scramCredentials?: ScramLookup | undefined
  /** What a user that does not exist seems to have, so that SCRAM does not tell who exists. Default: made of random bytes. */
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

/** What `listen` takes. */
export interface ListenOptions extends EndpointOptions {
  /** Address of this machine to listen on; `::` or `0.0.0.0`: all of them. Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** TCP port. Default 0: a free one, see `Listener.port`. */
  readonly port?: number | undefined
  /** TLS from the first byte: goes to `tls.createServer`, as `cert` and `key`. Default: plain TCP. */
  readonly tls?: TlsServerOptions | undefined
  /** Serves AMQP over WebSocket on its port and nothing else, with `tls` as wss. Needs the package ws. Default false. */
  readonly webSocket?: boolean | WebSocketListenOptions | undefined
  /** Who may come in. Default: everybody, with SASL ANONYMOUS or without SASL. */
  readonly sasl?: ServerSaslOptions | undefined
  /** Milliseconds within which a peer must have sent its Open (SASL counts), and before it as many for TLS and for the upgrade to WebSocket. Default 10 000. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Connections at a time; more are closed at once. Default 10 000. */
  readonly maxConnections?: number | undefined
  /** A peer has opened a connection: it may be used at once. */
  readonly onConnection?: ((connection: Connection) => void) | undefined
  /**
   * An open connection has ended, for what `Connection.closed` resolves with: undefined when it was closed here. When the peer
   * has closed it in order, the error has the origin `remote` and no condition.
   */
  readonly onConnectionClosed?: ((connection: Connection, error: Error | undefined) => void) | undefined
  /** A peer has not come in: there were too many, TLS or SASL failed, or it did not open its connection. */
  readonly onRefused?: ((refused: RefusedConnection) => void) | undefined
}

/** How a session is begun. */
export interface SessionOptions {
  /** The number of our first transfer, and of our first delivery: serial numbers, which wrap (part 2, 2.5.6). Default 0. */
  readonly initialOutgoingId?: number | undefined
  /** What the peer should know about the session (Begin.properties). */
  readonly properties?: Readonly<Record<string, AmqpValue>> | undefined
  /** What this end can do on the session (Begin.offered-capabilities). */
  readonly offeredCapabilities?: readonly string[] | undefined
  /** What this end would use if the peer has it (Begin.desired-capabilities). */
  readonly desiredCapabilities?: readonly string[] | undefined
  /** Milliseconds for the peer's answer. Default 30 000. */
  readonly timeoutMs?: number | undefined
  /** Takes the Begin back; `openSession` rejects with its reason. Later it has no effect. */
  readonly signal?: AbortSignal | undefined
}

/** What the attach of either kind of link can say. */
export interface LinkOptions {
  /** Unique per direction between the two containers. An accepted link has the name that the peer gave it. Default: a random name. */
  readonly name?: string | undefined
  /** The node that is meant: shorthand for `{ address }` as both source and target. */
  readonly address?: string | undefined
  /** Where messages come from. Default: what `address` says; of an accepted link, what the peer named. */
  readonly source?: Source | undefined
  /** Where messages go. Default: what `address` says; of an accepted link, what the peer named. */
  readonly target?: Target | undefined
  /** What the peer should know about the link (Attach.properties). */
  readonly properties?: Readonly<Record<string, AmqpValue>> | undefined
  /** What this end can do on the link (Attach.offered-capabilities). */
  readonly offeredCapabilities?: readonly string[] | undefined
  /** What this end would use if the peer has it (Attach.desired-capabilities). */
  readonly desiredCapabilities?: readonly string[] | undefined
  /** How the sender sends: 0 unsettled, 1 settled, 2 either (part 2, 2.8.2). Default 2, or what the peer asks when it attaches. */
  readonly sndSettleMode?: number | undefined
  /** Who settles first: 0 the receiver, 1 the sender, once it has the outcome (part 2, 2.8.3). Default 0, or what the peer asks when it attaches. */
  readonly rcvSettleMode?: number | undefined
  /** The largest message that this end accepts, in bytes. 0: any. Default: the connection's. */
  readonly maxMessageSize?: number | undefined
  /** Milliseconds for the peer's answer; of no use when a link is accepted. Default 30 000. */
  readonly timeoutMs?: number | undefined
  /** Takes the attach back; it rejects with the signal's reason. Later, and when a link is accepted, it has no effect. */
  readonly signal?: AbortSignal | undefined
  /** Called once when the link is gone, whoever ended it; `undefined`: it was detached here. */
  readonly onClosed?: ((error: LinkError | undefined) => void) | undefined
}

/** What a link on which we send can say besides. */
export interface SenderOptions extends LinkOptions {
  /** Messages that may wait for credit before `submit` refuses more. Default 65 536. */
  readonly maxQueued?: number | undefined
  /** Messages sent and not yet settled by the peer, beyond which the next ones wait whatever the credit. Default 65 536. */
  readonly maxUnsettled?: number | undefined
  /** Where our count of deliveries begins: a serial number, which wraps (part 2, 2.6.7). Default 0. */
  readonly initialDeliveryCount?: number | undefined
  /** Credit went from none to some: what is ready may be sent here, at once. */
  readonly onCredit?: ((sender: Sender) => void) | undefined
}

/** What a link on which we receive can say besides. */
export interface ReceiverOptions extends LinkOptions {
  /**
   * Takes each delivery, within the turn in which its last frame came. What it throws, or rejects with, is reported as a defect
   * and settles nothing. Default: deliveries wait for the asynchronous iterator.
   */
  readonly onDelivery?: ((delivery: Delivery) => void) | undefined
  /** Deliveries granted and held together: credit comes back as they are settled. 0: only `addCredit` grants. Default 100. */
  readonly creditWindow?: number | undefined
  /**
   * Messages without credit that are taken all the same between one grant and the next, for peers that are known to count wrong
   * (RabbitMQ before 4). Default 0: the first one ends the link, as the specification says (2.6.7).
   */
  readonly overdraft?: number | undefined
}

export const CONNECTION_DEFAULTS = Object.freeze({
  host: 'localhost',
  port: 5672,
  tlsPort: 5671,
  idleTimeoutMs: 0,
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

export const LINK_DEFAULTS = Object.freeze({
  timeoutMs: 30_000,
  creditWindow: 100,
  maxQueued: 65_536,
  maxUnsettled: 65_536,
})

/** The specification's own limit of a SASL frame is `specified` (part 5, 5.3.1). */
export const SASL_FRAME_SIZE = Object.freeze({ specified: 512, accepted: 16_384, largest: 1_048_576 })

/** The largest frame that is taken before the peer's Open: nobody who has said nothing yet has more memory set aside. */
export const MAX_OPENING_FRAME = 65_536

/** Our frames are never larger, whatever the peer takes: senders take turns by frames. */
export const MAX_OUTGOING_FRAME = 65_536
