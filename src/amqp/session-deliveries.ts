// Which deliveries of a session are unsettled, in either direction and over all its links, and which settlements wait to be
// written (AMQP 1.0 part 2, 2.6.12 and 2.7.6).
//
// A session may have thousands of links: a disposition costs what it names or what is unsettled, never a walk over the links.

import type { Outcome } from '../codec/delivery-state.ts'
import type { Disposition } from '../codec/performatives.ts'
import type { Delivery } from './delivery.ts'
import { DeliveryIndex } from './delivery-index.ts'
import { ProtocolViolation } from './errors.ts'
import { serialAdd, serialDiff } from './serial-number.ts'
import type { SettlementRun } from './settlements.ts'
import { Settlements } from './settlements.ts'
import type { Submission } from './submission.ts'

export class SessionDeliveries {
  /** What we sent unsettled, by delivery-id. Bounded by the credit that the peer granted. */
  readonly #sent = new DeliveryIndex<Submission>()
  /** What came unsettled, by delivery-id. Bounded by the credit that we granted. */
  readonly #received = new DeliveryIndex<Delivery>()
  readonly #asReceiver = new Settlements()
  readonly #asSender = new Settlements()

  remember(submission: Submission): void {
    this.#sent.set(submission.deliveryId, submission)
  }

  forget(deliveryId: number): void {
    this.#sent.delete(deliveryId)
  }

  /** A delivery came unsettled. */
  hold(delivery: Delivery): void {
    this.#received.set(delivery.id, delivery)
  }

  /** One that came unsettled has this id: delivery-ids count for the session, not for a link (2.8.9). */
  holds(deliveryId: number): boolean {
    return this.#received.get(deliveryId) !== undefined
  }

  /** It is settled, or its link is gone. */
  release(deliveryId: number): void {
    this.#received.delete(deliveryId)
  }

  clear(): void {
    this.#sent.clear()
    this.#received.clear()
  }

  /** Our outcome for a delivery that we received. True: it has fields, which take memory until it is written. */
  settle(id: number, outcome: Outcome, settled: boolean): boolean {
    this.#asReceiver.add(id, outcome, settled)
    return outcome.type === 'rejected' || outcome.type === 'modified'
  }

  /** What the peer says about deliveries of either direction. */
  onDisposition(disposition: Disposition): void {
    const { first } = disposition
    const last = disposition.last ?? first
    const count = serialDiff(last, first) + 1
    if (count <= 0)
      throw new ProtocolViolation(
        'session',
        'amqp:invalid-field',
        `disposition.last: ${last} is before first, ${first}`,
      )
    if (disposition.role) {
      // A state on the way, not an outcome: said of a wide range again and again, it must not cost a walk each time.
      if (disposition.settled || outcomeOf(disposition))
        forRange(this.#sent, first, count, (id) => this.#onOutcome(id, disposition))
    } else if (disposition.settled) forRange(this.#received, first, count, (id) => this.#onSettled(id))
  }

  /** Hands over what is to be written. */
  take(write: (role: boolean, run: SettlementRun) => void): void {
    if (!this.#asReceiver.empty) for (const run of this.#asReceiver.take()) write(true, run)
    if (!this.#asSender.empty) for (const run of this.#asSender.take()) write(false, run)
  }

  /** True when the peer's dispositions have left something to be written. */
  get pending(): boolean {
    return !this.#asSender.empty
  }

  #onOutcome(id: number, disposition: Disposition): void {
    const submission = this.#sent.get(id)
    if (!submission) return // settled already, or of a link that is gone
    if (!disposition.settled) this.#asSender.add(id, undefined, true) // the receiver settles second: this is our part of it
    this.#sent.delete(id)
    submission.sender.onOutcome(submission, outcomeOf(disposition))
  }

  #onSettled(id: number): void {
    const delivery = this.#received.get(id)
    delivery?.receiver.onSettledByPeer(delivery)
  }
}

/** What the state says, if it is an outcome. */
function outcomeOf({ state }: Disposition): Outcome | undefined {
  return state && state.type !== 'received' && state.type !== 'other' ? state : undefined
}

/** A range may name far more ids than there are: whichever is smaller is walked. */
function forRange(unsettled: DeliveryIndex<object>, first: number, count: number, act: (id: number) => void): void {
  if (unsettled.size === 0) return
  if (count <= unsettled.size || count === 1) {
    for (let n = 0; n < count; n++) act(serialAdd(first, n))
    return
  }
  for (const id of unsettled.ids()) if (within(id, first, count)) act(id)
}

function within(id: number, first: number, count: number): boolean {
  const ahead = serialDiff(id, first)
  return ahead >= 0 && ahead < count
}
