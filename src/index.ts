// The public API. What is not named here may change at any time.

export { createTransport, OPTION_TABLES, type TransportOptions } from './drivers.ts'
export { type DrainOptions, type DrainReport, drainOnSignal } from './messaging/drain-on-signal.ts'
export type { Driver, DriverFeatures, SendOptions } from './messaging/driver.ts'
export {
  ConfigFileError,
  DriverClosedError,
  DriverLoadFailureError,
  InvalidArgumentError,
  InvalidTargetError,
  InvalidTransportUrlError,
  InvalidVersionError,
  MalformedMessageError,
  MessageDeliveryFailureError,
  MessagingError,
  MessagingTimeoutError,
  NotSupportedError,
  type OsloClass,
} from './messaging/errors.ts'
export type { OsloError } from './messaging/failure.ts'
export { decodeJson, encodeJson, JsonFloat } from './messaging/json.ts'
export type { MessageServerOptions, StopOptions, StopReport } from './messaging/message-server.ts'
export {
  type AllowedRemoteErrors,
  RemoteError,
  type RemoteErrorClass,
  type RemoteErrorDetails,
} from './messaging/remote-errors.ts'
export { NoOpSerializer, type SerializedContext, type Serializer } from './messaging/serializer.ts'
export type { Target } from './messaging/target.ts'
export { Transport } from './messaging/transport.ts'
export {
  formatTransportUrl,
  parseTransportUrl,
  redactedUrl,
  type TransportHost,
  type TransportUrl,
} from './messaging/transport-url.ts'
export type { BatchEndpoint, BatchedNotification, BatchMethod } from './notify/batch-endpoint.ts'
export { BatchListener, type BatchListenerOptions, listenForNotificationBatches } from './notify/batch-listener.ts'
export type { BufferOptions, WhenFull } from './notify/buffered-publishing.ts'
export {
  type CloudEvent,
  type CloudEventEndpointOptions,
  type CloudEventHandler,
  type CloudEventOptions,
  cloudEventEndpoint,
  toCloudEvent,
} from './notify/cloud-event.ts'
export {
  HANDLED,
  type NotificationEndpoint,
  type NotificationMethod,
  type NotificationResult,
  REQUEUE,
} from './notify/endpoint.ts'
export { NotificationBufferFullError, NotificationError, PoisonNotificationError } from './notify/errors.ts'
export type { NotificationEventMessage, UnpublishedNotification } from './notify/events.ts'
export { NotificationFilter, type NotificationFilterRules, type Pattern } from './notify/filter.ts'
export { listenForNotifications, NotificationListener, type NotificationListenerOptions } from './notify/listener.ts'
export type { ListeningOptions } from './notify/listening.ts'
export {
  type LogLevel,
  LogPublisher,
  type NotificationLog,
  type NotificationLogEntry,
} from './notify/log-publisher.ts'
export { type NotificationEvent, PRIORITIES, type Priority } from './notify/notification.ts'
export {
  NotificationStream,
  type NotificationStreamOptions,
  openNotificationStream,
} from './notify/notification-stream.ts'
export {
  Notifier,
  type NotifierCloseOptions,
  type NotifierOptions,
  type NotifierPublisher,
  type PublishOptions,
} from './notify/notifier.ts'
export { type PublishedNotification, type Publisher, type PublisherName, TestPublisher } from './notify/publisher.ts'
export type { PublishingReport } from './notify/publishing.ts'
export { ReceivedNotification } from './notify/received-notification.ts'
export type { RoutingConfig, RoutingRule } from './notify/routing-config.ts'
export { loadRouting } from './notify/routing-file.ts'
export type { FailedNotification, SettlingOptions } from './notify/settling.ts'
export type { OnFailure } from './notify/unpublished.ts'
export { loadOsloConfig, type OsloConfig } from './oslo-config.ts'
export type { AnyApi, ArgsOf, MethodName, ResultOf } from './rpc/api-types.ts'
export {
  type PrepareOptions,
  type RpcCallOptions,
  type RpcCastOptions,
  RpcClient,
  type RpcClientOptions,
} from './rpc/client.ts'
export {
  type AccessPolicy,
  type EndpointTarget,
  expectedErrors,
  expose,
  type RpcEndpoint,
  type RpcMethod,
} from './rpc/endpoint.ts'
export { InvalidRequestError, NoSuchMethodError, RpcVersionCapError, UnsupportedVersionError } from './rpc/errors.ts'
export type { RpcProxy } from './rpc/proxy.ts'
export type { RpcArgs } from './rpc/request.ts'
export { RpcCall } from './rpc/rpc-call.ts'
export { type FailedRequest, RpcServer, type RpcServerOptions, type ServerTarget, serveRpc } from './rpc/server.ts'
export { OptionError } from './support/options.ts'
