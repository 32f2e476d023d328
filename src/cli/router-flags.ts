// The flags of omsg router, and what they make of the options in its configuration file.

import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { MANNER_NAMES, ROUTER_DEFAULTS, type RouterOptions } from '../router/index.ts'
import { UsageError } from './exit-codes.ts'
import { count, milliseconds, millisecondsOrNone, nonEmpty, portNumber } from './flags.ts'

/** Flags that are options by the same names. */
const DIRECT = [
  'host',
  'port',
  'allowAnonymous',
  'as',
  'defaultDistribution',
  'maxConnections',
  'maxAddresses',
  'maxLinks',
  'maxUnsettled',
  'maxMessageSize',
  'maxFrameSize',
  'idleTimeoutMs',
  'handshakeTimeoutMs',
  'drainTimeoutMs',
  'store',
  'users',
] as const

type DirectFlags = Pick<RouterOptions, (typeof DIRECT)[number]>

export interface RouterFlags extends DirectFlags {
  readonly config?: string
  readonly id?: string
  readonly hostname?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsCa?: string
  readonly requireClientCert?: boolean
  readonly metricsPort?: number
  readonly metricsHost?: string
}

/** Of `omsg router`; startRouter itself takes a free one. */
const DEFAULT_PORT = 5672

// None has a default in Commander's sense: it would hide what the file says.
export function addRouterFlags(command: Command): Command {
  const flag = (flags: string, description: string, parse: (text: string) => string | number): void =>
    void command.option(flags, description, parse)
  flag('--config <file>', 'options and rules: JSON, or as qdrouterd.conf; flags go before it', nonEmpty)
  flag('--host <host>', `the address of this machine to listen on ${defaultOf('host')}`, nonEmpty)
  flag('--port <port>', `the port to listen on; 0: a free one (default: ${DEFAULT_PORT})`, portNumber)
  flag('--id <name>', 'what the router calls itself (default: a random name)', nonEmpty)
  command.option(
    '--hostname <name>',
    'a further name of the router, no virtual host of its own; may be repeated',
    (value: string, earlier: readonly string[] = []) => [...earlier, nonEmpty(value)],
  )
  command.addOption(
    new Option(
      '--as <product>',
      'with the manners of another intermediary, for tests of what has to work with it',
    ).choices(MANNER_NAMES),
  )
  flag('--default-distribution <word>', `for addresses without a rule ${defaultOf('defaultDistribution')}`, nonEmpty)
  command.option('--allow-anonymous', 'let everybody in also where other machines reach it')
  flag('--tls-cert <file>', 'TLS only, with this certificate (PEM)', nonEmpty)
  flag('--tls-key <file>', 'the key of the certificate (PEM)', nonEmpty)
  flag('--tls-ca <file>', 'who signs the certificates of clients (PEM)', nonEmpty)
  command.option('--require-client-cert', 'TLS only with a certificate of the client that --tls-ca signed')
  flag('--users <file>', 'who may come in, and do what: a file of omsg passwd (default: everybody)', nonEmpty)
  flag('--store <directory>', 'where queues keep their messages, to outlive the router (default: in memory)', nonEmpty)
  flag(
    '--metrics-port <port>',
    'an HTTP port for /metrics, /livez and /readyz; 0: a free one (default: none)',
    portNumber,
  )
  flag('--metrics-host <host>', 'the address of this machine for it (default: 127.0.0.1)', nonEmpty)
  flag('--max-connections <n>', `connections at a time ${defaultOf('maxConnections')}`, count)
  flag('--max-addresses <n>', `addresses in use at a time ${defaultOf('maxAddresses')}`, count)
  flag('--max-links <n>', `links of one connection ${defaultOf('maxLinks')}`, count)
  flag('--max-unsettled <n>', `messages of one connection not settled yet ${defaultOf('maxUnsettled')}`, count)
  flag('--max-message-size <bytes>', `the largest message taken ${defaultOf('maxMessageSize')}`, count)
  flag('--max-frame-size <bytes>', `the largest frame taken, at least 512 ${defaultOf('maxFrameSize')}`, count)
  flag(
    '--idle-timeout-ms <n>',
    `silence of a peer that is gone; 0: never ${defaultOf('idleTimeoutMs')}`,
    millisecondsOrNone,
  )
  flag('--handshake-timeout-ms <n>', `time to open a connection ${defaultOf('handshakeTimeoutMs')}`, milliseconds)
  flag(
    '--drain-timeout-ms <n>',
    `time for messages in flight at the end ${defaultOf('drainTimeoutMs')}`,
    millisecondsOrNone,
  )
  return command
}

const defaultOf = (name: keyof typeof ROUTER_DEFAULTS): string => `(default: ${ROUTER_DEFAULTS[name]})`

/** Flags before the file, and the file before the defaults. Throws UsageError. */
export async function routerOptions(flags: RouterFlags, file: RouterOptions): Promise<RouterOptions> {
  const given = DIRECT.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]])
  return {
    port: DEFAULT_PORT,
    ...file,
    ...(Object.fromEntries(given) as DirectFlags),
    ...(flags.id === undefined ? {} : { containerId: flags.id }),
    ...(flags.hostname === undefined ? {} : { hostnames: flags.hostname }),
    ...metricsOptions(flags, file),
    ...(await tlsOptions(flags, file)),
  }
}

function metricsOptions(
  { metricsPort, metricsHost }: RouterFlags,
  file: RouterOptions,
): Pick<RouterOptions, 'metrics'> {
  if (metricsPort === undefined && metricsHost === undefined) return {}
  if (metricsPort === undefined && file.metrics === undefined)
    throw new UsageError('error: --metrics-host needs --metrics-port')
  return {
    metrics: {
      ...file.metrics,
      ...(metricsPort === undefined ? {} : { port: metricsPort }),
      ...(metricsHost === undefined ? {} : { host: metricsHost }),
    },
  }
}

/** A certificate comes with its key. What the file says of both stays where a flag says something else. */
async function tlsOptions(flags: RouterFlags, file: RouterOptions): Promise<Pick<RouterOptions, 'tls' | 'sasl'>> {
  const { tlsCert, tlsKey, tlsCa, requireClientCert } = flags
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('error: --tls-cert and --tls-key go together')
  if (tlsCert === undefined && tlsCa === undefined && !requireClientCert) return {}
  if (tlsCert === undefined && file.tls === undefined)
    throw new UsageError('error: --tls-ca and --require-client-cert need --tls-cert and --tls-key')
  if (requireClientCert && tlsCa === undefined && file.tls?.ca === undefined)
    throw new UsageError('error: --require-client-cert needs --tls-ca: who signs the certificates of clients')
  const [cert, key, ca] = await Promise.all([
    read('--tls-cert', tlsCert),
    read('--tls-key', tlsKey),
    read('--tls-ca', tlsCa),
  ])
  const certificate = cert === undefined ? {} : { cert, key }
  if (ca === undefined && !requireClientCert) return { tls: { ...file.tls, ...certificate } }
  const wasRequired = file.tls?.requestCert === true && file.tls.rejectUnauthorized !== false
  return {
    tls: {
      ...file.tls,
      ...certificate,
      ...(ca === undefined ? {} : { ca }),
      requestCert: true,
      rejectUnauthorized: wasRequired || requireClientCert === true,
    },
    // Who shows a certificate can say by SASL EXTERNAL that it is what he goes by.
    ...((flags.users ?? file.users) === undefined
      ? { sasl: file.sasl ?? { mechanisms: ['EXTERNAL', 'ANONYMOUS'], required: false } }
      : {}),
  }
}

async function read(flag: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new UsageError(`error: ${flag}: cannot read ${path}: ${reason}`, { cause })
  }
}
