// A file in the syntax of qdrouterd.conf as options of startRouter: the blocks that mean something here are followed, the
// others are named.

import { nearestName } from '../support/nearest-name.ts'
import type { AddressRule } from './address-rule.ts'
import { ADDRESS_UNUSED, addressRule, FIXED_ADDRESS_UNUSED, fixedAddressRule } from './conf-addresses.ts'
import { BlockAttributes, given } from './conf-block.ts'
import { isForClients, LISTENER_UNUSED, readListener, SSL_PROFILE_UNUSED } from './conf-listener.ts'
import type { ConfBlock } from './conf-reader.ts'
import { readConf } from './conf-reader.ts'
import type { ConfigFile } from './config-file.ts'
import type { Distribution } from './distribution.ts'
import { DISTRIBUTIONS } from './distribution.ts'
import { RouterOptionsError } from './errors.ts'
import type { RouterOptions } from './options.ts'
import { rulesOf } from './options.ts'

const ROUTER_UNUSED: readonly string[] = [
  'name',
  'mode',
  'area',
  'helloInterval',
  'helloIntervalSeconds',
  'helloMaxAge',
  'helloMaxAgeSeconds',
  'raInterval',
  'raIntervalSeconds',
  'raIntervalFlux',
  'raIntervalFluxSeconds',
  'remoteLsMaxAge',
  'remoteLsMaxAgeSeconds',
  'mobileAddrMaxAge',
  'workerThreads',
  'dataConnectionCount',
  'debugDump',
  'debugDumpFile',
  'saslConfigPath',
  'saslConfigDir',
  'saslConfigName',
  'allowUnsettledMulticast',
  'allowResumableLinkRoute',
  'timestampsInUTC',
  'timestampFormat',
  'metadata',
]

/** The blocks that are followed, and the attributes that they may have and that mean nothing here. */
const FOLLOWED: ReadonlyMap<string, readonly string[]> = new Map([
  ['router', ROUTER_UNUSED],
  ['listener', LISTENER_UNUSED],
  ['sslProfile', SSL_PROFILE_UNUSED],
  ['address', ADDRESS_UNUSED],
  ['fixedAddress', FIXED_ADDRESS_UNUSED],
])

/** Known ones that are not: none of them is a misspelt one of those above. */
const OTHERS: ReadonlySet<string> = new Set([
  'container',
  'connector',
  'log',
  'console',
  'policy',
  'vhost',
  'linkRoute',
  'linkRoutePattern',
  'autoLink',
  'waypoint',
  'exchange',
  'binding',
  'authServicePlugin',
  'tcpListener',
  'tcpConnector',
  'httpListener',
  'httpConnector',
  'edgeMesh',
  'site',
])

export interface ConfConfig {
  readonly options: RouterOptions
  readonly warnings: readonly string[]
}

/** @throws RouterConfigError */
export async function confConfig(file: ConfigFile): Promise<ConfConfig> {
  const reading = new ConfReading(file)
  return await reading.finish(readConf(file))
}

class ConfReading {
  readonly #file: ConfigFile
  readonly #warnings: string[] = []
  readonly #unusedBlocks = new Map<string, number[]>()
  readonly #rules: { readonly rule: AddressRule; readonly block: BlockAttributes }[] = []
  #options: RouterOptions = {}

  constructor(file: ConfigFile) {
    this.#file = file
  }

  async finish(blocks: readonly ConfBlock[]): Promise<ConfConfig> {
    const known = blocks.filter((block) => this.#isFollowed(block))
    const attributes = known.map((block) => new BlockAttributes(this.#file, block, FOLLOWED.get(block.name) ?? []))
    const profiles = attributes.filter(({ name }) => name === 'sslProfile')
    for (const block of attributes) {
      if (block.name === 'router') this.#takeRouter(block)
      else if (block.name === 'address') this.#takeRule(block, addressRule(block))
      else if (block.name === 'fixedAddress') this.#takeFixed(block)
    }
    await this.#takeListeners(
      attributes.filter(({ name }) => name === 'listener'),
      profiles,
    )
    this.#setRules()
    return { options: this.#options, warnings: this.#allWarnings() }
  }

  #isFollowed({ name, line }: ConfBlock): boolean {
    if (FOLLOWED.has(name)) return true
    const nearest = OTHERS.has(name) ? undefined : nearestName(name, [...FOLLOWED.keys()])
    if (nearest !== undefined) throw this.#file.defect(line, `unknown block "${name}"; did you mean "${nearest}"?`)
    this.#passOver(name, line)
    return false
  }

  #takeRouter(block: BlockAttributes): void {
    const containerId = block.text('id') ?? block.text('routerId')
    const defaultDistribution = block.choice('defaultDistribution', DISTRIBUTIONS) as Distribution | undefined
    const alone = (block.text('mode') ?? 'standalone') === 'standalone'
    this.#set({ containerId, defaultDistribution })
    this.#warn(block, [...(alone ? [] : ['a mode other than standalone']), ...block.leftOver()])
  }

  #takeFixed(block: BlockAttributes): void {
    const rule = fixedAddressRule(block)
    if (typeof rule !== 'string') return this.#takeRule(block, rule)
    this.#set({ defaultDistribution: rule })
    this.#warn(block, block.leftOver())
  }

  #takeRule(block: BlockAttributes, rule: AddressRule): void {
    this.#rules.push({ rule, block })
    this.#warn(block, withoutName(block.leftOver()))
  }

  /** There is one port: the first listener for clients has it. */
  async #takeListeners(listeners: readonly BlockAttributes[], profiles: readonly BlockAttributes[]): Promise<void> {
    const listener = listeners.find(isForClients)
    for (const other of listeners) if (other !== listener) this.#passOver(other.name, other.line)
    const byName = new Map(profiles.map((profile) => [profile.text('name') ?? '', profile]))
    const used = listener && byName.get(listener.text('sslProfile') ?? '')
    for (const profile of profiles) if (profile !== used) this.#passOver(profile.name, profile.line)
    if (!listener) return
    const { options, remarks } = await readListener(this.#file, listener, byName)
    this.#set(options)
    this.#warn(listener, [...remarks, ...withoutName(listener.leftOver())])
    if (used) this.#warn(used, used.leftOver())
  }

  /** The rules know best what is none; here it is told with the line of its block. */
  #setRules(): void {
    const rules = this.#rules.map(({ rule }) => rule)
    try {
      rulesOf({ rules })
    } catch (error) {
      if (!(error instanceof RouterOptionsError)) throw error
      const [, index = '', message = ''] = /^rules\[(\d+)\](.*)$/s.exec(error.message) ?? []
      const block = this.#rules[Number(index)]?.block
      throw this.#file.defect(block?.line, block ? block.name + message : error.message, error)
    }
    if (rules.length > 0) this.#set({ rules })
  }

  #set(options: RouterOptions): void {
    this.#options = { ...this.#options, ...given(options) }
  }

  #passOver(name: string, line: number): void {
    const lines = this.#unusedBlocks.get(name) ?? []
    lines.push(line)
    this.#unusedBlocks.set(name, lines)
  }

  #warn({ name, line }: BlockAttributes, unused: readonly string[]): void {
    if (unused.length > 0)
      this.#warnings.push(`${this.#file.path}:${line}: not used here, in ${name}: ${unused.join(', ')}`)
  }

  #allWarnings(): string[] {
    if (this.#unusedBlocks.size === 0) return this.#warnings
    const blocks = [...this.#unusedBlocks].map(
      ([name, lines]) => `${name} (line${lines.length === 1 ? '' : 's'} ${lines.join(', ')})`,
    )
    return [`${this.#file.path}: not used here: ${blocks.join(', ')}`, ...this.#warnings]
  }
}

/** A label that means nothing there either. */
const withoutName = (names: readonly string[]): string[] => names.filter((name) => name !== 'name')
