import type { Target } from '../messaging/target.ts'
import type { Addresser, ServerAddresses } from './addressing.ts'

/** Addresses for a peer that knows what goes to everybody by the scheme of the address, as `topic://`. */
export class SchemedAddresser implements Addresser {
  readonly #addresser: Addresser
  readonly #scheme: string

  constructor(addresser: Addresser, scheme: string) {
    this.#addresser = addresser
    this.#scheme = scheme
  }

  get syntax(): Addresser['syntax'] {
    return this.#addresser.syntax
  }

  request(target: Target): string {
    const address = this.#addresser.request(target)
    return target.fanout ? this.#schemed(address) : address
  }

  server(target: Target): ServerAddresses {
    const addresses = this.#addresser.server(target)
    return { ...addresses, multicast: this.#schemed(addresses.multicast) }
  }

  notification(target: Target): string {
    return this.#addresser.notification(target)
  }

  /** An option may have said it already (broadcast_prefix). */
  #schemed(address: string): string {
    return address.startsWith(this.#scheme) ? address : this.#scheme + address
  }
}
