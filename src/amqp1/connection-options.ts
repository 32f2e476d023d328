// Driver options -> what the AMQP layer needs to connect to one host.

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname as nodeName } from 'node:os'
import { basename } from 'node:path'
import { checkServerIdentity, type ConnectionOptions as TlsConnectOptions } from 'node:tls'
import type { ConnectOptions } from '../amqp/index.ts'
import { InvalidArgumentError } from '../messaging/errors.ts'
import { reasonOf } from './errors.ts'
import type { Host } from './host-list.ts'
import type { AmqpOptions } from './options.ts'

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

export async function connectOptions(scope: ConnectionScope, host: Host, signal: AbortSignal): Promise<ConnectOptions> {
  const { options, virtualHost } = scope
  const tls = usesTls(scope) ? await tlsOptions(scope, host) : undefined
  const mechanisms = options.saslMechanisms.split(/\s+/).filter(Boolean)
  const wantsSasl = host.username || mechanisms.length > 0
  return {
    host: host.hostname,
    port: host.port,
    tls,
    sasl: wantsSasl
      ? {
          mechanisms: mechanisms.length > 0 ? mechanisms : undefined,
          username: host.username || undefined,
          password: host.username ? (host.password ?? '') : undefined,
        }
      : undefined,
    containerId: scope.containerId,
    hostname: options.pseudoVhost ? undefined : virtualHost || undefined,
    properties: { process: command(), pid: process.pid, node: node() },
    idleTimeoutMs: options.idleTimeoutMs,
    trace: options.trace || undefined,
    signal,
  }
}

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
