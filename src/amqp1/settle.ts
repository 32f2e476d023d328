import type { Delivery, Outcome } from '../amqp/index.ts'
import { ACCEPTED, RELEASED } from '../amqp/index.ts'
import type { PeerTraits } from './profile.ts'

const SYMBOLS: Readonly<Record<Outcome['type'], string>> = {
  accepted: 'amqp:accepted:list',
  rejected: 'amqp:rejected:list',
  released: 'amqp:released:list',
  modified: 'amqp:modified:list',
}

const REJECTED: Outcome = { type: 'rejected', error: undefined }
const MODIFIED: Outcome = {
  type: 'modified',
  deliveryFailed: false,
  undeliverableHere: false,
  messageAnnotations: undefined,
}
const UNDELIVERABLE: Outcome = { ...MODIFIED, deliveryFailed: true, undeliverableHere: true }

/**
 * What to say instead of an outcome that the peer does not know, nearest meaning first: what is not to come back does not, as
 * long as anything else is offered, and what was not handled is not said to be, as long as something else is.
 */
const INSTEAD: Readonly<Record<Outcome['type'], readonly Outcome[]>> = {
  accepted: [REJECTED, UNDELIVERABLE, RELEASED],
  rejected: [UNDELIVERABLE, ACCEPTED, RELEASED],
  released: [MODIFIED, REJECTED, ACCEPTED],
  modified: [REJECTED, ACCEPTED, RELEASED],
}

/** What of a peer says which outcomes it takes as they are meant. */
export type SettlingPeer = Pick<PeerTraits, 'redeliversRejected'>

/** Settles with the outcome, or with the nearest one that the source offered in its attach (none listed: all). RabbitMQ 3 ends the session over others. */
export function settle(delivery: Delivery, outcome: Outcome, peer: SettlingPeer | undefined): void {
  const takes = (one: Outcome): boolean =>
    offers(delivery, one) && !(one.type === 'rejected' && peer?.redeliversRejected)
  const said = takes(outcome) ? outcome : INSTEAD[outcome.type].find(takes)
  // A source that offers none of those that there are says nothing that could be kept to.
  delivery.settle(said ?? outcome)
}

function offers(delivery: Delivery, outcome: Outcome): boolean {
  const offered = delivery.receiver.remoteSource?.outcomes
  return offered === undefined || offered.length === 0 || offered.includes(SYMBOLS[outcome.type])
}
