// What can be said about a router. Defaults stand here and nowhere else.

import { createRequire } from 'node:module'
import type { ListenOptions } from '../amqp/index.ts'
import { describeValue } from '../support/describe-value.ts'
import { namesDefect } from '../support/known-names.ts'
import { isLoopback } from '../support/loopback.ts'
import type { Distribution } from './distribution.ts'
import { checkDistribution } from './distribution.ts'
import type { AddressRule } from './distribution-rules.ts'
import { DistributionRules } from './distribution-rules.ts'
import { RouterOptionsError, UnprotectedRouterError } from './errors.ts'

export interface RouterOptions {
  /** Where to listen. Default `127.0.0.1`. Beyond the loopback only with authentication, see `allowAnonymous`. */
  readonly host?: string | undefined
  /** Default 0: a free one, see `Router.port`. */
  readonly port?: number | undefined
  /** What the router calls itself (Open.container-id), and part of every dynamic address. Default: a random name. */
  readonly containerId?: string | undefined
  /** Open.properties `product`, by which clients know what they talk to. Default `oslo-messaging-router`. */
  readonly product?: string | undefined
  /** Open.properties `version`. Default: this package's. */
  readonly version?: string | undefined
  /** Before the default rules, which serve the address syntaxes of oslo.messaging. The longest prefix wins. */
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
  /** Lets it listen beyond the loopback although everybody may come in. Default false. */
  readonly allowAnonymous?: boolean | undefined
  /** The largest message accepted, in bytes. Default 128 MiB. */
  readonly maxMessageSize?: number | undefined
  /** The largest frame accepted, in bytes. Default 65 536. */
  readonly maxFrameSize?: number | undefined
  /** Milliseconds of silence after which a peer counts as gone. 0: never. Default 60 000. */
  readonly idleTimeoutMs?: number | undefined
  /** Connections at a time. Default 10 000. */
  readonly maxConnections?: number | undefined
  /** Milliseconds that `close()` waits for messages in flight. Default 1 000. */
  readonly drainTimeoutMs?: number | undefined
}

export const ROUTER_DEFAULTS = Object.freeze({
  host: '127.0.0.1',
  port: 0,
  product: 'oslo-messaging-router',
  idleTimeoutMs: 60_000,
  drainTimeoutMs: 1_000,
})

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof RouterOptions>([
  'host',
  'port',
  'containerId',
  'product',
  'version',
  'rules',
  'defaultDistribution',
  'hostnames',
  'tls',
  'sasl',
  'allowAnonymous',
  'maxMessageSize',
  'maxFrameSize',
  'idleTimeoutMs',
  'maxConnections',
  'drainTimeoutMs',
])

/** Checked, with defaults filled in. */
export interface ResolvedRouterOptions {
  readonly listen: ListenOptions
  readonly rules: DistributionRules
  readonly hostnames: readonly string[]
  readonly drainTimeoutMs: number
}

/** @throws RouterOptionsError, UnprotectedRouterError */
export function resolveRouterOptions(options: RouterOptions, containerId: string): ResolvedRouterOptions {
  const defect = namesDefect('options of startRouter', options, OPTION_NAMES)
  if (defect !== undefined) throw new RouterOptionsError(defect)
  const host = options.host ?? ROUTER_DEFAULTS.host
  if (!isLoopback(host) && !options.allowAnonymous && !authenticates(options)) {
    throw new UnprotectedRouterError(
      `${host} can be reached by others and anybody would be let in: give \`sasl\` with \`authenticate\` or ` +
        '`scramCredentials`, or `tls` with `requestCert`, or say `allowAnonymous: true`',
    )
  }
  const otherwise = options.defaultDistribution
  return Object.freeze({
    listen: Object.freeze({
      host,
      port: wholeNumber('port', options.port, 65_535) ?? ROUTER_DEFAULTS.port,
      containerId,
      properties: { product: options.product ?? ROUTER_DEFAULTS.product, version: options.version ?? packageVersion() },
      offeredCapabilities: ['ANONYMOUS-RELAY'],
      tls: options.tls,
      sasl: options.sasl,
      maxMessageSize: wholeNumber('maxMessageSize', options.maxMessageSize),
      maxFrameSize: wholeNumber('maxFrameSize', options.maxFrameSize, 0xffff_ffff, 512),
      idleTimeoutMs: wholeNumber('idleTimeoutMs', options.idleTimeoutMs) ?? ROUTER_DEFAULTS.idleTimeoutMs,
      maxConnections: wholeNumber('maxConnections', options.maxConnections),
    }),
    rules: new DistributionRules(
      options.rules,
      otherwise === undefined ? 'balanced' : checkDistribution(otherwise, 'defaultDistribution'),
    ),
    hostnames: Object.freeze([host, ...(options.hostnames ?? [])]),
    drainTimeoutMs: wholeNumber('drainTimeoutMs', options.drainTimeoutMs) ?? ROUTER_DEFAULTS.drainTimeoutMs,
  })
}

/** Whether a peer has to prove who it is. */
function authenticates({ sasl, tls }: RouterOptions): boolean {
  if (tls?.requestCert === true && tls.rejectUnauthorized !== false) return true
  if (!sasl || sasl.required === false) return false
  const asks = sasl.authenticate !== undefined || sasl.scramCredentials !== undefined
  return asks && sasl.mechanisms?.includes('ANONYMOUS') !== true
}

function wholeNumber(
  name: string,
  value: number | undefined,
  max = Number.MAX_SAFE_INTEGER,
  min = 0,
): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max)) return value
  throw new RouterOptionsError(`${name}: expected a whole number from ${min} to ${max}, found ${describeValue(value)}`)
}

function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('oslo-messaging/package.json') as { version: string }
  return version
}
