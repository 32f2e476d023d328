// Driver options -> what the AMQP layer needs to connect to one host.

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname as nodeName } from 'node:os'
import { basename } from 'node:path'
import { checkServerIdentity, type ConnectionOptions as TlsConnectOptions } from 'node:tls'
import type { ClientSaslOptions, ConnectOptions } from '../amqp/index.ts'
import { InvalidArgumentError } from '../messaging/errors.ts'
import { reasonOf } from './errors.ts'
import type { Host } from './host-list.ts'
import type { AmqpOptions } from './options.ts'
import type { BeforeOpen } from './profile.ts'

export interface ConnectionScope {
  readonly options: AmqpOptions
  readonly virtualHost: string | undefined
  /** The URL's scheme asks for TLS. */
  readonly secure: boolean
  /** The same for all connections of a driver. */
  readonly containerId: string
}

/** `openstack.org/om/container/<host>/<command>/<pid>/<random>`, as Python, unless the option names one. */
export function containerId(options: AmqpOptions): string {
  if (options.containerName) return options.containerName
  return `openstack.org/om/container/${node()}/${command()}/${process.pid}/${randomUUID().replaceAll('-', '')}`
}

const node = (): string => nodeName() || '<UNKNOWN>'
const command = (): string => basename(process.argv[1] ?? process.argv0)

/** `wants`: what the peer is known to want said in the Open frame. */
export async function connectOptions(
  scope: ConnectionScope,
  host: Host,
  wants: BeforeOpen | undefined,
  signal: AbortSignal,
): Promise<ConnectOptions> {
  const { options } = scope
  const tls = usesTls(scope) ? await tlsOptions(scope, host) : undefined
  return {
    host: host.hostname,
    port: host.port,
    tls,
    sasl: saslOptions(options, host),
    containerId: scope.containerId,
    hostname: openHostname(scope, wants),
    properties: { process: command(), pid: process.pid, node: node() },
    idleTimeoutMs: options.idleTimeoutMs,
    trace: options.trace || undefined,
    signal,
  }
}

/** Of the virtual host, where it is not a part of the addresses. */
export function openHostname(
  { options, virtualHost }: Pick<ConnectionScope, 'options' | 'virtualHost'>,
  wants: BeforeOpen | undefined,
): string | undefined {
  if (options.pseudoVhost || !virtualHost) return undefined
  return wants ? wants.hostname(virtualHost) : virtualHost
}

/** What no password is like: tokens of OAuth 2 are, which RabbitMQ takes for passwords (characters: RFC 6750, section 2.1). */
const TOKEN = /^[A-Za-z0-9\-._~+/=]{257,}$/
const BEARER = /^(OAUTHBEARER|XOAUTH2)$/i

/** Where a mechanism for tokens is named, and where it looks like one, the password of the URL is a token. */
function saslOptions(
  { saslMechanisms }: AmqpOptions,
  { username, password = '' }: Host,
): ClientSaslOptions | undefined {
  const named = saslMechanisms.split(/\s+/).filter(Boolean)
  const mechanisms = named.length > 0 ? named : undefined
  if (!username) return mechanisms && { mechanisms, username: undefined, password: undefined }
  if (TOKEN.test(password) || named.some((name) => BEARER.test(name)))
    return { mechanisms: mechanisms ?? PASSWORD_MECHANISMS, username, password, token: () => password }
  return { mechanisms, username, password }
}

/** As without a token: they have to be named where there is one. */
const PASSWORD_MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN']

export const usesTls = ({ secure, options }: Pick<ConnectionScope, 'secure' | 'options'>): boolean =>
  secure || options.ssl || options.sslCaFile !== '' || options.sslCertFile !== ''

/** The certificate is always verified: against `ssl_ca_file`, else against the system's authorities. */
async function tlsOptions({ options, virtualHost }: ConnectionScope, host: Host): Promise<TlsConnectOptions> {
  const { sslCaFile, sslCertFile, sslKeyFile, sslKeyPassword } = options
  const [ca, cert, key] = await Promise.all([
    readOption('ssl_ca_file', sslCaFile),
    readOption('ssl_cert_file', sslCertFile),
    readOption('ssl_key_file', sslKeyFile || sslCertFile),
  ])
  const name = options.sslVerifyVhost && virtualHost ? virtualHost : host.hostname
  return {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert, key } : {}),
    ...(sslKeyPassword === undefined ? {} : { passphrase: sslKeyPassword }),
    ...(isIP(name) ? {} : { servername: name }),
    checkServerIdentity: (_connectedTo, certificate) => checkServerIdentity(name, certificate),
  }
}

async function readOption(option: string, path: string): Promise<Buffer | undefined> {
  if (!path) return undefined
  try {
    return await readFile(path)
  } catch (cause) {
    throw new InvalidArgumentError(`option ${option}: ${reasonOf(cause)}`, { cause })
  }
}
