// The frames of a session that are not transfers, as they are written: at once, or at the end of the turn of the event loop.

import type { ErrorCondition } from '../codec/delivery-state.ts'
import type { Attach, Detach, Flow, Performative } from '../codec/performatives.ts'
import { fieldsOf } from './attach-fields.ts'
import type { SessionOptions } from './options.ts'
import type { Receiver } from './receiver.ts'
import type { SessionDeliveries } from './session-deliveries.ts'
import type { SessionFlow } from './session-flow.ts'
import type { SettlementRun } from './settlements.ts'

/** We send as much as the peer's window lets us: no bound of our own. */
const OUTGOING_WINDOW = 0x7fffffff

/** What a link's Flow adds to the session's. */
export type LinkFlow = Pick<Flow, 'handle' | 'deliveryCount' | 'linkCredit' | 'available' | 'drain' | 'echo'>

const SESSION_ONLY: LinkFlow = Object.freeze({
  handle: undefined,
  deliveryCount: undefined,
  linkCredit: undefined,
  available: undefined,
  drain: false,
  echo: false,
})

export class SessionWriter {
  readonly #write: (frame: Performative) => void
  readonly #flow: SessionFlow
  /** Bounded by the number of links: a receiver is in it once. */
  #flowLater: Receiver[] = []

  constructor(flow: SessionFlow, write: (frame: Performative) => void) {
    this.#flow = flow
    this.#write = write
  }

  begin(remoteChannel: number | undefined, handleMax: number, options: SessionOptions = {}): void {
    this.#write({
      type: 'begin',
      remoteChannel,
      nextOutgoingId: this.#flow.nextOutgoingId,
      incomingWindow: this.#flow.incomingWindow,
      outgoingWindow: OUTGOING_WINDOW,
      handleMax,
      offeredCapabilities: options.offeredCapabilities,
      desiredCapabilities: options.desiredCapabilities,
      properties: fieldsOf(options.properties),
    })
  }

  end(error: ErrorCondition | undefined): void {
    this.#write({ type: 'end', error })
  }

  attach(attach: Attach): void {
    this.#write(attach)
  }

  detach(detach: Detach): void {
    this.#write(detach)
  }

  /** Every Flow gives the whole incoming window again: what was received has been worked on. */
  flow(link: LinkFlow = SESSION_ONLY): void {
    this.#flow.renewIncomingWindow()
    this.#write({
      type: 'flow',
      nextIncomingId: this.#flow.nextIncomingId,
      incomingWindow: this.#flow.incomingWindow,
      nextOutgoingId: this.#flow.nextOutgoingId,
      outgoingWindow: OUTGOING_WINDOW,
      handle: link.handle,
      deliveryCount: link.deliveryCount,
      linkCredit: link.linkCredit,
      available: link.available,
      drain: link.drain,
      echo: link.echo,
      properties: undefined,
    })
  }

  /** The receiver's Flow is written at the end of the turn. */
  flowLater(receiver: Receiver): void {
    this.#flowLater.push(receiver)
  }

  /** What was put off until the end of the turn. */
  pending(deliveries: SessionDeliveries): void {
    deliveries.take(this.#disposition)
    if (this.#flowLater.length === 0) return
    const receivers = this.#flowLater
    this.#flowLater = []
    for (const receiver of receivers) receiver.writePendingFlow()
  }

  readonly #disposition = (role: boolean, { first, last, settled, state }: SettlementRun): void => {
    this.#write({
      type: 'disposition',
      role,
      first,
      last: last === first ? undefined : last,
      settled,
      state,
      batchable: false,
    })
  }
}
