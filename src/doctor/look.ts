// What can be seen of a host over one connection: who answers, how the way is protected, and which links it lets us attach.

import { type Connection, type ConnectOptions, connect, type Session } from '../amqp/index.ts'
import { containerId } from '../amqp1/connection-options.ts'
import type { DescribedProfile } from '../amqp1/described-profile.ts'
import { HostList } from '../amqp1/host-list.ts'
import { openConnection } from '../amqp1/open-connection.ts'
import type { AmqpOptions } from '../amqp1/options.ts'
import type { PeerProfile } from '../amqp1/profile.ts'
import type { TransportUrl } from '../messaging/transport-url.ts'
import { attempt } from './attempt.ts'
import type { Finding, PeerFacts } from './diagnosis.ts'
import { shownCertificate } from './shown-certificate.ts'
import { unverifiedLook } from './unverified-look.ts'

export interface LookScope {
  /** With one host. */
  readonly url: TransportUrl
  readonly options: AmqpOptions
  readonly described: DescribedProfile
  /** Milliseconds that each step may take. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface Look {
  readonly findings: readonly Finding[]
  /** Undefined: nobody let us in. */
  readonly seen: { readonly peer: PeerFacts; readonly profile: PeerProfile } | undefined
}

/** What a peer may take to answer a Close, where the connection is opened anew. */
const CLOSING_MS = 5_000

export async function lookAt(scope: LookScope): Promise<Look> {
  const { timeoutMs } = scope
  let opened: Awaited<ReturnType<typeof open>> | undefined
  let failure: unknown
  const connecting = await attempt('connection', 'connection', 3 * timeoutMs + CLOSING_MS, async () => {
    try {
      opened = await open(scope)
    } catch (error) {
      failure = error
      throw error
    }
    return undefined
  })
  if (!opened) return { findings: [connecting, ...(await unverifiedLook(scope, failure ?? {}))], seen: undefined }
  const { connection, profile } = opened
  const { remote } = connection
  const { tls, sasl } = connection.security
  const tries = await Promise.all([
    attempt('connection', 'addresses that the peer gives', 2 * timeoutMs, () => dynamicAddress(connection, profile)),
    attempt('connection', 'sender that names each address', 2 * timeoutMs, () => anonymousSender(connection)),
  ])
  await connection.close()
  const [dynamicAddresses, anonymousSenders] = tries.map(({ state }) => state === 'ok')
  const peer: PeerFacts = {
    product: profile.product,
    version: profile.version,
    containerId: remote.containerId,
    capabilities: remote.offeredCapabilities,
    maxFrameSize: remote.maxFrameSize,
    channelMax: remote.channelMax,
    idleTimeoutMs: remote.idleTimeoutMs,
    tls: tls && { ...tls, chain: tls.chain.map(shownCertificate) },
    sasl,
    dynamicAddresses: dynamicAddresses === true,
    anonymousSenders: anonymousSenders === true,
  }
  // Neither is a fault: who has no such addresses may have others for replies, and each address can have a sender of its own.
  const notes = tries.map((finding): Finding => (finding.state === 'no' ? { ...finding, state: 'note' } : finding))
  return { findings: [connecting, ...notes], seen: { peer, profile } }
}

async function open({ url, options, described, timeoutMs, signal }: LookScope) {
  const secure = url.scheme.startsWith('amqps')
  const hosts = new HostList(url.hosts, { defaultPort: secure ? 5671 : 5672, realm: options.saslDefaultRealm })
  const scope = {
    options,
    virtualHost: url.virtualHost || undefined,
    secure,
    containerId: containerId(options),
    connect: (terms: ConnectOptions) => connect({ ...terms, connectTimeoutMs: timeoutMs }),
  }
  return await openConnection(scope, hosts.current, described, described.named?.beforeOpen, signal)
}

async function dynamicAddress(connection: Connection, { replies }: PeerProfile): Promise<string> {
  return await inSession(connection, async (session) => {
    const asked = replies?.source('doctor')
    const source = asked && 'dynamic' in asked ? asked : { dynamic: true as const }
    const receiver = await session.attachReceiver({ source, creditWindow: 0 })
    const address = receiver.remoteSource?.address
    if (typeof address !== 'string') throw new Error('it attached, and gave no address')
    return `such as ${address}`
  })
}

async function anonymousSender(connection: Connection): Promise<string> {
  return await inSession(connection, async (session) => {
    await session.attachSender({ target: {} })
    return ''
  })
}

/** One for each try: some peers end the session to refuse a link. */
async function inSession<T>(connection: Connection, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await connection.openSession()
  try {
    return await use(session)
  } finally {
    await session.end()
  }
}
