/**
 * Examines what is behind a transport URL, host by host: what it is, what it can, and what there is to do so that RPC and notifications
 * work over it. Tries every pattern with topics of its own, the same in each run.
 *
 * @module
 */

import { createAddresser } from '../amqp1/addressing.ts'
import { describedProfile } from '../amqp1/described-profile.ts'
import { type AmqpOptions, resolveAmqpOptions } from '../amqp1/options.ts'
import type { PeerProfile } from '../amqp1/profile.ts'
import { createTransport, formatTransportUrl, parseTransportUrl, redactedUrl, type TransportUrl } from '../index.ts'
import { driverName } from '../messaging/transport-url.ts'
import { isLoopback } from '../support/loopback.ts'
import { adviceFor } from './advice.ts'
import type { AddressExamples, Area, Diagnosis, Finding } from './diagnosis.ts'
import { lookAt } from './look.ts'
import { tryNotifications } from './notification-trials.ts'
import { tryRpc } from './rpc-trials.ts'
import { LEFT_BEHIND, Run } from './run.ts'
import type { TrialScope } from './trial-scope.ts'

export interface DiagnoseOptions {
  /** Options of the driver by their oslo names. */
  readonly options: Readonly<Record<string, unknown>>
  /** Milliseconds that each step may take. */
  readonly timeoutMs: number
  /** Ends it: what is left is not examined, and of what is under examination nothing is said. */
  readonly signal: AbortSignal
}

/**
 * Yields a diagnosis for each host of the URL, in its order. Throws what `createTransport` throws of a URL or an option, before anything
 * is sent; nothing that is found is thrown.
 */
export function diagnose(
  text: string,
  { options: given, timeoutMs, signal }: DiagnoseOptions,
): AsyncIterable<Diagnosis> {
  const url = parseTransportUrl(text)
  // Its checks are those of every program that will use the URL.
  void createTransport(text, { options: given }).close()
  if (!driverName(url).startsWith('amqp'))
    throw new TypeError(`${redactedUrl(url)}: a bus within one process needs no doctor; expected amqp:// or amqps://`)
  const options = resolveAmqpOptions([
    { origin: 'options', values: given },
    { origin: 'url query', values: url.query },
  ])
  const hosts = url.hosts.length > 0 ? url.hosts.map((host) => ({ ...url, hosts: [host] })) : [url]
  return eachHost(hosts, { given, options, timeoutMs, signal })
}

interface Scope extends Omit<DiagnoseOptions, 'options'> {
  readonly given: DiagnoseOptions['options']
  readonly options: AmqpOptions
}

async function* eachHost(hosts: readonly TransportUrl[], scope: Scope): AsyncGenerator<Diagnosis> {
  for (const url of hosts) {
    if (scope.signal.aborted) return
    const diagnosis = await examine(url, scope)
    // What it failed with since was the end of it.
    if (scope.signal.aborted) return
    yield diagnosis
  }
}

async function examine(url: TransportUrl, { given, options, timeoutMs, signal }: Scope): Promise<Diagnosis> {
  const look = await lookAt({ url, options, described: describedProfile(options), timeoutMs, signal })
  const shown = redactedUrl(url)
  const { seen } = look
  if (!seen) {
    const { findings } = look
    return {
      url: shown,
      peer: undefined,
      profile: undefined,
      addresses: undefined,
      findings,
      leftBehind: undefined,
      rpc: false,
      notifications: false,
      advice: [],
    }
  }
  const findings = [...look.findings, ...(signal.aborted ? [] : await tries(url, given, timeoutMs, signal))]
  const addresses = examples(options, url, seen.profile)
  return {
    url: shown,
    peer: seen.peer,
    profile: seen.profile.name,
    addresses,
    findings,
    leftBehind: LEFT_BEHIND,
    rpc: isFine(findings, 'rpc'),
    notifications: isFine(findings, 'notifications'),
    advice: adviceFor({
      profile: seen.profile.name,
      options,
      peer: seen.peer,
      findings,
      local: isLoopback(url.hosts[0]?.hostname || 'localhost'),
    }),
  }
}

async function tries(
  url: TransportUrl,
  options: DiagnoseOptions['options'],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const [near, far] = [0, 1].map(() => createTransport(formatTransportUrl(url), { options }))
  const scope = { near, far, timeoutMs, run: new Run() } as TrialScope
  const close = (): Promise<unknown> => Promise.all([scope.near.close(), scope.far.close()])
  signal.addEventListener('abort', close, { once: true })
  try {
    // One after the other: what a slow bus does to one is not to fail the other.
    return [...(await tryRpc(scope)), ...(await tryNotifications(scope))]
  } finally {
    signal.removeEventListener('abort', close)
    await close()
  }
}

/** Where something was tried, and nothing of it failed. */
function isFine(findings: readonly Finding[], area: Area): boolean {
  const own = findings.filter((finding) => finding.area === area)
  return own.length > 0 && own.every(({ state }) => state !== 'no')
}

function examples(options: AmqpOptions, url: TransportUrl, profile: PeerProfile): AddressExamples {
  const scope = { options, controlExchange: 'openstack', virtualHost: url.virtualHost || undefined }
  const addresser = createAddresser(scope, profile)
  const { anycast, unicast, multicast } = addresser.server({ topic: 'TOPIC', server: 'SERVER' })
  return {
    syntax: addresser.syntax,
    anyServer: anycast,
    oneServer: unicast,
    allServers: multicast,
    notification: addresser.notification({ topic: 'TOPIC.info' }),
  }
}
