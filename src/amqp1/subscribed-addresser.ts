import type { Target } from '../messaging/target.ts'
import type { Addresser, ServerAddresses } from './addressing.ts'

/** Addresses for a peer where each server has a subscription of its own, of a name that is known, to what goes to everybody. */
export class SubscribedAddresser implements Addresser {
  readonly #addresser: Addresser
  readonly #source: (address: string, server: string) => string

  constructor(addresser: Addresser, source: (address: string, server: string) => string) {
    this.#addresser = addresser
    this.#source = source
  }

  get syntax(): Addresser['syntax'] {
    return this.#addresser.syntax
  }

  request(target: Target): string {
    return this.#addresser.request(target)
  }

  server(target: Target): ServerAddresses {
    const addresses = this.#addresser.server(target)
    return { ...addresses, multicast: this.#source(addresses.multicast, target.server ?? '') }
  }

  notification(target: Target): string {
    return this.#addresser.notification(target)
  }
}
