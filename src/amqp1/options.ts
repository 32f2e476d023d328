// The options of the AMQP 1.0 driver: oslo's group [oslo_messaging_amqp], name by name, and a few of our own.
// What each does for the user stands in its `help`; it becomes docs/reference/options.md.

import {
  boolean,
  chosenString,
  givenNames,
  integer,
  list,
  type OptionSource,
  optionalString,
  optionTable,
  type ResolvedOptions,
  resolveOptions,
  seconds,
  string,
} from '../support/options.ts'
import { PROFILE_NAMES } from './profiles.ts'

const oldGroups = ['amqp1'] as const

export const AMQP_OPTIONS = optionTable('oslo_messaging_amqp', {
  containerName: string({
    name: 'container_name',
    default: '',
    oldGroups,
    help: 'Container id of the connection; must be unique on the bus. Empty: made from host, process and a random part.',
  }),
  idleTimeoutMs: seconds({
    name: 'idle_timeout',
    default: 60,
    min: 0,
    oldGroups,
    help: 'Silence of the peer after which the connection counts as lost; half of it is advertised. 0: never.',
    deviation: 'off (0) in oslo.messaging; a dead peer behind a firewall is then never noticed.',
  }),
  trace: boolean({
    name: 'trace',
    default: false,
    oldGroups,
    help: 'Every frame as a line of text on standard error, with secrets masked. `OSLO_MESSAGING_TRACE=1` in the environment does it for all connections.',
  }),
  ssl: boolean({
    name: 'ssl',
    default: false,
    help: "TLS, with the system's certificate authorities unless `ssl_ca_file` is given.",
  }),
  sslCaFile: string({
    name: 'ssl_ca_file',
    default: '',
    oldGroups,
    help: 'PEM file of the certificate authorities to trust. Turns TLS on.',
  }),
  sslCertFile: string({
    name: 'ssl_cert_file',
    default: '',
    oldGroups,
    help: 'PEM file of the client certificate. Turns TLS on.',
  }),
  sslKeyFile: string({
    name: 'ssl_key_file',
    default: '',
    oldGroups,
    help: "PEM file of the client certificate's key.",
  }),
  sslKeyPassword: optionalString({
    name: 'ssl_key_password',
    secret: true,
    oldGroups,
    help: 'Password of the key file.',
  }),
  sslVerifyVhost: boolean({
    name: 'ssl_verify_vhost',
    default: false,
    help: 'Compare the certificate with the virtual host of the URL instead of the host name.',
    deviation: 'without a virtual host the host name is compared; oslo.messaging then compares no name at all.',
  }),
  saslMechanisms: string({
    name: 'sasl_mechanisms',
    default: '',
    oldGroups,
    help: 'SASL mechanisms allowed, separated by blanks. Empty: chosen by what the URL holds. Giving any turns SASL on.',
  }),
  saslConfigDir: string({
    name: 'sasl_config_dir',
    default: '',
    oldGroups,
    help: 'Folder of the SASL configuration.',
    inert: 'it belongs to the Cyrus SASL library, which is not used here; nothing replaces it, and nothing needs it.',
  }),
  saslConfigName: string({
    name: 'sasl_config_name',
    default: '',
    oldGroups,
    help: 'Name of the SASL configuration file.',
    inert: 'it belongs to the Cyrus SASL library, which is not used here; nothing replaces it, and nothing needs it.',
  }),
  saslDefaultRealm: string({
    name: 'sasl_default_realm',
    default: '',
    help: 'Realm appended (`user@realm`) to user names without an `@`.',
  }),
  connectionRetryIntervalMs: seconds({
    name: 'connection_retry_interval',
    default: 1,
    min: 1,
    help: 'Delay before the first reconnect.',
  }),
  connectionRetryBackoff: integer({
    name: 'connection_retry_backoff',
    default: 2,
    min: 0,
    help: 'What the delay is multiplied by after each failed attempt.',
  }),
  connectionRetryIntervalMaxMs: seconds({
    name: 'connection_retry_interval_max',
    default: 30,
    min: 1,
    help: 'The longest delay between reconnects.',
  }),
  linkRetryDelayMs: seconds({
    name: 'link_retry_delay',
    default: 10,
    min: 1,
    help: 'Delay before a refused or closed link is attached again, and before a released message is sent again.',
    deviation:
      'a released message whose retries have no limit (the default) goes again after 50 ms, then 100, 200 and so on up to this.',
  }),
  defaultReplyRetry: integer({
    name: 'default_reply_retry',
    default: 0,
    min: -1,
    help: 'How often a reply that could not be sent is tried again. -1: without limit.',
  }),
  defaultReplyTimeoutMs: seconds({
    name: 'default_reply_timeout',
    default: 30,
    min: 5,
    help: 'Time within which a reply must have left.',
  }),
  defaultSendTimeoutMs: seconds({
    name: 'default_send_timeout',
    default: 30,
    min: 5,
    help: 'Time within which a cast must have left or been accepted.',
  }),
  defaultNotifyTimeoutMs: seconds({
    name: 'default_notify_timeout',
    default: 30,
    min: 5,
    help: 'Time within which a notification must have been accepted.',
  }),
  defaultSenderLinkTimeoutMs: seconds({
    name: 'default_sender_link_timeout',
    default: 600,
    min: 1,
    help: 'How long a sending link may be idle before it is detached.',
  }),
  senderLinkLimit: integer({
    name: 'sender_link_limit',
    default: 1000,
    min: 1,
    own: true,
    help: 'Sending links kept at a time; beyond it the least recently used idle one is detached.',
  }),
  profile: chosenString({
    name: 'profile',
    own: true,
    choices: PROFILE_NAMES,
    help: 'Which kind of peer it is, as to addresses, reply queues and what it needs to be told. Not given: chosen by what the peer says of itself.',
  }),
  addressingMode: string({
    name: 'addressing_mode',
    default: 'dynamic',
    choices: ['legacy', 'routable', 'dynamic'],
    help: 'Address syntax: `legacy` for brokers with patterns, `routable` for routers, `dynamic` by the product that the peer names itself.',
    deviation: 'oslo.messaging takes any other text for `routable`.',
  }),
  addressSeparator: optionalString({
    name: 'address_separator',
    own: true,
    help: 'What stands between an address prefix and the name, instead of `.` (legacy) or `/` (routable); `none`: nothing, for prefixes like `/queues/`.',
  }),
  addressEncoding: chosenString({
    name: 'address_encoding',
    own: true,
    choices: ['none', 'percent'],
    help: 'Legacy only: how the name behind a prefix is written; `percent` as in a URL (RFC 3986). Not given: as the kind of peer wants it, mostly as it is.',
  }),
  queueCapabilities: list({
    name: 'queue_capabilities',
    own: true,
    default: [],
    help: 'Capabilities asked of nodes that give each message to one consumer (requests; notifications, but where the kind of peer has some for those), as `queue`. Not given: as the kind of peer wants it.',
  }),
  topicCapabilities: list({
    name: 'topic_capabilities',
    own: true,
    default: [],
    help: 'Capabilities asked of nodes that give each message to all consumers (fan-out), as `topic`. Not given: as the kind of peer wants it.',
  }),
  replyAddress: optionalString({
    name: 'reply_address',
    own: true,
    help: 'Where replies are received from a peer that gives no addresses of its own; `{id}` stands for a text that no other client has, as in `/queue/reply.{id}`. Without `{id}` one client alone can use it.',
  }),
  replyToAddress: optionalString({
    name: 'reply_to_address',
    own: true,
    help: 'The same address as servers are to write it, with `{id}` where `reply_address` has it. Default: `reply_address`.',
  }),
  replyCapabilities: list({
    name: 'reply_capabilities',
    own: true,
    default: [],
    help: 'Capabilities asked of a reply address that the peer gives, as `temporary-queue`.',
  }),
  cbsToken: optionalString({
    name: 'cbs_token',
    own: true,
    secret: true,
    help: 'With `profile=service-bus` only: a SAS token (`SharedAccessSignature …`) or JSON web token, shown for each entity at `$cbs` (claims-based security) where the URL has no user and password. When it ends a transport with a new one is needed.',
  }),
  pseudoVhost: boolean({
    name: 'pseudo_vhost',
    default: true,
    help: "The URL's virtual host becomes part of every address; false: it goes into the hostname of the Open frame.",
  }),
  serverRequestPrefix: string({
    name: 'server_request_prefix',
    default: 'exclusive',
    oldGroups,
    help: 'Legacy prefix of the address of one server.',
  }),
  broadcastPrefix: string({
    name: 'broadcast_prefix',
    default: 'broadcast',
    oldGroups,
    help: 'Legacy prefix of the address of all servers.',
  }),
  groupRequestPrefix: string({
    name: 'group_request_prefix',
    default: 'unicast',
    oldGroups,
    help: 'Legacy prefix of the address of any server of a group.',
  }),
  rpcAddressPrefix: string({
    name: 'rpc_address_prefix',
    default: 'openstack.org/om/rpc',
    help: 'Routable prefix of RPC.',
  }),
  notifyAddressPrefix: string({
    name: 'notify_address_prefix',
    default: 'openstack.org/om/notify',
    help: 'Routable prefix of notifications.',
  }),
  multicastAddress: string({ name: 'multicast_address', default: 'multicast', help: 'Routable word for all servers.' }),
  unicastAddress: string({ name: 'unicast_address', default: 'unicast', help: 'Routable word for one server.' }),
  anycastAddress: string({
    name: 'anycast_address',
    default: 'anycast',
    help: 'Routable word for any server of a group.',
  }),
  defaultNotificationExchange: optionalString({
    name: 'default_notification_exchange',
    help: 'Routable only: exchange of notifications. Default: the control exchange.',
  }),
  defaultRpcExchange: optionalString({
    name: 'default_rpc_exchange',
    help: 'Routable only: exchange of RPC targets that name none. Default: the control exchange.',
  }),
  distributionMode: string({
    name: 'distribution_mode',
    default: 'specification',
    choices: ['specification', 'none'],
    own: true,
    help: "Distribution mode of a server's links: `specification` says move, copy, move (one, all, any); `none` leaves it out, as oslo.messaging does.",
  }),
  replyLinkCredit: integer({
    name: 'reply_link_credit',
    default: 200,
    min: 1,
    help: 'Credit of the reply link; more is granted while more calls wait.',
  }),
  rpcServerCredit: integer({
    name: 'rpc_server_credit',
    default: 100,
    min: 1,
    help: 'Requests per link that an RPC server holds, running or not.',
  }),
  notifyServerCredit: integer({
    name: 'notify_server_credit',
    default: 100,
    min: 1,
    help: 'Notifications per link that a listener holds.',
  }),
  poolExpiryMs: seconds({
    name: 'pool_expiry',
    default: 86_400,
    min: 0,
    max: 0xffff_ffff,
    own: true,
    help: 'How long the bus keeps a pool of notification listeners, and what is in it, when none of them is there. The embedded router: 30 days at most; RabbitMQ 4: from 60 s to 49.7 days. Broker-J: the lifetime of each message of the pool, 60 s at least.',
  }),
  preSettled: list({
    name: 'pre_settled',
    default: ['rpc-cast', 'rpc-reply'],
    choices: ['rpc-call', 'rpc-reply', 'rpc-cast', 'notify'],
    repeated: true,
    help: 'What is sent settled, so unacknowledged. In a URL separated by commas.',
    deviation:
      'where it is not given, casts to a group or a server go unsettled to products known to drop settled messages (qpid-dispatch-router, skupper-router).',
  }),
})

export type AmqpOptions = ResolvedOptions<typeof AMQP_OPTIONS> & {
  /** Whether `pre_settled` was said, or is only the default (which then yields to what the peer is known to do). */
  readonly preSettledGiven: boolean
}

/** The options that follow from the sources, a later one winning. Throws OptionError. */
export function resolveAmqpOptions(sources: readonly OptionSource[]): AmqpOptions {
  return Object.freeze({
    ...resolveOptions(AMQP_OPTIONS, sources),
    preSettledGiven: givenNames(sources).has('pre_settled'),
  })
}
