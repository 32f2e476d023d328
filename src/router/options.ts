// What can be said about a router. Defaults stand here and nowhere else.

import { createRequire } from 'node:module'
import { createSecureContext } from 'node:tls'
import type { LimitOptions, ListenOptions, ServerSaslOptions } from '../amqp/index.ts'
import { LIMIT_DEFAULTS } from '../amqp/limits.ts'
import { LISTEN_DEFAULTS } from '../amqp/options.ts'
import { isLoopback } from '../support/loopback.ts'
import type { AddressRule } from './address-rule.ts'
import type { Distribution } from './distribution.ts'
import { checkDistribution } from './distribution.ts'
import { DistributionRules } from './distribution-rules.ts'
import { RouterOptionsError, UnprotectedRouterError } from './errors.ts'
import type { RouterLogEntry, RouterLogLevel } from './log-entry.ts'
import type { Manner } from './manner.ts'
import type { MannerName } from './manners.ts'
import { mannerOf } from './manners.ts'
import type { MetricsOptions, ResolvedMetricsOptions } from './metrics-options.ts'
import { resolveMetricsOptions } from './metrics-options.ts'
import { checkRouterOptions, LIMIT_OPTION_NAMES } from './option-checks.ts'
import { OWN_MANNER } from './own-manner.ts'
import type { QueuesOptions, ResolvedQueuesOptions } from './queue-options.ts'
import { resolveQueuesOptions } from './queue-options.ts'
import { saslBesideUsers } from './users-mechanisms.ts'

/** Besides the limits of one connection, which are those of the AMQP layer. */
export interface RouterOptions extends LimitOptions {
  /** Where to listen. Default `127.0.0.1`. Beyond the loopback only with authentication, see `allowAnonymous`. */
  readonly host?: string | undefined
  /** Default 0: a free one, see `Router.port`. */
  readonly port?: number | undefined
  /** What the router calls itself (Open.container-id), and part of every dynamic address. Default: a random name. */
  readonly containerId?: string | undefined
  /**
   * Whose manners it has, for tests of what has to work with others: which nodes there are and how they are named, what becomes
   * of messages that nobody takes, what the Open says. Those of brokers take no `rules`. Default: its own.
   */
  readonly as?: MannerName | undefined
  /** Open.properties `product`, by which clients know what they talk to. Default `oslo-messaging-router`, or as the manner's. */
  readonly product?: string | undefined
  /** Open.properties `version`. Default: this package's. */
  readonly version?: string | undefined
  /** Before the default rules, which serve the address syntaxes of oslo.messaging. The most specific one wins. */
  readonly rules?: readonly AddressRule[] | undefined
  /** For addresses without a rule. Default `balanced`. */
  readonly defaultDistribution?: Distribution | undefined
  /**
   * Further names of this router. A client names the virtual host that it means in Open.hostname; many put the host there
   * that they connect to. No name, `localhost`, an IP address, `host` and these all mean the default virtual host; any other
   * name is a virtual host of its own, and no message goes from one to another. Default: none.
   */
  readonly hostnames?: readonly string[] | undefined
  /** Server side of TLS: certificate and key; with `requestCert` and `ca` clients have to show one too. */
  readonly tls?: ListenOptions['tls']
  /**
   * Who may come in. Default: everybody, with or without SASL ANONYMOUS. Beyond the loopback passwords and tokens need `tls`,
   * SCRAM, or `allowCleartextSecrets`.
   */
  readonly sasl?: ListenOptions['sasl']
  /**
   * The path of a users file, as `omsg passwd` writes it: only they come in, by SCRAM, by PLAIN where TLS or the loopback protects
   * the password, and by EXTERNAL where `tls` asks for certificates; and each may do what its access rules say. It is read once, at
   * the start. `sasl` may then only name fewer `mechanisms` and limits. Default: none.
   */
  readonly users?: string | undefined
  /** Lets it listen beyond the loopback although everybody may come in. Default false. */
  readonly allowAnonymous?: boolean | undefined
  /** Milliseconds of silence after which a peer counts as gone. 0: never. Default 60 000. */
  readonly idleTimeoutMs?: number | undefined
  /** Milliseconds within which a peer must have opened its connection. Default 10 000. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Connections at a time; more are closed at once. Default 10 000. */
  readonly maxConnections?: number | undefined
  /** Addresses in use at a time, of all virtual hosts; links to others are refused. Default 100 000. */
  readonly maxAddresses?: number | undefined
  /**
   * Messages of one connection that are granted to its senders, held for a consumer or not settled yet, at a time; shared
   * among its senders. Default 65 536.
   */
  readonly maxUnsettled?: number | undefined
  /** The same in bytes: beyond its share a sender gets no more credit. Default 256 MiB. */
  readonly maxUnsettledBytes?: number | undefined
  /** Limits of queues, and what becomes of messages that nobody takes. */
  readonly queues?: QueuesOptions | undefined
  /**
   * The directory in which queues keep their messages, so that they outlive the router. It is made when it is not there; one
   * router at a time uses it. Needs the package `classic-level`. Default: none, the messages end with the router.
   */
  readonly store?: string | undefined
  /**
   * Pre-settled messages of consumers without credit are thrown away beyond a few (250 for an address, and all but one of them
   * when there would be more), and producers get credit all the same: as Qpid Dispatch Router does, for trying what becomes of
   * an application there. Queues are not concerned. They are counted (`droppedForSlow`). Default false.
   */
  readonly dropSettledOfSlow?: boolean | undefined
  /** Milliseconds that `close()` waits for messages in flight. Default 1 000. */
  readonly drainTimeoutMs?: number | undefined
  /** Counters and health over HTTP. Default: none. */
  readonly metrics?: MetricsOptions | undefined
  /** Is called with what happens, an entry at a time, in the middle of the work: it should be short. Default: nothing is logged. */
  readonly log?: ((entry: RouterLogEntry) => unknown) | undefined
  /** Entries that are less urgent are not made. Default `info`. */
  readonly logLevel?: RouterLogLevel | undefined
}

/** What holds where an option is not given; limits that are not among them follow from others. */
export const ROUTER_DEFAULTS = Object.freeze({
  ...LIMIT_DEFAULTS,
  ...LISTEN_DEFAULTS,
  product: OWN_MANNER.product,
  defaultDistribution: 'balanced' satisfies Distribution,
  idleTimeoutMs: OWN_MANNER.listen.idleTimeoutMs as number,
  maxAddresses: 100_000,
  maxUnsettled: 65_536,
  maxUnsettledBytes: 256 * 1024 * 1024,
  drainTimeoutMs: 1_000,
  dropSettledOfSlow: false,
  logLevel: 'info' satisfies RouterLogLevel,
})

/** Checked, with defaults filled in. */
export interface ResolvedRouterOptions {
  readonly listen: ListenOptions
  readonly manner: Manner
  readonly rules: DistributionRules
  readonly hostnames: readonly string[]
  readonly maxAddresses: number
  readonly maxUnsettled: number
  readonly maxUnsettledBytes: number
  readonly drainTimeoutMs: number
  readonly dropSettledOfSlow: boolean
  readonly queues: ResolvedQueuesOptions
  readonly store: string | undefined
  /** The users file, still to be read. */
  readonly users: string | undefined
  readonly version: string
  readonly metrics: ResolvedMetricsOptions | undefined
  readonly log: ((entry: RouterLogEntry) => unknown) | undefined
  readonly logLevel: RouterLogLevel
}

/** @throws RouterOptionsError, UnprotectedRouterError */
export function resolveRouterOptions(options: RouterOptions, containerId: string): ResolvedRouterOptions {
  checkRouterOptions(options)
  const host = options.host ?? ROUTER_DEFAULTS.host
  if (!isLoopback(host) && !options.allowAnonymous && !authenticates(options)) {
    throw new UnprotectedRouterError(
      `${host} can be reached by others and anybody would be let in: give \`users\`, \`sasl\` with \`authenticate\` or ` +
        '`scramCredentials`, or `tls` with `requestCert`, or say `allowAnonymous: true`',
    )
  }
  checkSecrets(options)
  return Object.freeze({
    listen: listenOptions(options, host, containerId),
    manner: mannerOf(options.as),
    rules: rulesOf(options),
    hostnames: Object.freeze([host, ...(options.hostnames ?? [])]),
    maxAddresses: options.maxAddresses ?? ROUTER_DEFAULTS.maxAddresses,
    maxUnsettled: options.maxUnsettled ?? ROUTER_DEFAULTS.maxUnsettled,
    maxUnsettledBytes: options.maxUnsettledBytes ?? ROUTER_DEFAULTS.maxUnsettledBytes,
    drainTimeoutMs: options.drainTimeoutMs ?? ROUTER_DEFAULTS.drainTimeoutMs,
    dropSettledOfSlow:
      options.dropSettledOfSlow ?? mannerOf(options.as).dropsSettledOfSlow ?? ROUTER_DEFAULTS.dropSettledOfSlow,
    queues: resolveQueuesOptions(options.queues),
    store: options.store,
    users: options.users,
    version: versionOf(options),
    metrics: resolveMetricsOptions(options.metrics),
    log: options.log,
    logLevel: options.logLevel ?? ROUTER_DEFAULTS.logLevel,
  })
}

/** @throws RouterOptionsError for what is no rule. */
export function rulesOf(options: RouterOptions): DistributionRules {
  const manner = mannerOf(options.as)
  if (!manner.rules && (options.rules !== undefined || options.defaultDistribution !== undefined))
    throw new RouterOptionsError(
      `as: "${options.as}" has its own nodes; rules and defaultDistribution are for the router without it`,
    )
  if (!manner.storable && options.store !== undefined)
    throw new RouterOptionsError(`store: with \`as: "${options.as}"\` queues are declared by clients, and not kept`)
  const { defaultDistribution = ROUTER_DEFAULTS.defaultDistribution } = options
  return new DistributionRules(
    options.rules,
    checkDistribution(defaultDistribution, 'defaultDistribution'),
    manner.rules,
  )
}

function listenOptions(options: RouterOptions, host: string, containerId: string): ListenOptions {
  const manner = mannerOf(options.as)
  const limits = Object.entries(options).filter(([name]) => LIMIT_OPTION_NAMES.has(name))
  return Object.freeze({
    ...manner.listen,
    ...(Object.fromEntries(limits) as LimitOptions),
    host,
    port: options.port ?? ROUTER_DEFAULTS.port,
    containerId,
    properties: {
      ...manner.properties,
      product: options.product ?? manner.product,
      version: versionOf(options),
    },
    offeredCapabilities: manner.offeredCapabilities,
    tls: options.tls,
    sasl: options.users === undefined ? (options.sasl ?? manner.listen.sasl) : saslBesideUsers(options),
    idleTimeoutMs: options.idleTimeoutMs ?? manner.listen.idleTimeoutMs,
    handshakeTimeoutMs: options.handshakeTimeoutMs,
    maxConnections: options.maxConnections,
  })
}

/** What would let nobody in is told at once, and not to each peer. */
function checkSecrets({ users, sasl, tls }: RouterOptions): void {
  if (users === undefined && sasl) checkKnowsUsers(sasl)
  if (!tls) return
  try {
    createSecureContext(tls)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RouterOptionsError(`tls: certificate, key or another setting cannot be used: ${reason}`, { cause: error })
  }
}

function checkKnowsUsers({ mechanisms = [], authenticate, scramCredentials }: ServerSaslOptions): void {
  const scram = mechanisms.find((mechanism) => mechanism.startsWith('SCRAM-'))
  if (scram !== undefined && !scramCredentials)
    throw new RouterOptionsError(`sasl: ${scram} lets nobody in without \`users\` or \`scramCredentials\``)
  if (mechanisms.length > 0 && !authenticate && mechanisms.every((mechanism) => mechanism === 'PLAIN'))
    throw new RouterOptionsError('sasl: PLAIN alone lets nobody in without `users` or `authenticate`, which knows them')
}

/** Whether a peer has to prove who it is. */
function authenticates({ users, sasl, tls }: RouterOptions): boolean {
  if (users !== undefined) return true
  if (tls?.requestCert === true && tls.rejectUnauthorized !== false) return true
  if (!sasl || sasl.required === false) return false
  const asks = sasl.authenticate !== undefined || sasl.scramCredentials !== undefined
  return asks && sasl.mechanisms?.includes('ANONYMOUS') !== true
}

function versionOf(options: RouterOptions): string {
  const said = options.version ?? mannerOf(options.as).version
  if (said !== undefined) return said
  const { version } = createRequire(import.meta.url)('oslo-messaging/package.json') as { version: string }
  return version
}
