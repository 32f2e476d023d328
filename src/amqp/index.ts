/**
 * AMQP 1.0 for Node.js: connections, sessions and links, as client and as listener, over TCP, TLS and WebSocket. Needs nothing
 * outside Node, the package ws for WebSocket apart, and knows nothing of RPC or notifications.
 *
 * @module
 */

export type { DeliveryState, ErrorCondition, Outcome } from '../codec/delivery-state.ts'
export { ACCEPTED, RELEASED } from '../codec/delivery-state.ts'
export { CodecError, DecodeError, EncodeError, FramingError } from '../codec/errors.ts'
export type { SplitMessage } from '../codec/message-splicer.ts'
export { MessageSplicer } from '../codec/message-splicer.ts'
export type { Body, Header, Message, MessageId, Properties } from '../codec/sections.ts'
export { EncodedMessage } from '../codec/sections.ts'
export type { Coordinator, Source, Target } from '../codec/terminus.ts'
export type { AmqpType, AmqpValue } from '../codec/types.ts'
export { AmqpArray, AmqpSymbol, Char, Decimal, Described, symbol, Typed, typed, Uuid } from '../codec/types.ts'
export type {
  AdmittedAs,
  Authenticate,
  AuthenticationContext,
  AuthenticationDecision,
  RefusedWith,
  ScramLookup,
  TryLater,
} from './authentication.ts'
export { connect } from './connect.ts'
export type { Connection } from './connection.ts'
export type { CertificateFacts, ConnectionSecurity, SaslFacts, TlsFacts } from './connection-security.ts'
export { Delivery } from './delivery.ts'
export type { AmqpErrorDetails, ErrorOrigin, ViolationScope } from './errors.ts'
export {
  AmqpError,
  ConnectionError,
  describeCondition,
  LinkError,
  printable,
  SaslError,
  SendError,
  SessionError,
} from './errors.ts'
export type {
  AmqpBackpressureEvent,
  AmqpConnectionEvent,
  AmqpLinkEvent,
  AmqpSessionEvent,
  AmqpViolationEvent,
} from './events.ts'
export type { Link } from './link.ts'
export type { LinkPair, LinkPairOptions } from './link-pair.ts'
export { attachLinkPair } from './link-pair.ts'
export type { LinkRequest } from './link-request.ts'
export { Listener, listen } from './listener.ts'
export type {
  ClientSaslOptions,
  ConnectOptions,
  EndpointOptions,
  LimitOptions,
  LinkOptions,
  ListenOptions,
  ReceiverOptions,
  ScramDecoyOptions,
  SenderOptions,
  ServerSaslOptions,
  SessionOptions,
  TokenSource,
} from './options.ts'
export { Receiver } from './receiver.ts'
export type { Redirect } from './redirect.ts'
export { redirectOf } from './redirect.ts'
export type { RefusedConnection } from './refused-connection.ts'
export type { RemoteBegin } from './remote-begin.ts'
export type { RemoteOpen } from './remote-open.ts'
export type { ScramMechanism } from './scram.ts'
export type { ScramCredentials, ScramCredentialsOptions } from './scram-credentials.ts'
export { makeScramCredentials } from './scram-credentials.ts'
export type { SendOptions } from './send.ts'
export { Sender } from './sender.ts'
export type { Session } from './session.ts'
export type { SendHandler, Submission, SubmitOptions } from './submission.ts'
export type { WebSocketConnectOptions, WebSocketListenOptions } from './web-socket-options.ts'
