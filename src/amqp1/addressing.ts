// Target -> AMQP address. Pure. The same texts as Python's driver makes (oslo_messaging/_drivers/amqp1_driver/addressing.py),
// joined as it joins them: empty parts are left out, nothing is escaped or trimmed.
//
//   legacy     <prefix>[.vhost].<exchange>.<topic>[.<server>|.all]              unicast.openstack.compute
//   routable   <prefix>/<semantics>[/vhost]/<exchange>/<topic>[/<server>]       openstack.org/om/rpc/anycast/openstack/compute

import type { Target } from '../messaging/target.ts'
import { type AmqpOptions, resolveAmqpOptions } from './options.ts'
import type { AddressForm, PeerProfile } from './profile.ts'
import { SchemedAddresser } from './schemed-addresser.ts'
import { SubscribedAddresser } from './subscribed-addresser.ts'

export interface ServerAddresses {
  /** For this server alone. */
  readonly unicast: string
  /** For all servers of the topic. */
  readonly multicast: string
  /** For any one of them. */
  readonly anycast: string
}

/** Makes addresses for one connection. */
export interface Addresser {
  readonly syntax: 'legacy' | 'routable'
  /** Where a request for the target goes: to all when it says fanout, else to its server, else to any. */
  request(target: Target): string
  /** What an RPC server of the target listens to. */
  server(target: Target): ServerAddresses
  /** Where notifications of a topic (`<topic>.<priority>`) go. Python's driver drops the exchange of the target; without one it is the same. */
  notification(target: Target): string
}

export interface AddressingScope {
  readonly options: AmqpOptions
  /** The exchange of targets without one. oslo: control_exchange. */
  readonly controlExchange: string
  readonly virtualHost: string | undefined
}

/** What of a peer's profile says how addresses are written. */
export type AddressedPeer = Pick<PeerProfile, 'syntax' | 'addresses'> &
  Partial<Pick<PeerProfile, 'broadcastScheme' | 'broadcastSource'>>

/** The addresser for such a peer. */
export function createAddresser(scope: AddressingScope, peer: AddressedPeer): Addresser {
  const { broadcastScheme, broadcastSource } = peer
  const addresser = addresserOf(scope, peer)
  if (broadcastSource) return new SubscribedAddresser(addresser, broadcastSource)
  return broadcastScheme ? new SchemedAddresser(addresser, broadcastScheme) : addresser
}

function addresserOf(scope: AddressingScope, { syntax, addresses }: AddressedPeer): Addresser {
  const mode = scope.options.addressingMode
  if (mode === 'routable' || (mode === 'dynamic' && syntax === 'routable')) return new RoutableAddresser(scope)
  const encode = encoderOf(scope.options, addresses)
  return addresses
    ? new LegacyAddresser({ ...scope, options: withPrefixes(scope.options, addresses) }, encode)
    : new LegacyAddresser(scope, encode)
}

/** As the option says, else as the peer wants it. */
function encoderOf({ addressEncoding }: AmqpOptions, form: AddressForm | undefined): AddressForm['encode'] {
  switch (addressEncoding) {
    case 'none':
      return undefined
    case 'percent':
      return encodeURIComponent
    default:
      return form?.encode
  }
}

const DEFAULTS: Pick<AddressForm, 'serverRequestPrefix' | 'groupRequestPrefix' | 'broadcastPrefix'> =
  resolveAmqpOptions([])

/** Those of the peer stand where no other one is said. */
function withPrefixes(options: AmqpOptions, form: AddressForm): AmqpOptions {
  const own = (name: keyof typeof DEFAULTS): string => (options[name] === DEFAULTS[name] ? form[name] : options[name])
  return {
    ...options,
    serverRequestPrefix: own('serverRequestPrefix'),
    groupRequestPrefix: own('groupRequestPrefix'),
    broadcastPrefix: own('broadcastPrefix'),
  }
}

type Parts = readonly (string | undefined)[]

/** `join('.', …)` joins what is not empty; the prefix may have a joint of its own (option address_separator). */
class Joiner {
  readonly #separator: string
  readonly #afterPrefix: string
  readonly #encode: (name: string) => string

  constructor(separator: string, options: AmqpOptions, encode = (name: string) => name) {
    const given = options.addressSeparator
    this.#separator = separator
    this.#encode = encode
    this.#afterPrefix = given === undefined ? separator : given === 'none' ? '' : given
  }

  join(prefix: string, parts: Parts): string {
    const name = this.#encode(parts.filter(Boolean).join(this.#separator))
    return prefix && name ? prefix + this.#afterPrefix + name : prefix || name
  }
}

class LegacyAddresser implements Addresser {
  readonly syntax = 'legacy'
  readonly #options: AmqpOptions
  readonly #joiner: Joiner
  readonly #vhost: string | undefined
  readonly #exchange: string

  constructor({ options, controlExchange, virtualHost }: AddressingScope, encode?: AddressForm['encode']) {
    this.#options = options
    this.#joiner = new Joiner('.', options, encode)
    this.#vhost = options.pseudoVhost ? virtualHost : undefined
    this.#exchange = controlExchange
  }

  request(target: Target): string {
    if (target.fanout) return this.#join(this.#options.broadcastPrefix, target, 'all')
    if (target.server) return this.#join(this.#options.serverRequestPrefix, target, target.server)
    return this.#join(this.#options.groupRequestPrefix, target)
  }

  server(target: Target): ServerAddresses {
    return serverAddresses(this, target)
  }

  notification(target: Target): string {
    return this.#join(this.#options.groupRequestPrefix, target)
  }

  #join(prefix: string, target: Target, last?: string): string {
    return this.#joiner.join(prefix, [this.#vhost, target.exchange || this.#exchange, target.topic, last])
  }
}

class RoutableAddresser implements Addresser {
  readonly syntax = 'routable'
  readonly #options: AmqpOptions
  readonly #joiner: Joiner
  readonly #vhost: string | undefined
  readonly #rpcExchange: string
  readonly #notifyExchange: string

  constructor({ options, controlExchange, virtualHost }: AddressingScope) {
    this.#options = options
    this.#joiner = new Joiner('/', options)
    this.#vhost = options.pseudoVhost ? virtualHost : undefined
    this.#rpcExchange = options.defaultRpcExchange || controlExchange || 'openstack'
    this.#notifyExchange = options.defaultNotificationExchange || controlExchange || 'openstack'
  }

  request(target: Target): string {
    const { multicastAddress, unicastAddress, anycastAddress } = this.#options
    if (target.fanout) return this.#rpc(multicastAddress, target)
    if (target.server) return this.#rpc(unicastAddress, target, target.server)
    return this.#rpc(anycastAddress, target)
  }

  server(target: Target): ServerAddresses {
    return serverAddresses(this, target)
  }

  notification({ topic, exchange }: Target): string {
    const { notifyAddressPrefix, anycastAddress } = this.#options
    const place = exchange || this.#notifyExchange
    return this.#joiner.join(`${notifyAddressPrefix}/${anycastAddress}`, [this.#vhost, place, topic])
  }

  #rpc(semantics: string, target: Target, server?: string): string {
    const exchange = target.exchange || this.#rpcExchange
    return this.#joiner.join(`${this.#options.rpcAddressPrefix}/${semantics}`, [
      this.#vhost,
      exchange,
      target.topic,
      server,
    ])
  }
}

const serverAddresses = (addresser: Addresser, target: Target): ServerAddresses => ({
  unicast: addresser.request({ ...target, fanout: false }),
  multicast: addresser.request({ ...target, fanout: true }),
  anycast: addresser.request({ ...target, fanout: false, server: undefined }),
})
