// Effects on addresses as a whole.

import type { ChaosEffect, EffectAction } from './chaos-effect.ts'
import type { ChaosForwarder } from './chaos-forwarder.ts'

/** Producers get no credit, and what they have is taken back. */
export const withheldCredit: EffectAction = Object.freeze({
  begin(place, effect) {
    place.withheld += 1
    effect.struck()
    // A new address has no producers, and is not made yet.
    if (place.address.forwarder === place) place.address.withdrawCredit()
  },
  end(place) {
    place.withheld -= 1
    place.address.grantWaiting()
  },
} satisfies EffectAction)

/** Pre-settled messages of slow consumers are dropped. Where they are anyhow, they are counted. */
export class DroppedSettled implements EffectAction {
  readonly #onDropped: () => void
  #listener: (() => void) | undefined

  constructor(onDropped: () => void) {
    this.#onDropped = onDropped
  }

  begin(place: ChaosForwarder, effect: ChaosEffect): void {
    this.#listener ??= () => {
      this.#onDropped()
      effect.struck()
    }
    place.dropSettled(this.#listener)
    if (place.address.forwarder === place) place.address.grantWaiting()
  }

  end(place: ChaosForwarder): void {
    if (this.#listener) place.dropSettledNoMore(this.#listener)
  }
}
