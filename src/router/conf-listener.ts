// The block `listener` with the `sslProfile` that it names: where the router listens, for whom, and within which limits.

import type { ListenOptions } from '../amqp/index.ts'
import type { BlockAttributes } from './conf-block.ts'
import { given } from './conf-block.ts'
import type { ConfigFile } from './config-file.ts'
import type { RouterOptions } from './options.ts'

export const LISTENER_UNUSED: readonly string[] = [
  'name',
  'role',
  'cost',
  'protocolFamily',
  'stripAnnotations',
  'linkCapacity',
  'multiTenant',
  'failoverUrls',
  'failoverList',
  'healthz',
  'metrics',
  'websockets',
  'http',
  'httpRoot',
  'httpRootDir',
  'logMessage',
  'messageLoggingComponents',
  'policyVhost',
  'authServicePlugin',
  'saslPlugin',
  'openProperties',
  'allowNoSasl',
]

export const SSL_PROFILE_UNUSED: readonly string[] = ['uidFormat', 'uidNameMappingFile', 'displayNameFile']

/** The mechanisms of SASL that there are here. */
const MECHANISMS: readonly string[] = ['ANONYMOUS', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'EXTERNAL']

const takesPassword = (mechanism: string): boolean => mechanism === 'PLAIN' || mechanism.startsWith('SCRAM-')

const SERVICES: ReadonlyMap<string, number> = new Map([
  ['amqp', 5672],
  ['amqps', 5671],
])

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

const MAX_SECONDS = 2_000_000

/** Where the names of profiles lead. */
export type SslProfiles = ReadonlyMap<string, BlockAttributes>

export interface ReadListener {
  readonly options: RouterOptions
  /** What was asked for and is not here, by attribute. */
  readonly remarks: readonly string[]
}

/** Whether it is one for clients, over AMQP alone. */
export function isForClients(block: BlockAttributes): boolean {
  return (block.text('role') ?? 'normal') === 'normal' && block.flag('http') !== true
}

export async function readListener(
  file: ConfigFile,
  block: BlockAttributes,
  profiles: SslProfiles,
): Promise<ReadListener> {
  const remarks: string[] = []
  const access = readAccess(block, remarks)
  const seconds = block.integer('idleTimeoutSeconds', 0, MAX_SECONDS)
  const handshakeSeconds = block.integer('initialHandshakeTimeoutSeconds', 0, MAX_SECONDS)
  const sessions = block.integer('maxSessions', 1, 65_536)
  const options: RouterOptions = {
    host: block.text('host') ?? block.text('addr'),
    port: portOf(block),
    maxFrameSize: block.integer('maxFrameSize', 512, 0xffff_ffff),
    channelMax: sessions === undefined ? undefined : sessions - 1,
    incomingWindow: block.integer('maxSessionFrames', 1, 0x7fff_ffff),
    idleTimeoutMs: seconds === undefined ? undefined : seconds * 1000,
    // 0 means no limit there; here there always is one.
    handshakeTimeoutMs: handshakeSeconds ? handshakeSeconds * 1000 : undefined,
    sasl: access.sasl,
    tls: await readTls(file, block, profiles, access.certificates),
  }
  if (options.tls && block.flag('requireSsl') === false)
    remarks.push('requireSsl: no (with TLS nobody comes in without)')
  return { options, remarks }
}

function portOf(block: BlockAttributes): number | undefined {
  const text = block.text('port')
  return text === undefined ? undefined : (SERVICES.get(text) ?? block.integer('port', 0, 65_535))
}

interface Access {
  readonly sasl: ListenOptions['sasl']
  /** Who comes in has to show a certificate. */
  readonly certificates: boolean
}

/** What `authenticatePeer` and `saslMechanisms` say. Nobody comes in more easily than there. */
function readAccess(block: BlockAttributes, remarks: string[]): Access {
  const required = block.flag('authenticatePeer') ?? block.flag('requirePeerAuth') ?? false
  const named =
    block
      .text('saslMechanisms')
      ?.toUpperCase()
      .split(/[\s,]+/) ?? []
  const mechanisms = named.filter((mechanism) => MECHANISMS.includes(mechanism))
  for (const mechanism of named) if (!MECHANISMS.includes(mechanism)) remarks.push(`the SASL mechanism ${mechanism}`)
  const certificates = mechanisms.includes('EXTERNAL')
  if (required) {
    const proving = mechanisms.filter((mechanism) => mechanism !== 'ANONYMOUS')
    return { sasl: { mechanisms: proving.length > 0 ? proving : ['PLAIN'], required }, certificates }
  }
  if (named.length === 0) return { sasl: undefined, certificates }
  // Nobody has to say who he is, and nobody here knows users: to offer a password's would mean to refuse whoever takes it.
  const open = mechanisms.filter((mechanism) => !takesPassword(mechanism))
  for (const mechanism of mechanisms)
    if (takesPassword(mechanism)) remarks.push(`the SASL mechanism ${mechanism} (there are no users)`)
  if (open.length === 0)
    throw block.defect('saslMechanisms', `expected ANONYMOUS or EXTERNAL, or authenticatePeer: yes`)
  return { sasl: { mechanisms: open, required }, certificates }
}

async function readTls(
  file: ConfigFile,
  block: BlockAttributes,
  profiles: SslProfiles,
  certificates: boolean,
): Promise<ListenOptions['tls']> {
  const encrypted = asksForTls(block)
  const name = block.text('sslProfile')
  if (name === undefined) {
    if (encrypted !== undefined) throw block.defect(encrypted, 'needs an sslProfile')
    if (certificates) throw block.defect('saslMechanisms', 'EXTERNAL needs an sslProfile')
    return undefined
  }
  const profile = profiles.get(name)
  if (!profile) throw block.defect('sslProfile', 'there is no sslProfile of this name in the file')
  const cert = await readNamed(file, profile, ['certFile'])
  if (cert === undefined) throw profile.defect('certFile', 'is missing')
  const trusted = await readNamed(file, block, ['trustedCertsFile', 'trustedCerts'])
  const ca = trusted ?? (await readNamed(file, profile, ['caCertFile', 'certDb']))
  if (certificates && ca === undefined)
    throw block.defect(
      'saslMechanisms',
      'EXTERNAL needs the caCertFile of the sslProfile: who signs the certificates of clients',
    )
  return given({
    cert,
    key: (await readNamed(file, profile, ['privateKeyFile', 'keyFile'])) ?? cert,
    passphrase: await readPassword(file, profile),
    ca,
    ciphers: profile.text('ciphers'),
    ...readVersions(profile),
    ...(certificates ? { requestCert: true, rejectUnauthorized: true } : {}),
  }) as NonNullable<ListenOptions['tls']>
}

/** The attribute by which it insists on TLS. */
function asksForTls(block: BlockAttributes): string | undefined {
  const [ssl, encryption] = [block.flag('requireSsl'), block.flag('requireEncryption')]
  if (block.flag('allowUnsecured') === false) return 'allowUnsecured'
  if (ssl) return 'requireSsl'
  return encryption ? 'requireEncryption' : undefined
}

/** The text of the file that one of these attributes names. */
async function readNamed(
  file: ConfigFile,
  block: BlockAttributes,
  attributes: readonly string[],
): Promise<string | undefined> {
  for (const attribute of attributes) {
    const path = block.text(attribute)
    if (path !== undefined) return await file.related(path, `${block.name}.${attribute}`, block.lineOf(attribute))
  }
  return undefined
}

/** `env:NAME`, `file:PATH`, `pass:TEXT`, or the password itself; or in a file of its own. */
async function readPassword(file: ConfigFile, profile: BlockAttributes): Promise<string | undefined> {
  const password = profile.text('password')
  const passwordFile = profile.text('passwordFile')
  const path = password?.startsWith('file:') ? password.slice('file:'.length).trim() : passwordFile
  if (path !== undefined) {
    const attribute = password === undefined ? 'passwordFile' : 'password'
    const text = await file.related(path, `${profile.name}.${attribute}`, profile.lineOf(attribute))
    return text.split(/\r?\n/, 1)[0]
  }
  if (password?.startsWith('env:')) {
    const name = password.slice('env:'.length).trim()
    const value = process.env[name]
    if (value === undefined) throw profile.defect('password', `there is no environment variable ${name}`)
    return value
  }
  return password?.replace(/^(?:pass|literal):/, '')
}

function readVersions(profile: BlockAttributes): Pick<NonNullable<ListenOptions['tls']>, 'minVersion' | 'maxVersion'> {
  const named = profile.text('protocols')?.split(/[\s,]+/)
  if (!named) return {}
  const versions = VERSIONS.filter((version) => named.includes(version))
  const [minVersion, maxVersion] = [versions[0], versions.at(-1)]
  if (!minVersion || !maxVersion || named.some((name) => !versions.some((version) => version === name)))
    throw profile.defect('protocols', `expected some of ${VERSIONS.join(' ')}`)
  return { minVersion, maxVersion }
}
